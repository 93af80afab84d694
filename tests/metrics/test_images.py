"""Metrics of images against scikit-image, torchmetrics and waves whose power is known."""

import numpy as np
import pytest
import torch
from skimage import metrics as sk

from brainlab.metrics.images import (
    high_frequency_ratio,
    perceptual_distance,
    psnr,
    ssim,
)


@pytest.fixture(params=[(32, 32), (11, 40), (45, 27)])
def images(request):
    rng = np.random.default_rng(0)
    hr = rng.random((3, 1, *request.param))
    sr = (hr + 0.1 * rng.normal(size=hr.shape)).clip(0, 1)
    return torch.from_numpy(sr), torch.from_numpy(hr)


def test_psnr_is_scikit_images(images):
    expected = [
        sk.peak_signal_noise_ratio(h[0].numpy(), s[0].numpy(), data_range=1)
        for s, h in zip(*images, strict=True)
    ]
    np.testing.assert_allclose(psnr(*images), expected)


def test_ssim_is_scikit_images(images):
    expected = [
        sk.structural_similarity(
            h[0].numpy(), s[0].numpy(), data_range=1, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )
        for s, h in zip(*images, strict=True)
    ]  # fmt: skip
    np.testing.assert_allclose(ssim(*images), expected, rtol=1e-6)


def test_both_are_torchmetrics(images):
    theirs = pytest.importorskip("torchmetrics.functional.image")
    sr, hr = (image.float() for image in images)
    options = {"data_range": 1.0, "reduction": "none"}
    expected = theirs.peak_signal_noise_ratio(sr, hr, dim=(1, 2, 3), **options)
    torch.testing.assert_close(psnr(sr, hr), expected, rtol=1e-4, atol=1e-4)
    # It mirrors the image at its borders and counts them; ours stays where the window fits.
    _, image = theirs.structural_similarity_index_measure(sr, hr, return_full_image=True, **options)
    inside = image[..., 5:-5, 5:-5].mean(dim=(1, 2, 3))
    torch.testing.assert_close(ssim(sr, hr), inside, rtol=1e-4, atol=1e-4)


def test_psnr_of_known_errors():
    hr = torch.full((2, 1, 4, 4), 0.5)
    assert psnr(hr + 0.1, hr).tolist() == pytest.approx([20, 20])  # -10 log10(0.01)
    assert psnr(hr + 0.05, hr).tolist() == pytest.approx([26.02, 26.02], abs=0.01)
    assert psnr(hr, hr).isinf().all()


def test_each_image_has_its_own_figure(images):
    sr, hr = images
    for metric in (psnr, ssim, high_frequency_ratio):
        whole = metric(sr, hr)
        assert whole.shape == (3,)
        for i in range(3):
            torch.testing.assert_close(metric(sr[i : i + 1], hr[i : i + 1]), whole[i : i + 1])


def test_best_and_worst(images):
    sr, hr = images
    assert (psnr(hr, hr) > psnr(sr, hr)).all()
    torch.testing.assert_close(ssim(hr, hr), torch.ones(3, dtype=hr.dtype))
    assert (ssim(sr, hr) < 1).all()
    board = (torch.arange(16)[:, None] + torch.arange(16)) % 2.0
    assert ssim(1 - board[None, None], board[None, None]).item() < -0.9


def test_what_a_screen_would_clip_is_clipped(images):
    sr, hr = images
    wild = torch.where(sr > 0.9, sr + 3, sr) - torch.where(sr < 0.1, 3.0, 0.0)
    clipped = wild.clamp(0, 1)
    for metric in (psnr, ssim, high_frequency_ratio):
        torch.testing.assert_close(metric(wild, hr), metric(clipped, hr))


def wave(cycles, size=32, amplitude=0.2):
    """A wave along x, with `cycles` in the image."""
    x = torch.arange(size, dtype=torch.float64)
    return (0.5 + amplitude * torch.cos(2 * torch.pi * cycles * x / size)).expand(1, 1, size, size)


