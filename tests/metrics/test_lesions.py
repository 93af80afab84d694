"""Recall of each lesion within a slice."""

import numpy as np
import pytest

from brainlab.metrics import lesion_recall


def volume(*pixels: tuple[int, int, int]) -> np.ndarray:
    """Return a mask (6, 6, 3) that is 1 at these voxels."""
    mask = np.zeros((6, 6, 3), np.uint8)
    for pixel in pixels:
        mask[pixel] = 1
    return mask


def test_two_lesions_in_a_slice():
    truth = volume((0, 0, 0), (0, 1, 0), (4, 4, 0))
    areas, recalls = lesion_recall(volume((0, 0, 0)), truth, spacing=(2, 3, 5))
    assert sorted(zip(areas, recalls, strict=True)) == [(6, 0), (12, 0.5)]


def test_lesions_in_neighbouring_slices_are_two():
    truth = volume((2, 2, 0), (2, 2, 1))
    areas, recalls = lesion_recall(volume((2, 2, 1)), truth)
    assert areas.tolist() == [1, 1]
    assert recalls.tolist() == [0, 1]


def test_corners_join():
    areas, _ = lesion_recall(volume(), volume((1, 1, 0), (2, 2, 0)))
    assert areas.tolist() == [2]


def test_weighted_by_area_it_is_the_recall_of_the_mask():
    rng = np.random.default_rng(0)
    pred, truth = rng.random((2, 20, 20, 4)) > 0.6
    areas, recalls = lesion_recall(pred, truth, spacing=(1, 2, 1))
    assert areas.sum() == 2 * truth.sum()
    assert (areas * recalls).sum() / areas.sum() == pytest.approx((pred & truth).sum() / truth.sum())


def test_no_truth():
    areas, recalls = lesion_recall(volume((0, 0, 0)), volume())
    assert len(areas) == len(recalls) == 0


def test_a_slice_is_refused():
    with pytest.raises(ValueError, match=r"expected \(X, Y, Z\)"):
        lesion_recall(np.zeros((4, 4)), np.zeros((4, 4)))
