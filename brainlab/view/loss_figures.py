"""The figures of notebook 03: losses as curves and landscapes, weight maps, and small tumours close up."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from brainlab.view.figures import label_legend
from brainlab.view.slices import draw, oriented

# Okabe and Ito (2008); a second mark, the dash, tells the curves apart without colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))

Curves = Mapping[str, Sequence[float]]


def curves(
    x: Sequence[float],
    panels: Mapping[str, Curves],
    xlabel: str,
    log: Collection[str] = (),
    logx: bool = False,
    marker: str = "",
) -> Figure:
    """Draw curves over a common axis, one panel for each group, the same name in the same colour.

    Parameters
    ----------
    x : sequence of float
    panels : dict
        Label of the y axis -> name of the curve -> values at `x`.
    xlabel : str
    log : collection of str
        The panels whose y axis is logarithmic.
    logx : bool
        Whether the x axis is.
    marker : str
        Matplotlib marker at each value; then `x` are whole numbers, such as epochs.
    """
    names = list(dict.fromkeys(name for panel in panels.values() for name in panel))
    fig = Figure(figsize=(4.4 * len(panels) + 0.8, 3.4), layout="constrained")
    axes = fig.subplots(1, len(panels), squeeze=False)[0]
    handles = {}
    for ax, (ylabel, panel) in zip(axes, panels.items(), strict=True):
        for name, values in panel.items():
            number = names.index(name) % len(COLOURS)
            style = {"color": COLOURS[number], "linestyle": DASHES[number], "linewidth": 2}
            (handles[name],) = ax.plot(x, values, marker=marker, label=name, **style)
        ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if ylabel in log else "linear")
        if marker and not logx:  # such as epochs
            ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xscale("log" if logx else "linear")
        ax.spines[["top", "right"]].set_visible(False)
    options = {"ncols": min(len(names), 6), "frameon": False, "handlelength": 2.6, "fontsize": 9}
    fig.legend(handles.values(), handles.keys(), loc="outside lower center", **options)
    return fig


def landscapes(
    x: Sequence[float], y: Sequence[float], surfaces: Mapping[str, np.ndarray], xlabel: str, ylabel: str
) -> Figure:
    """Draw losses over two parameters of a prediction: dark is low, a star marks the lowest.

    Parameters
    ----------
    x, y : sequences of float
        Values of the two parameters.
    surfaces : dict
        Name -> ndarray (len(y), len(x)). Each panel has its own scale, from its lowest to its highest value.
    """
    fig = Figure(figsize=(3.1 * len(surfaces), 3.0), layout="constrained")
    axes = fig.subplots(1, len(surfaces), squeeze=False, sharey=True)[0]
    for ax, (name, surface) in zip(axes, surfaces.items(), strict=True):
        ax.pcolormesh(x, y, surface, cmap="viridis", shading="nearest")
        ax.contour(x, y, surface, levels=8, colors="white", linewidths=0.6)
        row, column = np.unravel_index(np.argmin(surface), surface.shape)
        ax.plot(x[column], y[row], "*", color="white", markeredgecolor="black", markersize=14)
        ax.set_title(f"{name}: {surface.min():.2f} to {surface.max():.2f}", fontsize=9)
        ax.set_xlabel(xlabel)
    axes[0].set_ylabel(ylabel)
    return fig


def weight_map(instances: np.ndarray, weights: np.ndarray) -> Figure:
    """Draw objects in different colours beside the weight of each pixel.

    Parameters
    ----------
    instances : ndarray (H, W)
        0 background, else the number of the object.
    weights : ndarray (H, W)
    """
    fig = Figure(figsize=(7, 3.2), layout="constrained")
    left, right = fig.subplots(1, 2)
    objects = np.ma.masked_equal(instances, 0)
    left.set_facecolor("black")
    left.imshow(objects, cmap="cividis", vmin=0, interpolation="nearest")
    left.set_title("objects", fontsize=9)
    shown = right.imshow(weights, cmap="magma", vmin=0, interpolation="nearest")
    right.set_title("weight of each pixel", fontsize=9)
    fig.colorbar(shown, ax=right, shrink=0.9)
    for ax in (left, right):
        ax.set(xticks=[], yticks=[])
    return fig


def close_ups(
    planes: Sequence[np.ndarray],
    affines: Sequence[np.ndarray],
    truths: Sequence[np.ndarray],
    predictions: Sequence[Mapping[str, np.ndarray]],
    titles: Sequence[str],
    margin: int = 14,
) -> Figure:
    """Draw one row a slice, close to the tumour: the image, the truth, and each prediction.

    Parameters
    ----------
    planes, truths : sequences of ndarray (X, Y)
        Intensities, and label maps 0 to 3.
    affines : sequence of ndarray (4, 4)
    predictions : sequence of dict
        Name -> label map (X, Y); the same names in each row.
    titles : sequence of str
        One per row.
    margin : int
        Voxels shown around the true tumour.
    """
    columns = 2 + len(predictions[0])
    fig = Figure(figsize=(1.75 * columns, 1.95 * len(planes) + 0.5), layout="constrained")
    rows = fig.subplots(len(planes), columns, squeeze=False)
    for axes, plane, affine, truth, guesses, title in zip(
        rows, planes, affines, truths, predictions, titles, strict=True
    ):
        masks = {title: None, "truth": truth, **guesses}
        for ax, (name, mask) in zip(axes, masks.items(), strict=True):
            draw(ax, plane, affine, mask, title=name)
            _zoom(ax, oriented(truth, affine), margin)
            for mark in ax.texts:  # L and R, white: close up there is no black around the head
                mark.set_path_effects([withStroke(linewidth=2, foreground="black")])
    label_legend(fig)
    return fig


def _zoom(ax: Axes, truth: np.ndarray, margin: int) -> None:
    """Set the limits of an axis to a square around a mask (rows, columns)."""
    rows, columns = np.nonzero(truth)
    half = max(np.ptp(rows), np.ptp(columns)) / 2 + margin
    y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    ax.set(xlim=(x - half, x + half), ylim=(y + half, y - half))
