"""Figures of super-resolution: k-space, enlarged windows of images, and the effect on a segmentation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from brainlab.view.colours import YELLOW
from brainlab.view.slices import GLOW, Limits, limit, oriented, outline, show_plane, window_around


def k_space(images: Mapping[str, np.ndarray], affine: np.ndarray, square: int | None = None) -> Figure:
    """Draw images above the logarithm of their k-space, frequency 0 in the middle, on one scale.

    Parameters
    ----------
    images : dict
        Title -> ndarray (X, Y) in 0..1.
    affine : ndarray (4, 4)
        Voxel to mm.
    square : int, optional
        Outline the central square with this many frequencies along an edge.
    """
    fig = Figure(figsize=(2.5 * len(images), 5.2), layout="constrained")
    axes = fig.subplots(2, len(images), squeeze=False)
    waves = [np.abs(np.fft.fftshift(np.fft.fft2(oriented(image, affine)))) for image in images.values()]
    high = np.log10(max(wave.max() for wave in waves))
    for (top, bottom), (name, image), wave in zip(axes.T, images.items(), waves, strict=True):
        show_plane(top, image, affine, name)
        bottom.imshow(np.log10(wave + 1e-9), cmap="magma", vmin=high - 4, vmax=high)
        bottom.set(xticks=[], yticks=[])
        if square:
            y, x = (n // 2 - square // 2 - 0.5 for n in wave.shape)
            bottom.add_patch(Rectangle((x, y), square, square, fill=False, edgecolor="white", linewidth=1.5))
    return fig


def compare_images(
    images: Mapping[str, np.ndarray],
    affine: np.ndarray,
    centre: tuple[int, int] | None = None,
    side: int | None = None,
    largest: float = 0.3,
) -> Figure:
    """Draw a window of each image, and below it the absolute difference to the last one, the truth.

    Parameters
    ----------
    images : dict
        Title -> ndarray (X, Y) in 0..1; the last is the true image. A smaller one is drawn with larger
        pixels and has no difference; where the first is small, the whole true slice is below it.
    affine : ndarray (4, 4)
        Voxel to mm.
    centre : (int, int), optional
        Pixel (x, y) of the true image in the middle of the window; by default its own middle.
    side : int, optional
        Of the window, in pixels of the true image; by default all of it.
    largest : float
        Difference that has the brightest colour.
    """
    last, truth = list(images.items())[-1]
    window = window_around(truth.shape, centre, side)
    box = _limits(truth.shape, window, affine)
    fig = Figure(figsize=(1.75 * len(images) + 0.5, 4.2), layout="constrained")
    axes, shown = fig.subplots(2, len(images), squeeze=False), None
    for (top, bottom), (name, image) in zip(axes.T, images.items(), strict=True):
        show_plane(top, _enlarged(image, truth.shape).clip(0, 1), affine, name)
        limit(top, box)
        bottom.axis("off")
        if image.shape == truth.shape and name != last:
            difference = np.abs(image.clip(0, 1) - truth)
            shown = bottom.imshow(oriented(difference, affine), cmap="magma", vmin=0, vmax=largest)
            bottom.set_title(f"mean {difference[window].mean():.3f}", fontsize=8)
            limit(bottom, box)
    overview = axes[1, 0]
    if side and not overview.images:  # the first image is a small one
        overview.axis("on")
        show_plane(overview, truth, affine, "the window")
        left, right, bottom, top = box
        frame: dict[str, Any] = {"fill": False, "edgecolor": YELLOW, "linewidth": 1.5}
        overview.add_patch(Rectangle((left, top), right - left, bottom - top, **frame))
    if shown:
        bar = fig.colorbar(shown, cax=axes[1, -1].inset_axes([0.05, 0.05, 0.1, 0.9]))
        bar.set_label("|difference|", fontsize=8)
        bar.ax.tick_params(labelsize=7)
    return fig


def prediction_differences(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    probabilities: Sequence[tuple[np.ndarray, np.ndarray]],
    affines: Sequence[np.ndarray],
    titles: Sequence[str],
    side: int | None = None,
    places: Sequence[tuple[int, int]] | None = None,
) -> Figure:
    """Compare the segmentations of a true and of a generated slice, where the two predictions differ most.

    One row per slice: the true and the generated image with the outline of the predicted tumour, the
    difference of the images, and the difference of the probabilities; a circle marks the place.

    Parameters
    ----------
    pairs : sequence of (ndarray (X, Y), ndarray (X, Y))
        The true and the generated image in 0..1.
    probabilities : sequence of the same
        Of tumour, in the true and in the generated image.
    affines : sequence of ndarray (4, 4)
        Voxel to mm, one per row.
    titles : sequence of str
        One per row.
    side : int, optional
        Pixels shown along each edge; by default all of them.
    places : sequence of (int, int), optional
        Pixel (x, y) to mark, one per row; by default where the probabilities differ most.
    """
    marked: Sequence[tuple[int, int] | None] = [None] * len(pairs) if places is None else places
    fig = Figure(figsize=(8.2, 2.1 * len(pairs) + 0.3), layout="constrained")
    rows = fig.subplots(len(pairs), 4, squeeze=False)
    for axes, images, tumour, affine, title, place in zip(
        rows, pairs, probabilities, affines, titles, marked, strict=True
    ):
        change = tumour[1] - tumour[0]  # (X, Y), above 0: tumour that is not predicted in the true image
        place = place or np.unravel_index(np.abs(change).argmax(), change.shape)
        masks = [oriented(values > 0.5, affine) for values in tumour]
        for ax, image, name in zip(axes, images, (title, "generated"), strict=False):
            show_plane(ax, image.clip(0, 1), affine, name)
        outline(axes[0], masks[0], truth=masks[0])
        outline(axes[1], masks[1], prediction=masks[1])
        _difference(axes[2], images[1].clip(0, 1) - images[0], affine, 0.3, "generated - true")
        _difference(axes[3], change, affine, 1.0, f"change of probability: {change[place]:+.2f}")
        left, right, bottom, top = _limits(change.shape, window_around(change.shape, place, 1), affine)
        middle = (left + right) / 2, (bottom + top) / 2
        window = window_around(change.shape, place, side)
        for ax in axes:
            limit(ax, _limits(change.shape, window, affine))
            ax.add_patch(Circle(middle, 5, fill=False, edgecolor=YELLOW, linewidth=1.5, path_effects=GLOW))
    return fig


def _difference(ax: Axes, values: np.ndarray, affine: np.ndarray, largest: float, title: str) -> None:
    """Draw a signed map with its colour bar, 0 in white."""
    image = ax.imshow(oriented(values, affine), cmap="PuOr_r", vmin=-largest, vmax=largest)
    ax.set_title(title, fontsize=9)
    ax.set(xticks=[], yticks=[])
    ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.02).ax.tick_params(labelsize=7)


def _limits(shape: tuple[int, int], window: tuple[slice, slice], affine: np.ndarray) -> Limits:
    """Return left, right, bottom and top of a window of an image (X, Y) in its oriented picture."""
    mask = np.zeros(shape, bool)
    mask[window] = True
    rows, columns = np.nonzero(oriented(mask, affine))
    return columns.min() - 0.5, columns.max() + 0.5, rows.max() + 0.5, rows.min() - 0.5


def _enlarged(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return an image with its pixels repeated up to a shape, which need not be a multiple of its own."""
    x, y = (np.arange(n) * m // n for n, m in zip(shape, image.shape, strict=True))
    return image[np.ix_(x, y)]
