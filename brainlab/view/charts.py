"""Charts of counts, sizes and learning.

How well a network does, class by class and patient by patient.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import ArrayLike

from brainlab.labels import LABELS, REGION_NAMES, REGIONS

BLUE, RED = "#0072B2", "#D55E00"  # Okabe and Ito (2008)


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


def size_histogram(
    sizes: Mapping[str, Sequence[float]], xlabel: str = "volume in cm³", bins: int = 24
) -> Figure:
    """Draw how large things are, one row for each kind, on one logarithmic axis.

    Parameters
    ----------
    sizes : dict
        Name, such as a region of `brainlab.labels.REGIONS` -> sizes; those of 0 are counted at the side.
    xlabel : str
        What a size is.
    bins : int
        From the smallest to the largest of all.

    Raises
    ------
    ValueError
        If a size is negative or no number, or none is above 0.
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
        told = f"{len(there)} of {len(values)}"
        if len(there):
            ax.axvline(np.median(there), color="black", linestyle="--", linewidth=1.2)
            told += f", median {np.median(there):.3g}"
        ax.set_title(f"{REGION_NAMES.get(name, name)}: {told}", fontsize=9, loc="left")
        ax.spines[["top", "right"]].set_visible(False)
        ax.yaxis.get_major_locator().set_params(integer=True)
        ax.set_ylabel("count", fontsize=9)
    axes[-1].set_xscale("log")
    axes[-1].xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes[-1].set_xlabel(xlabel)
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


DOTS, MEDIAN = "#0072B2", "#D55E00"  # Okabe and Ito (2008)


def confusion_matrix(counts: ArrayLike, names: list[str] | None = None, title: str = "") -> Figure:
    """Draw what became of the pixels of each true class: each row in shares, with the counts below.

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
    fig = Figure(figsize=(1.05 * classes + 1.6, 0.85 * classes + 1.2), layout="constrained")
    ax = fig.subplots()
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        count = f"{int(counts[row, column]):,}".replace(",", "\u2009")  # thin spaces
        told = f"{percent(share) if total[row, 0] else 'none'}\n{count}"
        ink = "white" if share > 0.55 else "black"
        ax.text(column, row, told, ha="center", va="center", fontsize=9, color=ink)
    ax.set_xticks(range(classes), names)
    ax.set_yticks(range(classes), names)
    ax.set(xlabel="predicted", ylabel="truth", title=title)
    ax.spines[:].set_visible(False)
    rows = []
    for name, row in zip(names, shares, strict=True):
        called = [
            f"{percent(share)} called {other}" for other, share in zip(names, row, strict=True) if share
        ]
        if called:
            rows.append(f"{name}: {', '.join(called)}")
    fig.set_label(f"Confusion matrix. Of the true pixels of {'; of '.join(rows)}")
    return fig


def dice_strip(table: Mapping[str, Mapping[str, float]], title: str = "") -> Figure:
    """Draw the Dice of every case as a dot, a strip for each region, with the median and the worst case.

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
    fig = Figure(figsize=(6, 0.95 * len(regions) + 1), layout="constrained")
    ax = fig.subplots()
    told = []
    for number, region in enumerate(regions):
        cases = {case: row[region] for case, row in table.items() if not np.isnan(row.get(region, np.nan))}
        values = np.array(list(cases.values()))
        # Neighbours are moved apart, the same way each time.
        order = np.argsort(np.argsort(values)) if len(values) else values
        ax.plot(values, number + 0.12 * ((order % 3) - 1), "o", color=DOTS, alpha=0.7, markersize=5)
        if not len(values):
            continue
        worst, median = min(cases, key=cases.get), float(np.median(values))
        ax.plot([median, median], [number - 0.3, number + 0.3], color=MEDIAN, linewidth=2.5)
        ax.annotate(worst, (cases[worst], number - 0.32), fontsize=8, ha="left", color="#555555")
        told.append(
            f"{region} of {len(values)} cases: median {median:.2f}, worst {cases[worst]:.2f} ({worst})"
        )
    ax.set_yticks(range(len(regions)), [f"{REGION_NAMES.get(r, r)}" for r in regions])
    ax.set(xlim=(-0.03, 1.03), ylim=(len(regions) - 0.5, -0.6), xlabel="Dice of a case (bar: median)")
    ax.set_title(title, fontsize=10)
    ax.grid(axis="x", color="#eeeeee")
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    fig.set_label(f"Dice of each case. {'; '.join(told)}")
    return fig
