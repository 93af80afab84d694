"""Percentile windows: which intensities are black and white."""

import numpy as np
import pytest

from brainlab.data.intensity import percentile_window, rescale


def test_the_brain_is_measured_and_black_is_at_most_zero():
    image = np.concatenate([np.zeros(5000), np.linspace(100, 300, 201)])
    assert percentile_window(image, (0, 50)) == (0, pytest.approx(200))
    assert percentile_window(image - 150.5 * (image > 0), (0, 50)) == pytest.approx((-50.5, 49.5))


def test_an_x_ray_is_measured_whole():
    image = np.concatenate([np.zeros(100), np.full(100, 50.0)])
    assert percentile_window(image + 10, (0, 100), zero_is_background=False) == (10, 60)


@pytest.mark.parametrize("zero_is_background", [True, False])
def test_values_that_are_not_finite_are_left_out(zero_is_background):
    image = np.array([1.0, 2, 3, np.nan, np.inf, -np.inf])
    assert percentile_window(image, (0, 100), zero_is_background)[1] == 3


@pytest.mark.parametrize("image", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.zeros((0, 3))])
def test_nothing_to_measure_gives_zero_to_one(image):
    assert percentile_window(image) == (0, 1)


def test_white_is_always_above_black():
    black, white = percentile_window(np.full((3, 3), 7.0), zero_is_background=False)
    assert black < white
    assert rescale(np.full((3, 3), 7.0), black, white).max() == 0


def test_rescale_clips_to_float32():
    scaled = rescale(np.array([-5, 0, 25, 100, 999, np.nan]), 0, 100)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [0, 0, 0.25, 1, 1, 0])
