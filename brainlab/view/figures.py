"""The figures of the course. Each returns the figure; `show` puts it into a notebook with alt text.

Here are those of slices; charts are in `brainlab.view.charts`, scores in `brainlab.view.charts`, and all of
them can be reached from here.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from brainlab.labels import LABELS, MODALITIES, MODALITY_NAMES
from brainlab.view.charts import (
    confusion_matrix,
    dice_strip,
    histogram,
    label_histogram,
    learning_curves,
    percent,
    size_histogram,
)
from brainlab.view.picture import Picture, show
from brainlab.view.slices import draw, largest_slice, oriented

__all__ = [
    "Picture",
    "confusion_matrix",
    "dice_strip",
    "heat",
    "histogram",
    "label_histogram",
    "label_legend",
    "largest_slice",
    "learning_curves",
    "modalities",
    "mosaic",
    "percent",
    "prediction_beside_truth",
    "show",
    "size_histogram",
]

MODALITY_ORDER = {name: number for number, name in enumerate(MODALITIES)}


def label_legend(fig: Figure, values: Sequence[int] = (1, 2, 3)) -> None:
    """Put the colours and names of the labels under a figure of slices."""
    patches = [
        Patch(color=label.colour, label=f"{label.name} ({label.short})")
        for label in LABELS
        if label.value in values
    ]
    fig.legend(handles=patches, loc="outside lower center", ncols=len(patches), frameon=False, fontsize=9)


def modalities(
    image: np.ndarray,
    affine: np.ndarray,
    labels: np.ndarray | None = None,
    z: int | None = None,
    title: str = "",
) -> Figure:
    """Draw the four modalities of one axial slice, and the labels over FLAIR where there are any.

    Parameters
    ----------
    image : ndarray (4, X, Y, Z)
        In the order of `brainlab.labels.MODALITIES`.
    affine : ndarray (4, 4)
        Voxel to mm.
    labels : ndarray (X, Y, Z), optional
        Label map 0 to 3.
    z : int, optional
        Slice; by default the one with most tumour.
    """
    if z is None:
        z = image.shape[3] // 2 if labels is None else largest_slice(labels)
    columns = len(MODALITIES) + (labels is not None)
    fig = Figure(figsize=(2.3 * columns, 3.1), layout="constrained")
    axes = fig.subplots(1, columns)
    for ax, plane, name in zip(axes, image, MODALITIES, strict=False):
        draw(ax, plane[:, :, z], affine, title=MODALITY_NAMES[name])
    if labels is not None:
        flair = image[MODALITY_ORDER["t2f"]]
        draw(axes[-1], flair[:, :, z], affine, labels[:, :, z], title="FLAIR + labels")
        label_legend(fig)
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
    """
    if not planes:
        raise ValueError("there is no slice to draw; expected at least one")
    columns = min(columns, len(planes))
    rows = -(-len(planes) // columns)
    labels = labels if labels is not None else [None] * len(planes)
    titles = titles if titles is not None else [""] * len(planes)
    fig = Figure(figsize=(2.4 * columns, 2.65 * rows + 0.4), layout="constrained")
    axes = np.atleast_1d(fig.subplots(rows, columns)).ravel()
    for ax, plane, affine, mask, title in zip(axes, planes, affines, labels, titles, strict=False):
        draw(ax, plane, affine, mask, title=title, alpha=alpha)
    for ax in axes[len(planes) :]:
        ax.axis("off")
    if any(mask is not None for mask in labels):
        label_legend(fig)
    return fig


def prediction_beside_truth(
    planes: Sequence[np.ndarray],
    affines: Sequence[np.ndarray],
    truths: Sequence[np.ndarray | None],
    predictions: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
) -> Figure:
    """Draw one row a slice: the image, the truth over it (where known) and the prediction over it.

    Parameters
    ----------
    planes : sequence of ndarray (X, Y)
        Intensities, e.g. of FLAIR.
    affines : sequence of ndarray (4, 4)
        One per plane.
    truths, predictions : sequences of ndarray (X, Y)
        Label maps 0 to 3; a truth may be None.
    """
    titles = titles if titles is not None else [""] * len(planes)
    fig = Figure(figsize=(7.5, 2.65 * len(planes) + 0.4), layout="constrained")
    axes = fig.subplots(len(planes), 3, squeeze=False)
    for row, plane, affine, truth, prediction, title in zip(
        axes, planes, affines, truths, predictions, titles, strict=True
    ):
        draw(row[0], plane, affine, title=title or "image")
        if truth is None:
            row[1].axis("off")
            row[1].text(0.5, 0.5, "no expert truth", ha="center", va="center", fontsize=9)
        else:
            draw(row[1], plane, affine, truth, title="truth")
        draw(row[2], plane, affine, prediction, title="prediction")
    label_legend(fig)
    return fig


def heat(
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
    image = None
    for ax, plane, values, affine, title in zip(axes, planes, maps, affines, titles, strict=True):
        draw(ax, plane, affine, title=title)
        image = ax.imshow(oriented(values, affine), cmap="viridis", vmin=0, vmax=1, alpha=0.6)
    fig.colorbar(image, ax=axes, shrink=0.8)
    return fig
