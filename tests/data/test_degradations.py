"""Degradations against Pillow and against waves whose coarse image is known."""

import functools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from brainlab.data.degradations import bicubic, kspace_crop


def smooth_image(waves=3):
    """Return a sum of waves, at most `waves` along an axis, as a function of positions 0..1."""
    rng = np.random.default_rng(0)
    terms = [(rng.integers(-waves, waves + 1, 2), rng.random()) for _ in range(6)]

    def at(rows, columns):
        y, x = np.meshgrid(rows, columns, indexing="ij")
        value = sum(np.cos(2 * np.pi * (k[0] * y + k[1] * x + phase)) for k, phase in terms)
        return torch.from_numpy(0.5 + value / 14)

    return at


def centres(size):
    """Return the centres of `size` pixels that share the interval 0..1."""
    return (np.arange(size) + 0.5) / size


@pytest.mark.parametrize("full", [(128, 128), (33, 40), (20, 21)])
@pytest.mark.parametrize("kept", [(16, 16), (9, 11), (20, 20)])
def test_kspace_crop_samples_a_smooth_image_at_the_right_places(full, kept):
    """What has few waves is kept exactly: same intensities, and each pixel at the centre of its area."""
    image = smooth_image()
    hr = image(centres(full[0]), centres(full[1]))
    expected = image(centres(kept[0]), centres(kept[1])).float()
    torch.testing.assert_close(kspace_crop(hr, kept), expected, atol=2e-6, rtol=0)


def test_kspace_crop_removes_what_the_coarse_scan_cannot_hold():
    x = torch.from_numpy(centres(64))
    low, high = torch.cos(2 * math.pi * 3 * x) / 4, torch.cos(2 * math.pi * 20 * x) / 4
    hr = (0.5 + low + high).expand(64, 64)
    expected = (0.5 + low).expand(64, 64)
    torch.testing.assert_close(kspace_crop(hr, 16), kspace_crop(expected, 16), atol=2e-6, rtol=0)
    every_fourth = hr[:, ::4]  # without a filter the fast wave turns up as a slow one
    assert (every_fourth.std() - kspace_crop(hr, 16).std()).abs() > 0.05


@pytest.mark.parametrize("size", [32, 31, (32, 20)])
def test_the_same_size_changes_nothing(size):
    hr = torch.rand(2, 1, *((size, size) if isinstance(size, int) else size))
    torch.testing.assert_close(kspace_crop(hr, size), hr, atol=2e-6, rtol=0)
    torch.testing.assert_close(bicubic(hr, size), hr)


@pytest.mark.parametrize("degrade", [bicubic, kspace_crop])
@pytest.mark.parametrize("size", [32, 28, 31, (32, 20)])
def test_a_flat_image_keeps_its_brightness(degrade, size):
    low = degrade(torch.full((2, 1, 128, 128), 0.7), size)
    torch.testing.assert_close(low, torch.full_like(low, 0.7))


@pytest.mark.parametrize("degrade", [bicubic, kspace_crop])
@pytest.mark.parametrize("size", [32, 28, 31])
def test_there_is_no_shift(degrade, size):
    """Mirroring before is mirroring after, and an enlargement finds the bright spot where it was."""
    torch.manual_seed(0)
    hr = F.avg_pool2d(torch.rand(1, 1, 132, 132), 5, 1)
    for axis in (-1, -2):
        # An even size keeps one of the two diagonal waves in the corners of k-space, hence not closer.
        after, before = degrade(hr, size).flip(axis), degrade(hr.flip(axis), size)
        torch.testing.assert_close(before, after, atol=1e-5 if size % 2 else 2e-3, rtol=0)
    grid = torch.arange(128.0)
    spot = torch.exp(-((grid[:, None] - 70.3) ** 2 + (grid - 41.6) ** 2) / (2 * 6**2))[None, None]
    large = F.interpolate(degrade(spot, size), (128, 128), mode="bicubic").clamp(0)[0, 0]
    found = [(large.sum(1 - axis) * grid).sum().item() / large.sum().item() for axis in (0, 1)]
    assert found == pytest.approx([70.3, 41.6], abs=0.05)


