import numpy as np
import pytest

from brainlab.view.colours import PALETTE, blend, to_grey
from brainlab.view.viewer.paint import ERROR_PALETTE, edges, error_codes, layers, paint

RNG = np.random.default_rng(0)
PLANE = RNG.uniform(1, 100, (7, 9))
TRUTH, PREDICTION = RNG.integers(0, 4, (2, 7, 9)).astype(np.uint8)
SHOW = {"overlay": "truth", "labels": [1, 2, 3], "alpha": 0.45, "contour": False}


def over(**changes):
    return layers({"truth": TRUTH, "prediction": PREDICTION}, **{**SHOW, **changes})


def test_a_filled_truth_is_the_blend_of_the_figures():
    expected = blend(to_grey(PLANE, 10, 80), TRUTH, 0.45)
    np.testing.assert_allclose(paint(PLANE, (10, 80), over()), expected, atol=1e-6)


def test_a_hidden_label_leaves_the_grey():
    rgb = paint(PLANE, (10, 80), over(labels=[1]))
    plain = paint(PLANE, (10, 80), over(overlay="none"))
    changed = (rgb != plain).any(-1)
    np.testing.assert_array_equal(changed, TRUTH == 1)


def test_edges_against_a_slow_loop():
    expected = np.zeros_like(TRUTH)
    for r, c in np.ndindex(TRUTH.shape):
        around = [(r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)]
        inside = all(
            0 <= i < TRUTH.shape[0] and 0 <= j < TRUTH.shape[1] and TRUTH[i, j] == TRUTH[r, c]
            for i, j in around
        )
        expected[r, c] = 0 if inside else TRUTH[r, c]
    np.testing.assert_array_equal(edges(TRUTH), expected)
    square = np.zeros((6, 6), np.uint8)
    square[1:5, 1:5] = 2
    assert (edges(square) > 0).sum() == 12


def test_error_codes_against_the_words():
    for t, p in np.ndindex(4, 4):
        code = int(error_codes(np.array([t]), np.array([p]))[0])
        expected = 0 if t == p else 1 if p == 0 else 2 if t == 0 else 3
        assert code == expected, (t, p)
    assert len(np.unique(np.concatenate([PALETTE[1:], ERROR_PALETTE[1:]]), axis=0)) == 6


def test_errors_and_both_are_drawn():
    (layer,) = over(overlay="errors", labels=[3])
    seen = (TRUTH == 3) | (PREDICTION == 3)
    np.testing.assert_array_equal(layer.codes, np.where(seen, error_codes(TRUTH, PREDICTION), 0))
    fill, line = over(overlay="both", alpha=0.3)
    assert (fill.contour, line.contour) == (False, True)
    assert line.alpha == pytest.approx(0.6)


def test_the_wipe_shows_the_second_image_on_the_right():
    second = PLANE[::-1]
    rgb = paint(PLANE, (0, 100), [], (second, 0.5))
    np.testing.assert_allclose(rgb[:, :4, 0], to_grey(PLANE, 0, 100)[:, :4])
    np.testing.assert_allclose(rgb[:, 4:, 0], to_grey(second, 0, 100)[:, 4:])
