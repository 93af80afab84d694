"""The figures of notebook 03."""

import numpy as np
import pytest

from brainlab import view

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])


def test_curves_keep_the_colour_of_a_name():
    panels = {"loss": {"a": [1, 2], "b": [2, 1]}, "pull": {"b": [3, 4]}}
    fig = view.curves([0.1, 1], panels, "p", log=["pull"], logx=True)
    left, right = fig.axes
    assert left.lines[1].get_color() == right.lines[0].get_color() != left.lines[0].get_color()
    assert (left.get_yscale(), right.get_yscale(), right.get_xscale()) == ("linear", "log", "log")
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a", "b"]


def test_landscapes_mark_the_lowest_place():
    surface = np.ones((3, 4))
    surface[1, 2] = 0
    fig = view.landscapes([0, 1, 2, 3], [10, 20, 30], {"Dice": surface}, "x", "y")
    star = fig.axes[0].lines[-1]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (2, 20)
    assert fig.axes[0].get_title() == "Dice: 0.00 to 1.00"


def test_weight_map_has_a_colour_bar():
    instances = np.zeros((8, 8), int)
    instances[:3, :3], instances[5:, 5:] = 1, 2
    fig = view.weight_map(instances, np.ones((8, 8)))
    assert len(fig.axes) == 3


def test_close_ups_show_the_tumour_and_its_surroundings():
    plane, truth = np.ones((60, 60)), np.zeros((60, 60), int)
    truth[20:24, 30:34] = 2
    guesses = [{"one": truth, "two": 0 * truth}]
    fig = view.close_ups([plane], [AFFINE], [truth], guesses, ["a case"], margin=5)
    assert [ax.get_title() for ax in fig.axes] == ["a case", "truth", "one", "two"]
    for ax in fig.axes:
        assert np.ptp(ax.get_xlim()) == pytest.approx(3 + 2 * 5)
        assert ax.get_xlim()[0] < np.mean(np.nonzero(truth.any(axis=1))) < ax.get_xlim()[1]
