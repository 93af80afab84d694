"""Figures of curves: losses over a parameter, learning curves, GAN training, distortion and perception."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainlab.training import History, diagnose
from brainlab.view.charts import chart
from brainlab.view.colours import CURVES, curve_style
from brainlab.view.slices import legend_below

MARKERS = "osD^vP*X"
LOSSES = {"g_loss": "generator", "d_loss": "discriminator"}
GAN_PANELS = ("discriminator output", "losses", "PSNR in dB")

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
        Whether the x axis is logarithmic.
    marker : str
        "o" marks each value; then `x` are whole numbers, such as epochs, and the curves are solid and differ
        by their marks.
    """
    names = list(dict.fromkeys(name for panel in panels.values() for name in panel))
    fig = Figure(figsize=(4.4 * len(panels) + 0.8, 3.4), layout="constrained")
    axes = fig.subplots(1, len(panels), squeeze=False)[0]
    handles = {}
    for ax, (ylabel, panel) in zip(axes, panels.items(), strict=True):
        ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if ylabel in log else "linear")
        ax.set_xscale("log" if logx else "linear")  # before the ticks, which it resets
        for name, values in panel.items():
            number = names.index(name)
            style = epoch_style(number) if marker else curve_style(number)
            (handles[name],) = ax.plot(x, values, label=name, **style)
        if marker and not logx:  # such as epochs
            whole_ticks(ax)
        ax.spines[["top", "right"]].set_visible(False)
    legend_below(fig, list(handles.values()), handlelength=2.6)
    return fig