def test_even_sizes_lose_half_of_the_line_without_a_mirror_image():
    # 8 waves in 16 pixels: k-space keeps -8 but not +8, so half of the wave at most.
    x = torch.from_numpy(centres(64))
    hr = (0.5 + torch.sin(2 * math.pi * 8 * x) / 4).expand(64, 64)
    low = kspace_crop(hr, 16) - 0.5
    assert low.abs().max().item() == pytest.approx(0.125, abs=1e-5)


def test_edges_ring_in_kspace_and_not_bicubically():
    hr = torch.zeros(64, 64)
    hr[:, 22:42] = 0.6
    ringing, smooth = kspace_crop(hr, 16), bicubic(hr, 16)
    assert ringing.max() > smooth.max() > 0.6
    assert ringing[8, 2:5].min() > 0.015  # in the black, two pixels and more from the edge
    assert smooth[8, :5].max() == 0


@pytest.mark.parametrize("size", [(32, 32), (28, 28), (31, 20)])
def test_bicubic_is_pillows(size):
    hr = torch.rand(128, 100, generator=torch.Generator().manual_seed(0))
    expected = Image.fromarray(hr.numpy()).resize(size[::-1], Image.Resampling.BICUBIC)
    np.testing.assert_allclose(bicubic(hr, size), np.asarray(expected).clip(0, 1), atol=1e-5)


@pytest.mark.parametrize("degrade", [bicubic, kspace_crop, functools.partial(kspace_crop, noise=0.1)])
def test_results_stay_in_range_with_any_leading_axes(degrade):
    torch.manual_seed(0)
    hr = (torch.rand(2, 3, 1, 40, 40) > 0.5).float()  # overshoots wherever it can
    low = degrade(hr, 10)
    assert low.shape == (2, 3, 1, 10, 10)
    assert low.dtype == torch.float32
    assert low.min() >= 0
    assert low.max() <= 1
    assert degrade(hr[0, 0, 0], (10, 9)).shape == (10, 9)


def test_noise_is_rician_and_can_be_repeated():
    black, grey = torch.zeros(128, 128), torch.full((128, 128), 0.5)

    def draw(image, seed=0):
        return kspace_crop(image, 100, 0.02, torch.Generator().manual_seed(seed))

    # Without signal it is Rayleigh; with much signal nearly Gaussian around sqrt(A^2 + sigma^2).
    assert draw(black).mean().item() == pytest.approx(0.02 * math.sqrt(math.pi / 2), rel=0.02)
    assert draw(black).std().item() == pytest.approx(0.02 * math.sqrt(2 - math.pi / 2), rel=0.02)
    assert draw(grey).mean().item() == pytest.approx(math.hypot(0.5, 0.02 / math.sqrt(2)), abs=1e-3)
    assert draw(grey).std().item() == pytest.approx(0.02, rel=0.02)
    assert torch.equal(draw(grey), draw(grey))
    assert not torch.equal(draw(grey), draw(grey, seed=1))


@pytest.mark.parametrize("degrade", [bicubic, kspace_crop])
def test_degradations_say_what_to_do(degrade):
    hr = torch.rand(1, 16, 16)
    with pytest.raises(
        ValueError, match=r"size is \(32, 32\); expected 1 to \(16, 16\): are the sizes swapped"
    ):
        degrade(hr, 32)
    with pytest.raises(ValueError, match=r"size is \(4, 0\)"):
        degrade(hr, (4, 0))
    with pytest.raises(ValueError, match=r"hr goes from .* expected 0 to 1: is it z-scored"):
        degrade(hr - 1, 4)
    with pytest.raises(ValueError, match="hr goes from nan to nan"):
        degrade(hr * torch.nan, 4)
    with pytest.raises(ValueError, match=r"uint8 of shape .* expected floating point"):
        degrade(hr.byte(), 4)


def test_noise_below_zero_is_refused():
    with pytest.raises(ValueError, match="noise is -1; expected 0 or more"):
        kspace_crop(torch.rand(8, 8), 4, noise=-1)
