"""Similarity of generated images to real ones: pixels, structure, features, high frequencies, distributions.

All but `frechet_distance` take images (B, 1, H, W) in 0..1 and return one number per image, (B,); averaging
over patients is left to the caller. The generated image is clipped to 0..1 first, as it is when it is shown;
the real image must be in 0..1 already. No border is cropped.

| metric | range | best | measures |
|---|---|---|---|
| `psnr` | above 0, in dB | infinite | fidelity; prefers a blurred image to a sharp one with errors |
| `ssim` | -1 to 1 | 1 | fidelity of local structure |
| `perceptual_distance` | 0 to 4 | 0 | distance in the feature space of a network |
| `high_frequency_ratio` | from 0 | 1 | sharpness: below 1 blurred, above 1 artefacts or noise |
| `frechet_distance` | from 0 | 0 | perception: whether a *set* of images is distributed like the real set |

The perceptual distance compares each image with its own truth, so it is a distortion measure, as PSNR is; the
Fréchet distance compares two distributions and needs no pairs (Blau and Michaeli 2018, arXiv:1711.06077).
PSNR and SSIM include the black background, which every method gets right: compare values of one crop only.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW, SIGMA = 11, 1.5  # of SSIM, in pixels
C1, C2 = 0.01**2, 0.03**2  # of SSIM, for images in 0..1


def psnr(sr: Tensor, hr: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio -10 log10(mean squared difference) of each image, in dB: (B,).

    Twice the error is 6 dB less. Identical images give infinity.

    Raises
    ------
    ValueError
        If the shapes differ, or the real image is outside 0..1.
    """
    sr, hr = _images(sr, hr)
    return -10 * torch.log10((sr - hr).square().mean(dim=(1, 2, 3)))


def ssim(sr: Tensor, hr: Tensor) -> Tensor:
    """Return the structural similarity of each image, -1 to 1: (B,).

    Mean, variance and covariance in a Gaussian window of 11 x 11 pixels (sigma 1.5), where it fits into the
    image.

    Raises
    ------
    ValueError
        As `psnr`, and if an image is smaller than the window.

    Source: Wang et al. 2004 (doi:10.1109/TIP.2003.819861); equal to scikit-image with Gaussian weights.
    torchmetrics includes mirrored borders: other values for small images.
    """
    sr, hr = _images(sr, hr)
    if min(hr.shape[-2:]) < WINDOW:
        raise ValueError(f"images have shape {tuple(hr.shape)}; expected {WINDOW} pixels or more, the window")
    (x, y) = sr.double(), hr.double()  # variances are small differences of large numbers
    mean_x, mean_y = _blur(x), _blur(y)  # (B, C, H - 10, W - 10)
    var_x, var_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    structure = (2 * covariance + C2) / (var_x + var_y + C2)
    return (light * structure).mean(dim=(1, 2, 3)).to(sr.dtype)


@torch.no_grad()
def perceptual_distance(features: Callable[[Tensor], Tensor], sr: Tensor, hr: Tensor) -> Tensor:
    """Return the distance of the images in the feature space of a network, 0 to 4: (B,).

    The features of every position are scaled to length 1; the squared distance is averaged over positions.
    It depends on the network: compare only values of one feature extractor and layer.

    Parameters
    ----------
    features : callable
        Images (B, 1, H, W) to (B, K, h, w), such as `UNetFeatures` or `VGG19Features`.
    sr, hr : Tensor (B, 1, H, W)

    Raises
    ------
    ValueError
        As `psnr`.

    Source: Zhang et al. 2018 (arXiv:1801.03924), equation 1. Deviation: one layer, without weights learnt
    from human judgements.
    """
    sr, hr = _images(sr, hr)
    x, y = (F.normalize(features(image), dim=1, eps=1e-10) for image in (sr, hr))  # (B, K, h, w)
    return (x - y).square().sum(dim=1).mean(dim=(1, 2))


