"""Figures of slices with labels, outlines or maps. Each function returns the figure; see also `show`."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainlab.labels import MODALITIES, MODALITY_NAMES
from brainlab.view.slices import (
    draw,
    head_box,
    label_handles,
    largest_slice,
    legend_below,
    limit,
    oriented,
    outline,
    outline_handles,
)


def modalities(
    image: np.ndarray,
    affine: np.ndarray,
    labels: np.ndarray | None = None,
    z: int | None = None,
    title: str = "",
) -> Figure:
    """Draw the four modalities of one axial slice, and the labels over FLAIR where they are given.

    Parameters
    ----------
    image : ndarray (4, X, Y, Z)
        In the order of `brainlab.labels.MODALITIES`.
    affine : ndarray (4, 4)
        Voxel to mm.
    labels : ndarray (X, Y, Z), optional
        Label map 0 to 3.
    z : int, optional
        Slice; by default the one with the largest area of tumour.
    """
    if z is None:
        z = image.shape[3] // 2 if labels is None else largest_slice(labels)
    columns = len(MODALITIES) + (labels is not None)
    fig = Figure(figsize=(2.3 * columns, 3.1), layout="constrained")
    axes = fig.subplots(1, columns)
    for ax, plane, name in zip(axes, image, MODALITIES, strict=False):
        draw(ax, plane[:, :, z], affine, title=MODALITY_NAMES[name])
    if labels is not None:
        flair = image[MODALITIES.index("t2f")]
        draw(axes[-1], flair[:, :, z], affine, labels[:, :, z], title="FLAIR + labels")
        legend_below(fig, label_handles())
    fig.suptitle(f"{title}  axial slice {z}".strip(), fontsize=10)
    return fig


def mosaic(
    planes: Sequence[np.ndarray],
    affines: Sequence[np.ndarray],
    labels: Sequence[np.ndarray | None] | None = None,
    titles: Sequence[str] | None = None,
    columns: int = 4,
    alpha: float = 0.45,
) -> Figure:
    """Draw a grid of axial slices.

    Parameters
    ----------
    planes : sequence of ndarray (X, Y)
        Intensities; sizes may differ.
    affines : sequence of ndarray (4, 4)
        One per plane.
    labels : sequence of ndarray (X, Y) or None, optional
        One per plane.

    Raises
    ------
    ValueError
        If there is no plane.
    """
    fig, axes = _grid(len(planes), columns)
    labels = [None] * len(planes) if labels is None else labels
    titles = [""] * len(planes) if titles is None else titles
    for ax, plane, affine, mask, title in zip(axes, planes, affines, labels, titles, strict=False):
        draw(ax, plane, affine, mask, title=title, alpha=alpha)
    if any(mask is not None for mask in labels):
        legend_below(fig, label_handles())
    return fig


def predictions_beside_truth(
    planes: Sequence[np.ndarray],
    affines: Sequence[np.ndarray],
    truths: Sequence[np.ndarray | None],
    predictions: Sequence[Mapping[str, np.ndarray]],
    titles: Sequence[str] | None = None,
    margin: int | None = None,
) -> Figure:
    """Draw one row per slice: the image, the truth over it (where known) and each prediction over it.

    Parameters
    ----------
    planes : sequence of ndarray (X, Y)
        Intensities, e.g. of FLAIR.
    affines : sequence of ndarray (4, 4)
        One per plane.
    truths : sequence of ndarray (X, Y) or None
        Label maps 0 to 3.
    predictions : sequence of dict
        Name -> label map (X, Y); the same names in each row.
    titles : sequence of str, optional
        One per row.
    margin : int, optional
        Voxels shown around the true tumour; by default the whole head is shown.
    """
    titles = ["image"] * len(planes) if titles is None else titles
    columns, width = 2 + len(predictions[0]), 2.5 if margin is None else 1.75
    fig = Figure(figsize=(width * columns, (width + 0.2) * len(planes) + 0.4), layout="constrained")
    rows = fig.subplots(len(planes), columns, squeeze=False)
    for axes, plane, affine, truth, guesses, title in zip(
        rows, planes, affines, truths, predictions, titles, strict=True
    ):
        masks = {title: None, "truth": truth, **guesses}
        for ax, (name, mask) in zip(axes, masks.items(), strict=True):
            if name == "truth" and truth is None:
                ax.axis("off")
                ax.text(0.5, 0.5, "no expert truth", ha="center", va="center", fontsize=9)
                continue
            draw(ax, plane, affine, mask, title=name)
            if margin is not None and truth is not None:
                limit(ax, head_box(oriented(truth, affine), margin))
    legend_below(fig, label_handles())
    return fig


def heat_maps(
    planes: Sequence[np.ndarray],
    maps: Sequence[np.ndarray],
    affines: Sequence[np.ndarray],
    titles: Sequence[str],
) -> Figure:
    """Draw maps in [0, 1], such as attention, over grey slices, with one colour bar.

    Parameters
    ----------
    planes, maps : sequences of ndarray (X, Y)
        Intensities and maps of the same shape.
    """
    fig = Figure(figsize=(2.5 * len(planes) + 0.6, 2.8), layout="constrained")
    axes = fig.subplots(1, len(planes), squeeze=False)[0]
    for ax, plane, values, affine, title in zip(axes, planes, maps, affines, titles, strict=True):
        draw(ax, plane, affine, title=title)
        image = ax.imshow(oriented(values, affine), cmap="viridis", vmin=0, vmax=1, alpha=0.6)
    fig.colorbar(image, ax=axes, shrink=0.8)
    return fig


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
    fig, axes = _grid(len(images), columns)
    titles = [""] * len(images) if titles is None else titles
    for ax, image, truth, prediction, title in zip(axes, images, truths, predictions, titles, strict=False):
        ax.imshow(image, cmap="gray")
        ax.axis("off")
        ax.set_title(title, fontsize=9)
        outline(ax, image, truth, prediction)
    drawn = (any(mask is not None for mask in masks) for masks in (truths, predictions))
    legend_below(fig, outline_handles(*drawn))
    return fig


def maps(
    panels: Mapping[str, np.ndarray], columns: int = 4, cmap: str = "viridis", same_scale: bool = False
) -> Figure:
    """Draw arrays (H, W) side by side under their names, each on its own scale, or all on the same.

    Raises
    ------
    ValueError
        If there is no array.
    """
    if not panels:
        raise ValueError("there is no array to draw; expected at least one")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    fig = Figure(figsize=(2.3 * columns, 2.5 * rows), layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    everything = list(panels.values())
    limits = (min(map(np.min, everything)), max(map(np.max, everything))) if same_scale else (None, None)
    for ax, (title, values) in zip(axes, panels.items(), strict=False):
        ax.imshow(values, cmap=cmap, vmin=limits[0], vmax=limits[1], interpolation="nearest")
        ax.set_title(title, fontsize=9)
    return fig


def _grid(count: int, columns: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with an axis for each of `count` pictures, in rows of `columns`."""
    if not count:
        raise ValueError("there is no picture to draw; expected at least one")
    columns = min(columns, count)
    rows = -(-count // columns)
    fig = Figure(figsize=(2.5 * columns, 2.75 * rows + 0.4), layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[count:]:
        ax.axis("off")
    return fig, list(axes)