def landscapes(
    x: Sequence[float], y: Sequence[float], surfaces: Mapping[str, np.ndarray], xlabel: str, ylabel: str
) -> Figure:
    """Draw losses over two parameters of a prediction: dark is low, a star marks the minimum.

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
        row, column = divmod(int(np.argmin(surface)), surface.shape[1])
        ax.plot(x[column], y[row], "*", color="white", markeredgecolor="black", markersize=14)
        ax.set_title(f"{name}: {surface.min():.2f} to {surface.max():.2f}", fontsize=9)
        ax.set_xlabel(xlabel)
    axes[0].set_ylabel(ylabel)
    return fig


def learning_curves(curves: Mapping[str, Curves], ylabel: str = "loss", best: int | None = None) -> Figure:
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
    fig, ax = chart((6, 3.2), xlabel="epoch", ylabel=ylabel)
    for number, (run, parts) in enumerate(curves.items()):
        for part in ("train", "validation"):
            values = parts.get(part)
            if values is not None:
                style = epoch_style(number, part == "validation")
                ax.plot(range(1, len(values) + 1), values, label=f"{run}, {part}", **style)
    if best is not None:
        ax.axvline(best + 1, color="#888888", linestyle=":", label=f"best epoch: {best + 1}")
    whole_ticks(ax)
    beside = len(ax.lines) > 4  # inside, the legend would cover the curves
    ax.legend(
        frameon=False,
        fontsize=9,
        loc="upper left" if beside else "best",
        bbox_to_anchor=(1, 1) if beside else None,
    )
    return fig


def epoch_style(number: int, held_out: bool = True) -> dict[str, Any]:
    """Return the style of a curve over epochs: solid for validation data, dashed for training data."""
    line = {"linestyle": "-" if held_out else "--", "marker": MARKERS[number % len(MARKERS)]}
    return curve_style(number) | line | {"linewidth": 1.5, "markersize": 4}


def whole_ticks(ax: Axes) -> None:
    """Put the ticks of the x axis at whole numbers only."""
    ax.locator_params(axis="x", integer=True, min_n_ticks=1)


def perception_distortion(
    points: Mapping[str, tuple[float, float]], path: Mapping[str, tuple[float, float]] | None = None
) -> Figure:
    """Draw networks by PSNR (distortion) and Fréchet distance (perception): best is the lower right.

    Parameters
    ----------
    points : dict
        Name -> (PSNR in dB, Fréchet distance) on a test set.
    path : dict, optional
        Name -> the same for interpolations between two networks, in their order; drawn as one dashed line.

    Source: Blau and Michaeli 2018 (arXiv:1711.06077), figure 1.
    """
    labels = {"xlabel": "PSNR in dB: higher is better →", "ylabel": "← lower is better: Fréchet distance"}
    fig, ax = chart((5.6, 3.8), **labels)
    if path:
        ax.plot(*zip(*path.values(), strict=True), "--.", color="#888888", zorder=1)
        for name, place in path.items():
            ax.annotate(name, place, (5, -9), textcoords="offset points", fontsize=8, color="#555555")
    for number, (name, place) in enumerate(points.items()):
        colour, marker = CURVES[number % len(CURVES)], MARKERS[number % len(MARKERS)]
        ax.scatter(*place, s=80, zorder=2, label=name, color=colour, marker=marker)
    ax.legend(frameon=False, fontsize=9)
    return fig


def gan_curves(histories: Mapping[str, History]) -> Figure:
    """Draw the discriminator's output, both losses and the PSNR by epoch, one row for each training.

    A dotted line marks the epoch at which `brainlab.training.diagnose` finds a failure, with its name.

    Parameters
    ----------
    histories : dict
        Name -> history of `train_gan`.
    """
    fig = Figure(figsize=(9, 2.3 * len(histories) + 0.2), layout="constrained")
    rows = fig.subplots(len(histories), len(GAN_PANELS), squeeze=False, sharex=True)
    for axes, (name, history) in zip(rows, histories.items(), strict=True):
        panels: dict[str, Curves] = {key: {} for key in GAN_PANELS} | history_panels(history)
        for ax, (title, lines) in zip(axes, panels.items(), strict=True):
            plot_epochs(ax, title if ax is not axes[0] else f"{name}: {title}", lines, len(history))
            if len(lines) > 1 and len(history):
                ax.legend(frameon=False, fontsize=8)
        axes[0].set_ylim(-0.03, 1.03)
        axes[0].axhline(0.5, color="#bbbbbb", linewidth=1, zorder=0)
        for number, finding in enumerate(diagnose(history)):
            axes[2].axvline(finding.epoch, color="black", linestyle=":")
            place, box = (finding.epoch - 0.1, 0.98 - 0.14 * number), {"facecolor": "white", "linewidth": 0}
            aligned = {"ha": "right", "va": "top", "fontsize": 8, "bbox": box | {"pad": 0.5, "alpha": 0.8}}
            axes[2].text(*place, finding.name, transform=axes[2].get_xaxis_transform(), **aligned)
    for ax in rows[-1]:
        ax.set_xlabel("epoch")
    return fig


def history_panels(history: History) -> dict[str, Curves]:
    """Return the curves of a training: title of the panel -> name -> values, the last of the last epoch.

    The PSNR of a GAN has one value more than there are epochs: the first is from before the training.
    """
    if not history.before:  # of `fit`, which does not score before training
        losses = {"train": history.train_loss, "validation": history.val_loss}
        return {"loss": losses, "Dice on the validation set": dict(history.regions)}
    steps, before = history.steps, history.before.get("psnr", np.nan)
    panels: dict[str, Curves] = {}
    if steps.get("d_real"):
        panels["discriminator output"] = {"D(real)": steps["d_real"], "D(generated)": steps["d_fake"]}
    panels["losses"] = {LOSSES[name]: values for name, values in steps.items() if name in LOSSES}
    return panels | {"PSNR in dB": {"validation": [before, *history.scores.get("psnr", [])]}}


def plot_epochs(ax: Axes, title: str, lines: Curves, epochs: int) -> None:
    """Draw curves of which the last value is that of epoch `epochs`, counted from 1."""
    for number, (name, values) in enumerate(lines.items()):
        if values:
            x = range(epochs + 1 - len(values), epochs + 1)
            ax.plot(x, values, label=name, **epoch_style(number, "validation" in title + name))
    ax.set_title(title, fontsize=9)
    whole_ticks(ax)
    ax.spines[["top", "right"]].set_visible(False)
