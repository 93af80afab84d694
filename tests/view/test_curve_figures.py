"""Curves over a parameter, learning curves, GAN training."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from brainlab import view
from brainlab.training import History


def fitted(epochs):
    """Return a history of `fit`."""
    history = History()
    for _ in range(epochs):
        history.add({"loss": 0.5}, {"loss": 0.4, "WT": 0.5, "TC": 0.4}, 1.0, 1e-3)
    return history


def trained_gan(epochs):
    """Return a history of `train_gan`."""
    steps = dict.fromkeys(("d_real", "d_fake", "g_loss", "d_loss"), [0.5] * epochs)
    return History(
        steps, {"psnr": [25.0] * epochs, "diversity": [1.0] * epochs}, {"psnr": 24.0}, [1.0] * epochs
    )


def epoch_figures(epochs):
    """Return every figure of the library that draws a history."""
    monitors = [view.TrainingMonitor(epochs), view.TrainingMonitor(epochs)]
    monitors[0](fitted(epochs))
    monitors[1](trained_gan(epochs))
    parts = {"train": [0.5] * epochs, "validation": [0.4] * epochs}
    return [
        *(monitor.to_figure() for monitor in monitors),
        view.learning_curves({"a": parts, "b": parts}),
        view.gan_curves({"a": trained_gan(epochs)}),
        view.curves(
            range(1, epochs + 1), {"Dice": {"a": [1] * epochs, "b": [2] * epochs}}, "epoch", marker="o"
        ),
    ]


@pytest.mark.parametrize("epochs", [1, 2, 4, 6, 20])
def test_epochs_have_whole_ticks(epochs):
    for fig in epoch_figures(epochs):
        FigureCanvasAgg(fig).draw()
        for ax in fig.axes:
            low, high = ax.get_xlim()
            ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
            assert ticks
            assert all(tick == round(tick) for tick in ticks)


def test_validation_is_solid_and_training_dashed_in_every_figure():
    held_out = {"validation", "a, validation", "b, validation", "WT", "TC", "a", "b"}
    seen = set()
    for fig in epoch_figures(3):
        for ax in fig.axes:
            for line in ax.lines:
                name = line.get_label()
                if name.startswith("_") or name == "best epoch":
                    continue
                seen.add(name)
                assert line.get_linestyle() == ("-" if name in held_out else "--"), name
    assert held_out <= seen
    assert {"train", "D(real)", "generator"} <= seen


def test_curves_keep_the_colour_of_a_name():
    panels = {"loss": {"a": [1, 2], "b": [2, 1]}, "gradient": {"b": [3, 4]}}
    fig = view.curves([0.1, 1], panels, "p", log=["gradient"], logx=True)
    left, right = fig.axes
    assert left.lines[1].get_color() == right.lines[0].get_color() != left.lines[0].get_color()
    assert (left.get_yscale(), right.get_yscale(), right.get_xscale()) == ("linear", "log", "log")
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a", "b"]


def test_landscapes_mark_the_minimum():
    surface = np.ones((3, 4))
    surface[1, 2] = 0
    fig = view.landscapes([0, 1, 2, 3], [10, 20, 30], {"Dice": surface}, "x", "y")
    star = fig.axes[0].lines[-1]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (2, 20)
    assert fig.axes[0].get_title() == "Dice: 0.00 to 1.00"


def test_perception_distortion_draws_points_and_path():
    points = {"bicubic": (25.0, 0.6), "SRGAN": (26.0, 0.2)}
    fig = view.perception_distortion(points, {"0.5": (25.5, 0.3)})
    ax = fig.axes[0]
    offsets = np.concatenate([mark.get_offsets() for mark in ax.collections])
    np.testing.assert_allclose(offsets, list(points.values()))
    colours = {tuple(mark.get_facecolor()[0]) for mark in ax.collections}
    markers = {len(mark.get_paths()[0]) for mark in ax.collections}
    assert len(colours) == len(markers) == 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(points)


def test_gan_curves_name_the_failures():
    steps = {"d_real": [0.6, 0.5], "d_fake": [0.4, 0.5], "d_loss": [1.3, 1.4], "g_loss": [0.1, 0.1]}
    before, good = {"psnr": 26.0}, {"psnr": [25.5, 25.0], "diversity": [1.0, 1.0]}
    collapsed = {"psnr": [12.0, 12.0], "diversity": [1.0, 0.1]}  # one after the other: two findings
    histories = {
        "healthy": History(steps, good, before, [1.0, 1.0]),
        "collapsed": History(steps, collapsed, before, [1.0, 1.0]),
        "stopped": History(before=before, stopped="epoch 1, step 1: the loss is nan"),
    }
    fig = view.gan_curves(histories)
    texts = [[text.get_text() for text in ax.texts] for ax in fig.axes[2::3]]
    assert texts == [[], ["divergence", "mode collapse"], ["divergence"]]
    psnr = fig.axes[2].lines[0]
    assert (list(psnr.get_xdata()), list(psnr.get_ydata())) == ([0, 1, 2], [26.0, 25.5, 25.0])
    assert list(fig.axes[0].lines[0].get_xdata()) == [1, 2]