def test_which_waves_are_high():
    # The highest frequency along an axis of 32 pixels is 16 waves: 4 are a quarter.
    both = wave(3, amplitude=0.1) + wave(10, amplitude=0.1) - 0.5

    def ratio(sr, radius=0.25):
        return high_frequency_ratio(sr, both, radius).item()

    assert ratio(wave(3)) == pytest.approx(0, abs=1e-12)
    assert ratio(wave(4)) == pytest.approx(0, abs=1e-12)  # on the circle: inside
    assert ratio(wave(5, amplitude=0.1)) == pytest.approx(1)
    assert ratio(wave(5, amplitude=0.2)) == pytest.approx(4)  # power is the square
    assert ratio(wave(5), radius=0.4) == pytest.approx(0, abs=1e-12)
    diagonal = (wave(3) + wave(3).transpose(2, 3)) / 2
    assert ratio(diagonal) == pytest.approx(0, abs=1e-12)
    slanted = 0.5 + (wave(3) - 0.5) * (wave(3) - 0.5).transpose(2, 3) * 5  # (3, 3) lies 4.24 from the centre
    assert ratio(slanted) == pytest.approx(2)  # half the power of an amplitude of 0.2


def test_the_ratio_knows_blurred_from_invented():
    hr = wave(3, amplitude=0.1) + wave(10, amplitude=0.2) - 0.5
    half = wave(3, amplitude=0.1) + wave(10, amplitude=0.1) - 0.5
    torch.manual_seed(0)
    noisy = hr + 0.05 * torch.randn_like(hr)
    assert high_frequency_ratio(half, hr).item() == pytest.approx(0.25)
    assert high_frequency_ratio(hr, hr).item() == pytest.approx(1)
    assert high_frequency_ratio(noisy, hr).item() > 1
    assert high_frequency_ratio(wave(3), hr).item() == pytest.approx(0, abs=1e-12)


def test_power_is_all_there():
    image = torch.rand(2, 1, 15, 20, dtype=torch.float64)
    from brainlab.metrics.images import _power

    variance = image.var(dim=(1, 2, 3), correction=0) * 15 * 20
    torch.testing.assert_close(_power(image).sum(dim=(1, 2, 3)), variance)  # Parseval


def test_perceptual_distance_by_hand():
    torch.manual_seed(0)
    features = torch.nn.Conv2d(1, 4, 3)
    sr, hr = torch.rand(2, 1, 6, 7), torch.rand(2, 1, 6, 7)
    x, y = features(sr).detach(), features(hr).detach()
    for b in range(2):
        total = 0.0
        for i in range(4):
            for j in range(5):
                u, v = x[b, :, i, j], y[b, :, i, j]
                total += ((u / u.norm() - v / v.norm()) ** 2).sum().item()
        assert perceptual_distance(features, sr, hr)[b].item() == pytest.approx(total / 20, rel=1e-5)
    assert perceptual_distance(features, hr, hr).tolist() == [0, 0]


def test_perceptual_distance_stays_in_its_range():
    hr = torch.rand(1, 1, 6, 6) * 0.5 + 0.5
    opposite = lambda x: torch.cat([x - 0.25, 0.25 - x], 1)  # noqa: E731
    assert perceptual_distance(opposite, torch.zeros_like(hr), hr).item() == pytest.approx(4)


@pytest.mark.parametrize(
    "metric", [psnr, ssim, high_frequency_ratio, lambda s, h: perceptual_distance(abs, s, h)]
)
def test_errors_say_what_to_do(metric):
    hr = torch.rand(1, 1, 16, 16)
    with pytest.raises(ValueError, match=r"sr has shape \(1, 1, 4, 4\), hr \(1, 1, 16, 16\); expected both"):
        metric(hr[..., :4, :4], hr)
    with pytest.raises(ValueError, match="or one without a batch axis"):
        metric(hr[0], hr[0])
    with pytest.raises(
        ValueError, match=r"hr goes from .* to .*; expected 0 to 1: is it z-scored, or in 0 to"
    ):
        metric(hr, hr * 255)
    with pytest.raises(ValueError, match="hr goes from nan to nan"):
        metric(hr, hr * torch.nan)
    with pytest.raises(ValueError, match=r"uint8; expected floating point in 0\.\.1: divide bytes by 255"):
        metric(hr, hr.byte())


def test_sizes_and_radii_are_checked():
    small = torch.rand(1, 1, 10, 12)
    with pytest.raises(ValueError, match=r"\(1, 1, 10, 12\); expected 11 pixels or more, the window"):
        ssim(small, small)
    with pytest.raises(ValueError, match="radius is 1; expected above 0 and below 1"):
        high_frequency_ratio(small, small, 1)
