"""Draw one slice into an axis: which way up, the part that is shown, R/L marks, outlines and legends."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import Stroke, withStroke

from brainlab.data.display import MARKS, oriented
from brainlab.labels import LABELS
from brainlab.view.colours import PREDICTION, TRUTH, blend, to_grey

Limits = tuple[float, float, float, float]
GLOW = [withStroke(linewidth=2, foreground="black")]  # keeps white marks legible on bright tissue
# The same for letters. Not snapped to pixels: that made an L, which has straight lines only, look like an I.
GLOWING_TEXT = [Stroke(linewidth=2, foreground="black", snap=False), Stroke(linewidth=0, snap=False)]
DASHED = (0, (3, 2))


def head_box(picture: np.ndarray, margin: int = 6) -> Limits:
    """Return left, right, bottom and top of a square around the non-zero pixels, for the axis limits.

    Parameters
    ----------
    picture : ndarray (rows, columns)
        0 outside the head; or a mask, for a square around the object.
    margin : int
        Pixels added on each side.
    """
    rows, columns = np.nonzero(picture)
    if not rows.size:
        return -0.5, picture.shape[1] - 0.5, picture.shape[0] - 0.5, -0.5
    half = max(np.ptp(rows), np.ptp(columns)) / 2 + margin
    y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    return x - half, x + half, y + half, y - half


def limit(ax: Axes, box: Limits) -> None:
    """Show only a part of a picture: from left to right and from bottom to top."""
    ax.set(xlim=box[:2], ylim=box[2:])


def upright(plane: np.ndarray, affine: np.ndarray | None) -> np.ndarray:
    """Return a plane in the radiological view; without an affine as it is, the rows running down."""
    return plane if affine is None else oriented(plane, affine)


def window_around(
    shape: Sequence[int], centre: tuple[int, int] | None = None, side: int | None = None
) -> tuple[slice, slice]:
    """Return a square window of an image, moved inside where it would extend beyond the border.

    Parameters
    ----------
    shape : (int, int)
        Of the image.
    centre : (int, int), optional
        Pixel in the middle of the window; by default that of the image.
    side : int, optional
        Pixels along an edge; by default, and at most, the whole image.
    """
    window = []
    for n, c in zip(shape, centre or [n // 2 for n in shape], strict=True):
        length = min(side or n, n)
        start = min(max(int(c) - length // 2, 0), n - length)
        window.append(slice(start, start + length))
    return window[0], window[1]


def show_plane(
    ax: Axes, plane: np.ndarray, affine: np.ndarray | None = None, title: str = "", marks: bool = True
) -> None:
    """Draw a plane as it is.

    Parameters
    ----------
    plane : ndarray (X, Y) or (X, Y, 3)
        Grey or RGB, in [0, 1].
    affine : ndarray (4, 4), optional
        Voxel to mm, for the radiological view; without it the rows run down and no side is marked.
    marks : bool
        Whether the sides are marked. False where a deformation has moved them.
    """
    ax.imshow(upright(plane, affine), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[], facecolor="black")
    ax.set_title(title, fontsize=9)
    if marks and affine is not None:
        mark_sides(ax)


def draw(
    ax: Axes,
    plane: np.ndarray,
    affine: np.ndarray,
    labels: np.ndarray | None = None,
    title: str = "",
    alpha: float = 0.45,
    window: tuple[float | None, float | None] = (None, None),
) -> None:
    """Draw one axial plane with its labels and R/L marks into `ax`, cropped to the head.

    Parameters
    ----------
    plane : ndarray (X, Y)
        Intensities.
    affine : ndarray (4, 4)
        Voxel to mm: decides which side is marked R and which L.
    labels : ndarray (X, Y), optional
        Label map 0 to 3.
    window : (low, high)
        Intensities shown black and white; None: from the percentiles.
    """
    grey = to_grey(plane, *window)
    show_plane(ax, grey if labels is None else blend(grey, labels, alpha), affine, title)
    limit(ax, head_box(oriented(plane, affine)))


def mark_sides(ax: Axes, marks: str = MARKS["axial"][:2]) -> None:
    """Write the letters of `Frame.marks` at the left, right, top and bottom of a picture."""
    places = ((0.04, 0.5), (0.96, 0.5), (0.5, 0.96), (0.5, 0.04))
    for letter, (x, y) in zip(marks, places, strict=False):
        mark = ax.text(x, y, letter, transform=ax.transAxes, ha="center", va="center")
        mark.set(color="white", fontsize=9, fontweight="bold", path_effects=GLOWING_TEXT)


def largest_slice(labels: np.ndarray, values: tuple[int, ...] = (1, 2, 3)) -> int:
    """Return the axial slice with the largest area of tumour; the middle one where there is none.

    Parameters
    ----------
    labels : ndarray (X, Y, Z)
        Label map.
    values : tuple of int
        The labels that count, e.g. `REGIONS["TC"]`.
    """
    area = np.isin(labels, values).sum(axis=(0, 1))  # (Z,)
    return int(area.argmax()) if area.any() else labels.shape[2] // 2


def outline(
    ax: Axes, image: np.ndarray, truth: np.ndarray | None = None, prediction: np.ndarray | None = None
) -> None:
    """Draw the borders of the true mask (orange) and of the predicted one (blue, dashed) over a picture.

    Parameters
    ----------
    image : ndarray (H, W) or (H, W, 3)
        What is drawn in `ax` already.
    truth, prediction : ndarray (H, W), optional
        Masks of 0 and 1. A mask that is all 0 or all 1 has no border.

    Raises
    ------
    ValueError
        If a mask has not the shape of the picture.
    """
    for mask, colour, style in ((truth, TRUTH, "-"), (prediction, PREDICTION, DASHED)):
        if mask is None:
            continue
        if mask.shape != image.shape[:2]:
            raise ValueError(
                f"mask has shape {mask.shape}, picture {image.shape[:2]}; expected the same: was one of them "
                "resized?"
            )
        if 0 < np.count_nonzero(mask) < mask.size:
            # A thin dark line below keeps the colours visible on bright bone.
            ax.contour(mask, [0.5], colors="black", linewidths=2.4, alpha=0.5)
            ax.contour(mask, [0.5], colors=colour, linewidths=1.4, linestyles=[style])


def outline_handles(truth: bool = True, prediction: bool = True) -> list[Artist]:
    """Return the legend entries of `outline`."""
    handles = [
        Line2D([], [], color=TRUTH, label="truth"),
        Line2D([], [], color=PREDICTION, linestyle=DASHED, label="prediction"),
    ]
    return [handle for handle, drawn in zip(handles, (truth, prediction), strict=True) if drawn]


def label_handles(values: Collection[int] = (1, 2, 3)) -> list[Artist]:
    """Return the legend entries of labels: colour, name and short name."""
    labels = [label for label in LABELS if label.value in values]
    return [Patch(color=label.colour, label=f"{label.name} ({label.short})") for label in labels]


def legend_below(fig: Figure, handles: Sequence[Artist], columns: int = 6, **options: Any) -> None:
    """Put one legend under all the axes of a figure."""
    below = {"loc": "outside lower center", "frameon": False, "fontsize": 9, **options}
    fig.legend(handles=handles, ncols=max(1, min(columns, len(handles))), **below)
