"""Charts of counts, sizes and scores: histograms, a confusion matrix, the Dice of every case."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import ArrayLike

from brainlab.labels import LABELS, REGION_NAMES, REGIONS
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


def size_histogram(
    sizes: Mapping[str, Sequence[float]], xlabel: str = "volume in cm³", bins: int = 24
) -> Figure:
    """Draw the distribution of sizes, one row for each kind of object, on one logarithmic axis.

    Parameters
    ----------
    sizes : dict
        Name, such as a region of `brainlab.labels.REGIONS` -> sizes. Those of 0 are not drawn; the title of
        a row says how many are above 0.
    xlabel : str
        What a size is.
    bins : int
        From the smallest to the largest of all.

    Raises
    ------
    ValueError
        If a size is negative or not a number, or none is above 0.
    """
    rows = {name: np.asarray(values, float) for name, values in sizes.items()}
    everything = np.concatenate([*rows.values(), []])
    if not (everything >= 0).all() or not (everything > 0).any():
        raise ValueError("sizes are negative, not numbers, or all 0; expected some above 0")
    positive = everything[everything > 0]
    edges = np.geomspace(positive.min() * 0.99, positive.max() * 1.01, bins + 1)
    fig = Figure(figsize=(6, 1.25 * len(rows) + 0.7), layout="constrained")
    axes = fig.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (name, values) in zip(axes, rows.items(), strict=True):
        there = values[values > 0]
        colour = next((one.colour for one in LABELS if REGIONS.get(name) == (one.value,)), BLUE)
        ax.hist(there, edges, color=colour, edgecolor="white", linewidth=0.5)
        summary = f"{len(there)} of {len(values)}"
        if len(there):
            ax.axvline(np.median(there), color="black", linestyle="--", linewidth=1.2)
            summary += f", median {np.median(there):.3g}"
        ax.set_title(f"{REGION_NAMES.get(name, name)}: {summary}", fontsize=9, loc="left")
        ax.spines[["top", "right"]].set_visible(False)
        ax.locator_params(axis="y", integer=True)
        ax.set_ylabel("count", fontsize=9)
    axes[-1].set(xscale="log", xlabel=xlabel)
    axes[-1].xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
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


def dice_strip(table: Mapping[str, Mapping[str, float]], title: str = "") -> Figure:
    """Draw the Dice of every case as a dot, one strip for each region, with the median and the worst case.

    Parameters
    ----------
    table : dict
        Case -> region -> Dice, as `brainlab.recipes.segmentation.dice_of_cases` returns it; NaN is left out.
    title : str

    Raises
    ------
    ValueError
        If there is no case.
    """
    if not table:
        raise ValueError("there is no case; expected at least one: has any a segmentation?")
    regions = list(dict.fromkeys(region for row in table.values() for region in row))
    fig, ax = chart((6, 0.95 * len(regions) + 1), title, xlabel="Dice of a case (bar: median)")
    summary = []
    for number, region in enumerate(regions):
        cases = {case: row[region] for case, row in table.items() if not np.isnan(row.get(region, np.nan))}
        values = np.array(list(cases.values()))
        # Neighbouring values are moved apart, so that no dot hides another.
        order = np.argsort(np.argsort(values)) if len(values) else values
        ax.plot(values, number + 0.12 * ((order % 3) - 1), "o", color=BLUE, alpha=0.7, markersize=5)
        if not len(values):
            continue
        worst, median = min(cases, key=cases.__getitem__), float(np.median(values))
        ax.plot([median, median], [number - 0.3, number + 0.3], color=VERMILION, linewidth=2.5)
        ax.annotate(worst, (cases[worst], number - 0.32), fontsize=8, ha="left", color="#555555")
        scores = f"median {median:.2f}, worst {cases[worst]:.2f} ({worst})"
        summary.append(f"{region} of {len(values)} cases: {scores}")
    ax.set_yticks(range(len(regions)), [REGION_NAMES.get(region, region) for region in regions])
    ax.set(xlim=(-0.03, 1.03), ylim=(len(regions) - 0.5, -0.6))
    ax.grid(axis="x", color="#eeeeee")
    ax.set_axisbelow(True)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    fig.set_label(f"Dice of each case. {'; '.join(summary)}")
    return fig
