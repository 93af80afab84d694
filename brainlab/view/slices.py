"""From a volume to a picture: which slice, which way up, and where left and right are.

Outlines of masks over pictures: the truth in orange, the prediction in blue and dashed.

Orange and blue differ for every kind of colour vision (the palette of Okabe and Ito 2008), and the dashes
tell them apart without any colour.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from brainlab.data.display import oriented
from brainlab.view.colours import blend, to_grey


def head_box(picture: np.ndarray, margin: int = 6) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a square around the non-zero pixels, for the axis limits.

    Parameters
    ----------
    picture : ndarray (rows, columns)
        Zero outside the head.
    margin : int
        Pixels left around it.
    """
    rows, columns = np.nonzero(picture)
    if not rows.size:
        return -0.5, picture.shape[1] - 0.5, picture.shape[0] - 0.5, -0.5
    half = max(np.ptp(rows), np.ptp(columns)) / 2 + margin
    y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    return x - half, x + half, y + half, y - half


def draw(
    ax: Axes,
    plane: np.ndarray,
    affine: np.ndarray,
    labels: np.ndarray | None = None,
    title: str = "",
    alpha: float = 0.45,
    window: tuple[float | None, float | None] = (None, None),
) -> None:
    """Draw one axial plane with its labels and L/R marks into `ax`.

    Parameters
    ----------
    plane : ndarray (X, Y)
        Intensities.
    affine : ndarray (4, 4)
        Tells left from right; the marks come from it, they are not assumed.
    labels : ndarray (X, Y), optional
        Label map 0 to 3.
    window : (low, high)
        Intensities shown black and white; None: from the percentiles.
    """
    grey = to_grey(plane, *window)
    if labels is None:
        ax.imshow(oriented(grey, affine), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    else:
        ax.imshow(oriented(blend(grey, labels, alpha), affine), interpolation="nearest")
    left, right, bottom, top = head_box(oriented(plane, affine))
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_facecolor("black")
    for x, side in ((0.03, "R"), (0.97, "L")):
        ax.text(
            x,
            0.5,
            side,
            transform=ax.transAxes,
            color="white",
            fontsize=8,
            ha="center",
            va="center",
            alpha=0.8,
        )
    ax.set_title(title, fontsize=9)
    ax.set_xticks([])
    ax.set_yticks([])


def largest_slice(labels: np.ndarray, values: tuple[int, ...] = (1, 2, 3)) -> int:
    """Return the axial slice with most tumour; the middle one where there is none.

    Parameters
    ----------
    labels : ndarray (X, Y, Z)
        Label map.
    values : tuple of int
        The labels that count, e.g. `REGIONS["TC"]`.
    """
    area = np.isin(labels, values).sum(axis=(0, 1))  # (Z,)
    return int(area.argmax()) if area.any() else labels.shape[2] // 2


TRUTH, PREDICTION = "#E69F00", "#56B4E9"
DASHES = (0, (3, 2))


def outlines(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray | None],
    predictions: Sequence[np.ndarray | None],
    titles: Sequence[str] | None = None,
    columns: int = 4,
) -> Figure:
    """Draw pictures with the outlines of the true and of the predicted mask.

    Parameters
    ----------
    images : sequence of ndarray (H, W)
        Grey values of any range, or (H, W, 3) in [0, 1]; the first row is the top.
    truths, predictions : sequences of ndarray (H, W) or None
        Masks of 0 and 1; None where there is none.
    titles : sequence of str, optional
        One per picture, such as its Dice.
    columns : int
        Pictures in a row.

    Raises
    ------
    ValueError
        If there is no picture, or a mask has not the shape of its picture.
    """
    if not len(images):
        raise ValueError("there is no picture to draw; expected at least one")
    titles = titles if titles is not None else [""] * len(images)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    fig = Figure(figsize=(2.6 * columns, 2.85 * rows + 0.4), layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, truth, prediction, title in zip(axes, images, truths, predictions, titles, strict=False):
        ax.imshow(image, cmap="gray")
        ax.set_title(title, fontsize=9)
        outline(ax, image, truth, TRUTH, "-")
        outline(ax, image, prediction, PREDICTION, DASHES)
    handles = []
    if any(mask is not None for mask in truths):
        handles.append(Line2D([], [], color=TRUTH, label="truth"))
    if any(mask is not None for mask in predictions):
        handles.append(Line2D([], [], color=PREDICTION, linestyle=DASHES, label="prediction"))
    fig.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return fig


def outline(
    ax: Axes, image: np.ndarray, mask: np.ndarray | None, colour: str, style: str | tuple[int, tuple]
) -> None:
    """Draw the border of a mask, if there is one; a mask that is all 0 or all 1 has no border."""
    if mask is None:
        return
    if mask.shape != image.shape[:2]:
        raise ValueError(
            f"mask has shape {mask.shape}, picture {image.shape[:2]}; expected the same: was one of them "
            "resized?"
        )
    if 0 < np.count_nonzero(mask) < mask.size:
        # Over a thin black line the colours stand out from bright bone too.
        ax.contour(mask, [0.5], colors="black", linewidths=2.4, alpha=0.5)
        ax.contour(mask, [0.5], colors=colour, linewidths=1.4, linestyles=[style])
