import numpy as np
import pytest
import torch

from brainlab.data.augment import Augment
from brainlab.view import AugmentPreview

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])


def example(**traits):
    return AugmentPreview(*slice_and_labels(), AFFINE, **{"seed": 2, **traits})


def slice_and_labels():
    rng = np.random.default_rng(0)
    image = rng.random((40, 48)).astype(np.float32)
    labels = np.zeros((40, 48), np.int64)
    labels[10:20, 12:30] = 2
    return image, labels


def test_it_shows_the_augmentation_of_the_library():
    image, labels = slice_and_labels()
    shown = AugmentPreview(image, labels, elastic=2.5, strength=0.5, flip=True, seed=7)
    augment = Augment(flip=True, rotation=10, shift=0.05, zoom=0.1, shear=0.05, elastic=2.5)
    rng = np.random.default_rng(7)
    expected, moved = augment(torch.from_numpy(image)[None], torch.from_numpy(labels), rng)
    got = shown.deformed()
    np.testing.assert_allclose(got[0], expected[0], atol=1e-5)
    np.testing.assert_array_equal(got[1], moved)
    assert shown.augment.rotation == 10


def test_nothing_moves_at_zero_and_the_grid_moves_with_the_image():
    image, labels = slice_and_labels()
    shown = AugmentPreview(torch.from_numpy(image), torch.from_numpy(labels), elastic=0.0)
    moved, same, grid = shown.deformed()
    np.testing.assert_allclose(moved, image, atol=1e-5)
    np.testing.assert_array_equal(same, labels)
    shown.elastic = 4.0
    again = shown.deformed()[2]
    assert np.abs(again - grid).max() > 0.5
    assert f"become {np.count_nonzero(shown.deformed()[1])}" in shown.describe()


def test_the_default_is_that_of_the_paper():
    assert AugmentPreview(np.ones((96, 96))).elastic == pytest.approx(10 * 96 / 512, abs=0.05)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"image: shape \(4, 8, 8\); expected \(H, W\)"):
        AugmentPreview(np.zeros((4, 8, 8)))
    with pytest.raises(ValueError, match=r"labels: shape \(8, 9\); expected \(8, 8\)"):
        AugmentPreview(np.zeros((8, 8)), np.zeros((8, 9)))
