"""Figures of super-resolution."""

import numpy as np
import pytest

from brainlab import view
from brainlab.data.display import oriented
from brainlab.view import superres_figures

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])
TURNED = np.diag([1.0, -1.0, 1.0, 1.0])  # its pictures are mirrored


@pytest.fixture
def truth():
    image = np.zeros((40, 48))
    image[8:32, 8:40] = np.random.default_rng(0).random((24, 32))
    return image


def shown(ax):
    """The pixels of a picture that lie within the limits of its axis."""
    picture = ax.images[0].get_array()
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return picture[round(high + 0.5) : round(low + 0.5), round(left + 0.5) : round(right + 0.5)]


@pytest.mark.parametrize("affine", [AFFINE, TURNED])
def test_each_image_is_cropped_to_the_window(truth, affine):
    images = {"small": truth[::4, ::4], "made": truth + 0.1, "truth": truth}
    fig = view.compare_images(images, affine, centre=(12, 30), side=10)
    small, made, true, overview, difference = fig.axes[:5]
    window = oriented(truth[7:17, 25:35], affine)
    np.testing.assert_allclose(shown(true), window)
    np.testing.assert_allclose(shown(made), (window + 0.1).clip(0, 1))  # grey values end at 1
    np.testing.assert_allclose(shown(difference), (window + 0.1).clip(0, 1) - window)
    assert shown(small).shape == (10, 10)
    np.testing.assert_allclose(np.unique(shown(small)), np.unique(truth[::4, ::4][1:5, 6:9]))
    assert overview.get_title() == "the window"
    assert overview.images


def test_a_window_is_moved_into_the_image(truth):
    fig = view.compare_images({"made": truth, "truth": truth}, AFFINE, centre=(0, 47), side=8)
    np.testing.assert_allclose(shown(fig.axes[1]), oriented(truth[:8, -8:], AFFINE))


def test_the_mean_difference_is_that_inside_the_window(truth):
    made = truth * 0.5
    made[20:, :] = 0  # outside
    fig = view.compare_images({"made": made, "truth": truth}, AFFINE, centre=(14, 20), side=8)
    assert fig.axes[2].get_title() == f"mean {0.5 * truth[10:18, 16:24].mean():.3f}"


def test_enlarged_repeats_pixels_at_any_ratio():
    image = np.arange(28 * 28.0).reshape(28, 28)
    large = superres_figures._enlarged(image, (128, 128))
    assert large.shape == (128, 128)
    np.testing.assert_array_equal(np.unique(large), np.unique(image))
    assert (large[0, 0], large[-1, -1]) == (image[0, 0], image[-1, -1])


def test_k_space_has_its_brightest_point_in_the_marked_middle(truth):
    fig = view.k_space({"all": truth}, AFFINE, square=8)
    waves, square = fig.axes[1].images[0].get_array(), fig.axes[1].patches[0]
    row, column = np.unravel_index(waves.argmax(), waves.shape)
    assert (row, column) == (24, 20)  # the picture is 48 rows high and 40 columns wide
    assert square.get_x() < column < square.get_x() + 8
    assert square.get_y() < row < square.get_y() + 8


def test_prediction_differences_mark_the_largest_change(truth):
    before, after = np.zeros(truth.shape), np.zeros(truth.shape)
    before[10, 12], after[30, 20] = 0.6, 0.3  # a lesion that vanishes is the larger change
    fig = view.prediction_differences([(truth, truth)], [(before, after)], [AFFINE], ["truth"], side=20)
    marked = np.zeros(truth.shape)
    marked[10, 12] = 1
    row, column = np.argwhere(oriented(marked, AFFINE))[0]
    assert fig.axes[0].patches[0].center == (column, row)
    assert fig.axes[3].get_title() == "change of probability: -0.60"
    fig = view.prediction_differences(
        [(truth, truth)], [(before, after)], [AFFINE], ["truth"], 20, [(30, 20)]
    )
    assert fig.axes[3].get_title() == "change of probability: +0.30"
