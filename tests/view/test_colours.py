import numpy as np
import pytest

from brainlab.view.colours import PALETTE, blend, to_grey


def test_blend_keeps_background_and_mixes_the_rest():
    grey = np.full((2, 2), 0.5, np.float32)
    labels = np.array([[0, 1], [2, 3]])
    rgb = blend(grey, labels, alpha=0.25)
    for (i, j), label in np.ndenumerate(labels):
        expected = grey[i, j] if label == 0 else 0.75 * 0.5 + 0.25 * PALETTE[label]
        np.testing.assert_allclose(rgb[i, j], expected, rtol=1e-6)


def test_blend_refuses_other_shapes_and_labels():
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(3, 2\)"):
        blend(np.zeros((2, 2)), np.zeros((3, 2), int))
    with pytest.raises(ValueError, match="mapped"):
        blend(np.zeros((2, 2)), np.full((2, 2), 4))


def test_grey_is_in_range_and_survives_bad_pixels():
    image = np.array([[0, np.nan], [1e9, -3.0]])
    grey = to_grey(image)
    assert np.isfinite(grey).all()
    assert grey.min() >= 0
    assert grey.max() <= 1
    assert (to_grey(np.zeros((3, 3))) == 0).all()


def test_the_outside_of_a_z_scored_slice_is_black():
    image = np.zeros((10, 10))
    image[2:8, 2:8] = np.linspace(-2, 2, 36).reshape(6, 6)
    grey = to_grey(image)
    assert grey[0, 0] == 0
    assert 0.4 < grey[5, 2] < 0.6  # the middle of the range stays the middle of the grey scale