def frechet_distance(made: Tensor, true: Tensor) -> float:
    """Return the squared Fréchet distance of the Gaussians fitted to two sets of feature vectors.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) with means m and covariances C; 0 for equal distributions. The
    two sets need no pairs.

    With few vectors it is too large even for equal distributions, about K (K + 5) / (2 N) for N independent
    ones of variance 1: compare values of equal N only, and take many more vectors than features.

    Parameters
    ----------
    made, true : Tensor (N, K), (M, K)
        Feature vectors, such as those of all positions of all images.

    Raises
    ------
    ValueError
        If the vectors differ in length, or a set has fewer than K + 1.

    Source: Heusel et al. 2017 (arXiv:1706.08500), equation 6; all positions as in Shaham et al. 2019
    (arXiv:1905.01164).
    """
    if made.ndim != 2 or made.shape[1:] != true.shape[1:] or min(len(made), len(true)) <= made.shape[1]:
        raise ValueError(
            f"feature vectors have shapes {tuple(made.shape)} and {tuple(true.shape)}; expected (N, K) and "
            "(M, K) with more vectors than features: a covariance of fewer is singular"
        )
    (x, y) = (vectors.detach().double().cpu() for vectors in (made, true))
    first, second = torch.cov(x.T).reshape(x.shape[1], -1), torch.cov(y.T).reshape(x.shape[1], -1)
    values, axes = torch.linalg.eigh(first)
    root = axes * values.clamp(min=0).sqrt() @ axes.T  # of the symmetric matrix
    mixed = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()  # tr (C1 C2)^(1/2)
    apart = (x.mean(dim=0) - y.mean(dim=0)).square().sum()
    return max(0.0, (apart + first.trace() + second.trace() - 2 * mixed).item())


def high_frequency_ratio(sr: Tensor, hr: Tensor, radius: float = 0.25) -> Tensor:
    """Return the power of `sr` outside a circle in k-space over that of `hr`, from 0: (B,).

    1 is as much power at high frequencies as in the real image, not necessarily the same detail: noise has it
    too. The mean of the image (the centre of k-space) is left out.

    Parameters
    ----------
    sr, hr : Tensor (B, 1, H, W)
    radius : float
        Of the circle, as a fraction of the highest frequency along an axis: 0.25 is the range of an image
        downsampled by 4.

    Raises
    ------
    ValueError
        As `psnr`, and if the radius is not above 0 and below 1.
    """
    generated, real = (_power(image) for image in _images(sr, hr))
    outside = _outside(real, radius)
    return (generated * outside).sum(dim=(1, 2, 3)) / (real * outside).sum(dim=(1, 2, 3))


def _power(image: Tensor) -> Tensor:
    """Return |Fourier transform|^2, (B, C, H, W), with 0 at the centre of k-space."""
    centred = image - image.mean(dim=(2, 3), keepdim=True)
    return torch.fft.fft2(centred, norm="ortho").abs().square()


def _outside(power: Tensor, radius: float) -> Tensor:
    if not 0 < radius < 1:
        raise ValueError(f"radius is {radius}; expected above 0 and below 1, an axis's highest frequency")
    ky, kx = (torch.fft.fftfreq(n, d=0.5, device=power.device) for n in power.shape[-2:])  # -1 to 1
    return torch.hypot(ky[:, None], kx[None, :]) > radius  # (H, W)


def _blur(x: Tensor) -> Tensor:
    """Gaussian mean of every window that fits: (B, C, H, W) -> (B, C, H - 10, W - 10)."""
    distance = torch.arange(WINDOW, dtype=x.dtype, device=x.device) - WINDOW // 2
    kernel = torch.exp(-0.5 * (distance / SIGMA) ** 2)
    kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, 1, -1)  # (C, 1, 1, 11), one axis after the other
    x = F.conv2d(x, kernel, groups=x.shape[1])
    return F.conv2d(x, kernel.transpose(2, 3), groups=x.shape[1])


def _images(sr: Tensor, hr: Tensor) -> tuple[Tensor, Tensor]:
    if sr.shape != hr.shape or hr.ndim != 4:
        raise ValueError(
            f"sr has shape {tuple(sr.shape)}, hr {tuple(hr.shape)}; expected both (B, 1, H, W): was the "
            "small image passed, or one without a batch axis?"
        )
    if not hr.is_floating_point():
        raise ValueError(f"hr is {hr.dtype}; expected floating point in 0..1: divide bytes by 255")
    low, high = hr.min().item(), hr.max().item()
    if not (low >= 0 and high <= 1):  # written so that NaN is refused
        raise ValueError(
            f"hr goes from {low:.3g} to {high:.3g}; expected 0 to 1: is it z-scored, or in 0 to 255?"
        )
    return sr.detach().to(hr).clamp(0, 1), hr.detach()
