"""Charts of counts, sizes and scores."""

import numpy as np
import pytest

from brainlab import view
from brainlab.metrics import confusion_matrix
from brainlab.view import describe


def test_sizes_have_a_row_each_on_one_axis():
    sizes = {"WT": [1.0, 10.0, 100.0], "ET": [0.0, 2.0, 4.0, 0.0]}
    fig = view.size_histogram(sizes)
    top, bottom = fig.axes
    assert [ax.get_title(loc="left") for ax in fig.axes] == [
        "whole tumour: 3 of 3, median 10",
        "enhancing tumour: 2 of 4, median 3",
    ]
    assert [sum(bar.get_height() for bar in ax.patches) for ax in fig.axes] == [3, 2]
    assert top.get_xscale() == "log"
    assert top.get_xlim() == bottom.get_xlim()
    assert bottom.patches[0].get_facecolor()[:3] == pytest.approx((0xD5 / 255, 0x5E / 255, 0))  # that of ET


@pytest.mark.parametrize("sizes", [[0.0, 0.0], [-1.0, 2.0], [np.nan, 1.0], []])
def test_sizes_that_cannot_be_drawn_are_refused(sizes):
    with pytest.raises(ValueError, match="expected some above 0"):
        view.size_histogram({"WT": sizes})


def test_the_matrix_shows_shares_of_the_truth_and_counts():
    truth = np.array([0] * 1500 + [1] * 4)
    pred = np.array([0] * 1500 + [1, 1, 1, 0])
    fig = view.confusion_matrix(confusion_matrix(pred, truth), title="case")
    ax = fig.axes[0]
    np.testing.assert_allclose(ax.images[0].get_array()[:2, :2], [[1, 0], [0.25, 0.75]])
    texts = {text.get_position(): text.get_text().split("\n") for text in ax.texts}
    assert texts[(0, 0)] == ["100.0 %", "1\u2009500"]
    assert texts[(0, 1)] == ["25.0 %", "1"]  # truth NCR, predicted as background
    assert texts[(2, 2)] == ["none", "0"]  # there is no oedema
    assert [label.get_text() for label in ax.get_yticklabels()] == ["BG", "NCR", "ED", "ET"]
    assert "of NCR: 25.0 % predicted as BG, 75.0 % predicted as NCR" in describe(fig)
    assert "of ED" not in describe(fig)


def test_a_matrix_of_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 3\); expected \(C, C\)"):
        view.confusion_matrix(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="1 names for 2 classes"):
        view.confusion_matrix(np.eye(2), ["lung"])


def test_each_case_is_a_dot_and_the_worst_is_named():
    table = {
        "a": {"WT": 0.9, "ET": np.nan},
        "b": {"WT": 0.5, "ET": 0.0},
        "c": {"WT": 0.8, "ET": 0.7},
        "d": {"WT": 0.6},
    }
    fig = view.dice_strip(table)
    ax = fig.axes[0]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [sorted(line.get_xdata()) for line in dots] == [[0.5, 0.6, 0.8, 0.9], [0.0, 0.7]]
    assert len(set(dots[0].get_ydata())) > 1  # neighbours do not hide each other
    bars = [line.get_xdata()[0] for line in ax.lines if line.get_marker() != "o"]
    assert bars == pytest.approx([0.7, 0.35])
    assert [text.get_text() for text in ax.texts] == ["b", "b"]
    assert "ET of 2 cases: median 0.35, worst 0.00 (b)" in describe(fig)


def test_a_region_without_any_number_stays_empty():
    fig = view.dice_strip({"a": {"WT": 0.9, "ET": np.nan}})
    assert "ET" not in describe(fig)
    with pytest.raises(ValueError, match="no case"):
        view.dice_strip({})


def test_learning_curves_and_histograms_draw():
    fig = view.learning_curves({"a": {"train": [3, 2], "validation": [3, 2.5]}}, best=1)
    assert {line.get_linestyle() for line in fig.axes[0].lines} == {"--", "-", ":"}
    fig = view.label_histogram(np.array([1000, 10, 0, 5]))
    assert "98.5 %" in [text.get_text() for text in fig.axes[0].texts]
    assert view.histogram(np.array([]), "x").axes
