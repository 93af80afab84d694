"""Charts of counts, sizes and scores."""

import numpy as np
import pytest

from brainlab import view
from brainlab.metrics import confusion_matrix
from brainlab.view import describe


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


def test_learning_curves_and_histograms_draw():
    fig = view.learning_curves({"a": {"train": [3, 2], "validation": [3, 2.5]}}, best=1)
    assert {line.get_linestyle() for line in fig.axes[0].lines} == {"--", "-", ":"}
    fig = view.label_histogram(np.array([1000, 10, 0, 5]))
    assert "98.5 %" in [text.get_text() for text in fig.axes[0].texts]
    assert view.histogram(np.array([]), "x").axes
