"""Pictures of any size become squares of one size."""

import numpy as np
import pytest

from brainlab.data.images import square_image, square_labels, square_mask
from brainlab.data.images.picture import inner_box


def test_same_size_is_unchanged(make_disc):
    image = np.random.default_rng(0).normal(size=(3, 32, 32)).astype(np.float32)
    np.testing.assert_array_equal(square_image(image, 32), image)
    mask = make_disc(32, 32, 9)
    np.testing.assert_array_equal(square_mask(mask, 32), mask)
    labels = np.random.default_rng(0).integers(0, 9, (32, 32)).astype(np.int32)
    np.testing.assert_array_equal(square_labels(labels, 32), labels)


@pytest.mark.parametrize("size", [32, 64, 256])
@pytest.mark.parametrize("shape", [(40, 80), (80, 40), (61, 47), (300, 200)])
def test_circles_stay_circles(make_disc, shape, size):
    mask = make_disc(*shape, radius=15)
    squared = square_mask(mask, size)
    rows, columns = np.nonzero(squared)
    scale = size / max(shape)
    assert squared.shape == (size, size)
    assert abs(np.ptp(rows) - np.ptp(columns)) <= 1
    assert abs(squared.sum() / (mask.sum() * scale**2) - 1) < 0.15
    np.testing.assert_allclose(np.ptp(rows) + 1, 29.5 * scale, atol=scale / 2 + 1)


def test_padding_is_0_and_the_picture_in_the_middle():
    squared = square_image(np.ones((1, 20, 60), np.float32), 30)
    expected = np.zeros((30, 30))
    expected[10:20] = 1
    np.testing.assert_allclose(squared[0], expected)
    assert inner_box(20, 60, 30) == (10, 0, 10, 30)
    assert inner_box(1, 500, 32) == (15, 0, 1, 32), "a side never vanishes"


def test_smaller_is_a_mean_not_a_sample():
    stripes = np.tile(np.float32([0, 1]), (64, 32))[None]  # every second column; a sample would be 0 or 1
    np.testing.assert_allclose(square_image(stripes, 16)[:, :, 1:-1], 0.5, atol=0.03)


def test_mask_goes_by_half_of_the_area():
    mask = np.zeros((4, 8), bool)
    mask[:2, :2] = [[1, 1], [0, 0]]  # half of a 2 x 2 block
    mask[:2, 2:4] = [[1, 0], [0, 0]]  # a quarter
    mask[2:, 4:6] = True
    expected = np.zeros((4, 4), bool)
    expected[1, 0] = expected[2, 2] = True
    np.testing.assert_array_equal(square_mask(mask, 4), expected)


def test_labels_stay_labels():
    labels = np.random.default_rng(0).integers(0, 1000, (57, 91)).astype(np.int32)
    squared = square_labels(labels, 40)
    assert squared.dtype == np.int32
    assert set(np.unique(squared)) <= set(np.unique(labels)) | {0}


def test_size_is_checked():
    with pytest.raises(ValueError, match="size=0; expected at least 1"):
        square_mask(np.ones((4, 4), bool), 0)
