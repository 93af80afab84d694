import numpy as np
import pytest

from brainlab.data.cached import zscore_in_brain


@pytest.fixture
def image(rng_seed: int = 0) -> np.ndarray:
    """(4, X, Y, Z) int16 with zeros around a box; every modality has its own scale."""
    rng = np.random.default_rng(rng_seed)
    volume = np.zeros((4, 8, 9, 7), np.int16)
    volume[:, 2:6, 2:7, 1:6] = (
        rng.normal(1, 0.2, (4, 4, 5, 5)) * np.array([100, 900, 400, 2000])[:, None, None, None]
    )
    return volume


def test_mean_zero_and_std_one_inside(image):
    scored = zscore_in_brain(image)
    for modality, raw in zip(scored, image, strict=True):
        assert modality[raw != 0].mean() == pytest.approx(0, abs=1e-5)
        assert modality[raw != 0].std() == pytest.approx(1, abs=1e-5)


def test_outside_stays_zero_and_the_input_stays(image):
    before = image.copy()
    assert (zscore_in_brain(image)[image == 0] == 0).all()
    np.testing.assert_array_equal(image, before)


def test_scale_and_padding_change_nothing(image):
    padded = np.pad(image, ((0, 0), (5, 5), (5, 5), (5, 5))).astype(float)
    np.testing.assert_allclose(
        zscore_in_brain(padded * 7.5)[:, 5:-5, 5:-5, 5:-5], zscore_in_brain(image), atol=1e-5
    )


def test_negative_voxels_belong_to_the_brain(image):
    image[0, 3] *= -1
    assert (zscore_in_brain(image)[0][image[0] < 0] != 0).all()


def test_flat_and_empty_modalities_become_zero(image):
    image[1][image[1] != 0] = 5
    image[2] = 0
    scored = zscore_in_brain(image)
    assert np.isfinite(scored).all()
    assert not scored[1].any()
    assert not scored[2].any()
    assert scored[0].any()
