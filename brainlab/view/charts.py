"""Charts of counts and scores: histograms and a confusion matrix."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from brainlab.labels import LABELS
from brainlab.view.colours import BLUE, VERMILION


def percent(share: float) -> str:
    """Return a share as text: `99.7 %`, `0.17 %`."""
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.2g} %"


def chart(size: tuple[float, float], title: str = "", **options: object) -> tuple[Figure, Axes]:
    """Return a figure of a size in inches with one axis, open at the top and at the right.

    Parameters
    ----------
    **options
        Of `Axes.set`, such as `xlabel`.
    """
    fig = Figure(figsize=size, layout="constrained")
    ax = fig.subplots()
    ax.set(**options)
    ax.set_title(title, fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    return fig, ax


def label_histogram(counts: np.ndarray, title: str = "Voxels per label") -> Figure:
    """Draw how many voxels carry each label, on a logarithmic axis.

    Parameters
    ----------
    counts : ndarray (4,)
        Voxels per label.
    """
    fig, ax = chart((5.5, 3), title, ylabel="voxels", yscale="log")
    names = [label.short for label in LABELS]
    colours = ["#888888", *(label.colour for label in LABELS[1:])]
    bars = ax.bar(names, counts, color=colours, edgecolor="black", linewidth=0.5)
    total = max(float(np.sum(counts)), 1.0)
    ax.bar_label(bars, [percent(n / total) for n in counts], fontsize=9)
    ax.set_ylim(top=float(np.max(counts)) * 5 + 10)
    return fig


def histogram(values: np.ndarray, xlabel: str, title: str = "", bins: int = 30) -> Figure:
    """Draw the distribution of one quantity, with its median."""
    fig, ax = chart((5.5, 3), title, xlabel=xlabel, ylabel="count")
    ax.hist(values, bins=bins, color=BLUE, edgecolor="white", linewidth=0.5)
    if len(values):
        median = float(np.median(values))
        ax.axvline(median, color=VERMILION, linewidth=2, label=f"median {median:.3g}")
        ax.legend(frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1))
    return fig


def confusion_matrix(counts: ArrayLike, names: list[str] | None = None, title: str = "") -> Figure:
    """Draw a confusion matrix: each row as shares of the true class, with the pixel counts below.

    Parameters
    ----------
    counts : (C, C)
        As `brainlab.metrics.confusion_matrix` returns it: rows are the truth, columns the prediction.
    names : list of str, optional
        Of the classes; by default the short ones of `brainlab.labels`.
    title : str

    Raises
    ------
    ValueError
        If the matrix is not square, holds negative numbers, or there is not one name for each class.
    """
    counts = np.asarray(counts)
    classes = len(counts)
    names = names if names is not None else [label.short for label in LABELS][:classes]
    if counts.shape != (classes, classes) or (counts < 0).any():
        raise ValueError(f"counts have shape {counts.shape}; expected (C, C), each 0 or more")
    if len(names) != classes:
        raise ValueError(f"there are {len(names)} names for {classes} classes; expected one for each")
    total = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    fig, ax = chart((1.05 * classes + 1.6, 0.85 * classes + 1.2), title, xlabel="predicted", ylabel="truth")
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        count = f"{int(counts[row, column]):,}".replace(",", "\u2009")  # thin spaces
        text = f"{percent(share) if total[row, 0] else 'none'}\n{count}"
        ink = "white" if share > 0.55 else "black"
        ax.text(column, row, text, ha="center", va="center", fontsize=9, color=ink)
    ax.set_xticks(range(classes), names)
    ax.set_yticks(range(classes), names)
    ax.spines[:].set_visible(False)
    rows = []
    for name, row in zip(names, shares, strict=True):
        parts = [
            f"{percent(share)} predicted as {other}" for other, share in zip(names, row, strict=True) if share
        ]
        if parts:
            rows.append(f"{name}: {', '.join(parts)}")
    fig.set_label(f"Confusion matrix. Of the true pixels of {'; of '.join(rows)}")
    return fig
