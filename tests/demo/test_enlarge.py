"""Enlarged slices have the right position and size, and PSNR is that of the metrics."""

import numpy as np
import pytest
import torch
from fake_cases import fake_case

from brainlab.data import find_cases, voxel_to_mm
from brainlab.metrics.images import psnr
from brainlab.models import RRDBNet, SRResNet
from demo.enlarge import affine_of_slice, enlarge_slice, slice_of


@pytest.fixture
def image():
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 50), np.linspace(-1, 1, 62), indexing="ij"))
    return np.clip(0.5 + 0.4 * np.sin(9 * grid).prod(0), 0, 1).astype(np.float32)


@pytest.mark.parametrize("make", [SRResNet, RRDBNet])
@pytest.mark.parametrize("coarse", [True, False])
def test_untrained_networks_with_image_skip_equal_bicubic(image, make, coarse):
    model = make(1, 4, 1, scale=2, image_skip=True)
    made = enlarge_slice(image, model, coarse)
    assert made.network.shape == made.bicubic.shape == ((50, 62) if coarse else (100, 124))
    np.testing.assert_allclose(made.network, made.bicubic, atol=1e-5)
    assert (made.true is None) == (made.psnr is None) == (not coarse)


def test_psnr_is_that_of_the_metrics(image):
    class Half(torch.nn.Module):
        scale = 4

        def forward(self, low, size):
            return torch.full((1, 1, *size), 0.5)

    made = enlarge_slice(image, Half())
    true = torch.from_numpy(image)[None, None]
    assert made.psnr[1] == pytest.approx(psnr(torch.full_like(true, 0.5), true).item())
    assert made.psnr[0] > made.psnr[1] + 5
    np.testing.assert_array_equal(made.true, image)
    assert enlarge_slice(image, None).psnr == pytest.approx((made.psnr[0],) * 2)


def test_wrong_channels_and_sizes_are_named(image):
    with pytest.raises(ValueError, match="takes 3 channels; expected one"):
        enlarge_slice(image, SRResNet(3, 4, 1))
    with pytest.raises(ValueError, match=r"4 times 62 x 600 pixels is more than 1024; .*downsample it first"):
        enlarge_slice(np.zeros((600, 62), np.float32), None, coarse=False)


def test_a_slice_of_a_case_and_its_affine(tmp_path):
    _, arrays = fake_case(tmp_path)
    case = find_cases(tmp_path)[0]
    pixels = slice_of(case, "t1c", 7)
    top = np.percentile(arrays["t1c"][arrays["t1c"] > 0], 99.5)
    np.testing.assert_allclose(pixels, np.clip(arrays["t1c"][..., 7] / top, 0, 1), rtol=1e-5)
    made = enlarge_slice(pixels, None, coarse=False)
    affine = affine_of_slice(case, 7, made)
    np.testing.assert_allclose(voxel_to_mm([40, 8, 0], affine), voxel_to_mm([10, 2, 7], case.affine))
