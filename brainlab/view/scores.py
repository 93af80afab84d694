"""How well a network does, class by class and patient by patient."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from brainlab.labels import LABELS, REGION_NAMES
from brainlab.view.charts import percent

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
        Case -> region -> Dice, as `brainlab.recipe.dice_of_cases` returns it; NaN is left out.
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
