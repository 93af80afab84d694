"""The figures of the course. Each returns the figure; `show` puts it into a notebook with alt text."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from brainlab.labels import LABELS, MODALITIES, MODALITY_NAMES
from brainlab.view.slices import draw, largest_slice, oriented

MODALITY_ORDER = {name: number for number, name in enumerate(MODALITIES)}


class Picture:
    """A PNG with alt text that Jupyter shows as an image."""

    def __init__(self, png: bytes, alt: str) -> None:
        self.png, self.alt = png, alt

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        data = base64.b64encode(self.png).decode()
        html = f'<img alt="{escape(self.alt)}" style="max-width:100%" src="data:image/png;base64,{data}">'
        return {"text/html": html, "text/plain": f"[figure: {self.alt}]"}


def show(fig: Figure, alt: str, dpi: int = 80) -> Picture:
    """Turn a figure into a picture with alt text, for the last line of a notebook cell.

    Parameters
    ----------
    fig : Figure
        Any Matplotlib figure.
    alt : str
        What the picture shows, for a reader who cannot see it.
    dpi : int
        Dots per inch; 80 keeps a notebook small.

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty; expected a sentence that says what the figure shows")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", facecolor="white")
    return Picture(buffer.getvalue(), alt)


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


def percent(share: float) -> str:
    """Return a share as text: `99.7 %`, `0.17 %`."""
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.2g} %"


def label_histogram(counts: np.ndarray, title: str = "Voxels per label") -> Figure:
    """Draw how many voxels carry each label, on a logarithmic axis.

    Parameters
    ----------
    counts : ndarray (4,)
        Voxels per label.
    """
    fig = Figure(figsize=(5.5, 3), layout="constrained")
    ax = fig.subplots()
    names = [label.short for label in LABELS]
    colours = ["#888888", *(label.colour for label in LABELS[1:])]
    bars = ax.bar(names, counts, color=colours, edgecolor="black", linewidth=0.5)
    total = max(float(np.sum(counts)), 1.0)
    ax.bar_label(bars, [percent(n / total) for n in counts], fontsize=9)
    ax.set_yscale("log")
    ax.set_ylim(top=float(np.max(counts)) * 5 + 10)
    ax.set_ylabel("voxels")
    ax.set_title(title, fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    return fig


def histogram(values: np.ndarray, xlabel: str, title: str = "", bins: int = 30) -> Figure:
    """Draw the distribution of one quantity, with its median."""
    fig = Figure(figsize=(5.5, 3), layout="constrained")
    ax = fig.subplots()
    ax.hist(values, bins=bins, color="#0072B2", edgecolor="white", linewidth=0.5)
    if len(values):
        middle = float(np.median(values))
        ax.axvline(middle, color="#D55E00", linewidth=2, label=f"median {middle:.3g}")
        ax.legend(frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1))
    ax.set_xlabel(xlabel)
    ax.set_ylabel("count")
    ax.set_title(title, fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    return fig


def learning_curves(
    curves: Mapping[str, Mapping[str, Sequence[float]]], ylabel: str = "loss", best: int | None = None
) -> Figure:
    """Draw training and validation curves of one or more runs.

    Parameters
    ----------
    curves : dict
        Run name -> {"train": values per epoch, "validation": values per epoch}.
    ylabel : str
        What the values are.
    best : int, optional
        Epoch (from 0) to mark as the best one.
    """
    palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]
    fig = Figure(figsize=(6, 3.2), layout="constrained")
    ax = fig.subplots()
    for (run, parts), colour in zip(curves.items(), palette, strict=False):
        for part, style in (("train", "--"), ("validation", "-")):
            values = parts.get(part)
            if values is not None:
                epochs = np.arange(1, len(values) + 1)
                ax.plot(epochs, values, style, color=colour, marker="o", markersize=3, label=f"{run}, {part}")
    if best is not None:
        ax.axvline(best + 1, color="#888888", linestyle=":", label=f"best epoch: {best + 1}")
    ax.set_xlabel("epoch")
    ax.set_ylabel(ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False, fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
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
