"""Pooling pyramids against slow loops and one-dimensional interpolation."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from brainlab.models import ASPP, PyramidPooling


def stretched(image, size):
    """Bilinear interpolation of (C, h, w) to (C, H, W), one axis after the other, by NumPy."""
    for axis, new in ((1, size[0]), (2, size[1])):
        old = image.shape[axis]
        place = (np.arange(new) + 0.5) * old / new - 0.5  # centres of the new pixels; np.interp clips
        image = np.apply_along_axis(
            lambda line, at=place: np.interp(at, np.arange(len(line)), line), axis, image
        )
    return image


def binned(image, n):
    """Mean of (C, H, W) over n x n bins that cover it; bins may share a row where n does not divide H."""
    _, H, W = image.shape
    out = np.zeros((len(image), n, n))
    for i in range(n):
        for j in range(n):
            rows = slice(i * H // n, math.ceil((i + 1) * H / n))
            columns = slice(j * W // n, math.ceil((j + 1) * W / n))
            out[:, i, j] = image[:, rows, columns].mean(axis=(1, 2))
    return out


@pytest.mark.parametrize("size", [(12, 12), (7, 10), (2, 5)])
def test_pyramid_equals_loops(size):
    torch.manual_seed(0)
    module = PyramidPooling(4, 3, bins=(1, 2, 3, 6), batch_norm=False).double()
    x = torch.randn(2, 4, *size, dtype=torch.float64)
    got = module(x).detach().numpy()
    for image, made in zip(x.numpy(), got, strict=True):
        parts = [image]
        for n, level in zip((1, 2, 3, 6), module.levels, strict=True):
            weight, bias = level.weight.detach().numpy()[:, :, 0, 0], level.bias.detach().numpy()
            pooled = np.einsum("kc,cij->kij", weight, binned(image, n)) + bias[:, None, None]
            parts.append(stretched(pooled.clip(min=0), size))
        mix = module.mix[0]
        expected = np.einsum("kc,cij->kij", mix.weight.detach().numpy()[:, :, 0, 0], np.concatenate(parts))
        expected = (expected + mix.bias.detach().numpy()[:, None, None]).clip(min=0)
        np.testing.assert_allclose(made, expected, atol=1e-12)


def test_pyramid_keeps_the_channels_unless_told():
    assert PyramidPooling(8)(torch.randn(2, 8, 5, 6)).shape == (2, 8, 5, 6)
    assert PyramidPooling(8, 3, bins=(1, 4))(torch.randn(2, 8, 5, 6)).shape == (2, 3, 5, 6)


def test_pyramid_trains_on_a_batch_of_one():
    module = PyramidPooling(8)  # batch normalisation of the 1 x 1 level would refuse
    module(torch.randn(1, 8, 4, 4)).square().sum().backward()
    assert all(weight.grad is not None for weight in module.parameters())


def test_pyramid_gradient_by_finite_differences():
    torch.manual_seed(0)
    module = PyramidPooling(2, bins=(1, 2), batch_norm=False).double()
    x = torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": ()}, "bins is empty; expected one number or more"),
        ({"bins": (1, 0)}, r"bins\[1\] is 0; expected 1 or more"),
        ({"in_channels": 0}, "in_channels is 0; expected 1 or more"),
    ],
)
def test_pyramid_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        PyramidPooling(**{"in_channels": 4, **options})


def test_aspp_sums_its_branches():
    torch.manual_seed(0)
    module = ASPP(2, 3, dilations=(2, 1)).double()
    x = torch.randn(2, 2, 6, 7, dtype=torch.float64)
    module(x)  # moves the running averages away from 0 and 1
    module.eval()
    H, W = x.shape[-2:]
    expected = torch.zeros(2, 3, H, W).double()
    for branch, d in zip(module.branches, (2, 1), strict=True):
        conv, norm = branch
        wide = F.pad(x, (d, d, d, d))
        taps = 0
        for i in range(3):
            for j in range(3):
                seen = wide[:, :, i * d : i * d + H, j * d : j * d + W]
                taps = taps + torch.einsum("kc,bchw->bkhw", conv.weight[:, :, i, j], seen)
        taps = taps + conv.bias[:, None, None]
        scaled = (taps - norm.running_mean[:, None, None]) / (
            norm.running_var[:, None, None] + norm.eps
        ).sqrt()
        expected = expected + norm.weight[:, None, None] * scaled + norm.bias[:, None, None]
    mixed = torch.einsum("kc,bchw->bkhw", module.mix.weight[:, :, 0, 0], expected)
    torch.testing.assert_close(module(x), mixed + module.mix.bias[:, None, None])


def test_aspp_reach_is_that_of_its_widest_branch():
    torch.manual_seed(0)
    module = ASPP(1, 1).eval()
    x = torch.zeros(1, 1, 1, 61, requires_grad=True)
    (gradient,) = torch.autograd.grad(module(x)[0, 0, 0, 30], x)
    assert (gradient[0, 0, 0].nonzero()[:, 0] - 30).tolist() == [-18, -12, -6, -1, 0, 1, 6, 12, 18]
