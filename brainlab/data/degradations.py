"""From a sharp image to a coarse one: by averaging pixels, or as a scanner that measures less of k-space.

Both keep the position of every pixel: the centre of coarse pixel j lies at s * j + (s - 1) / 2 of the sharp
image, where s is the ratio of the sizes, such as 4 or 128 / 28. A bicubic enlargement brings it back to the
same place. Both return 0..1; values outside are clipped.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def bicubic(hr: Tensor, size: int | tuple[int, int]) -> Tensor:
    """Return the image reduced with an anti-aliased bicubic kernel, the usual benchmark of super-resolution.

    Parameters
    ----------
    hr : Tensor (..., H, W)
        In 0..1.
    size : int or (h, w)
        At most (H, W).

    Returns
    -------
    Tensor (..., h, w)

    Raises
    ------
    ValueError
        If the image is not in 0..1, or the size is larger than it.

    Source: R. Keys 1981 (doi:10.1109/TASSP.1981.1163711), with a = -0.5 and the kernel widened by the ratio
    of the sizes, as in Pillow.
    """
    size = _check(hr, size)
    batch = hr.reshape(-1, 1, *hr.shape[-2:])  # (N, 1, H, W)
    low = F.interpolate(batch, size, mode="bicubic", align_corners=False, antialias=True)  # (N, 1, h, w)
    return low.reshape(*hr.shape[:-2], *size).clamp(0, 1)


def kspace_crop(
    hr: Tensor, size: int | tuple[int, int], noise: float = 0.0, generator: torch.Generator | None = None
) -> Tensor:
    """Return the image of a scanner that measures only the central (h, w) of k-space.

    That is what low resolution means in MRI. The sharp cut makes edges ring (Gibbs), unlike `bicubic`. The
    result is a magnitude image, as scanners store it; with `noise`, complex Gaussian noise is added first, so
    that the noise is Rician: it raises the black background.

    Intensities must not depend on the size of the scan, so the transforms are scaled by 1 / (H W) forward and
    not at all back. A phase ramp moves the centre of the first pixel from 0, where the transform has it, to
    (s - 1) / 2, the centre of the first s sharp pixels.

    Parameters
    ----------
    hr : Tensor (..., H, W)
        In 0..1.
    size : int or (h, w)
        At most (H, W).
    noise : float
        Standard deviation of the real and of the imaginary part of the noise, on the scale of the image: 0.02
        is a signal-to-noise ratio of 50 in the brightest tissue.
    generator : torch.Generator, optional
        Draws the noise; torch's own by default.

    Returns
    -------
    Tensor (..., h, w)

    Raises
    ------
    ValueError
        If the image is not in 0..1, the size is larger than it, or the noise below 0.

    Sources: the resolution of an image is the extent of its k-space, Liang and Lauterbur, Principles of
    Magnetic Resonance Imaging, IEEE Press 2000; Rician noise, Gudbjartsson and Patz 1995
    (doi:10.1002/mrm.1910340618). Deviation: the true image is real, so its k-space has no phase of a coil.
    """
    size = _check(hr, size)
    if noise < 0:
        raise ValueError(f"noise is {noise}; expected 0 or more, a standard deviation on the scale 0..1")
    spectrum = torch.fft.fft2(hr.float(), norm="forward")  # (..., H, W)
    for axis, full, kept in zip((-2, -1), hr.shape[-2:], size, strict=True):
        k = torch.fft.fftfreq(kept, 1 / kept, device=hr.device).round()  # whole waves: 0, 1 ... -2, -1
        spectrum = spectrum.index_select(axis, (k % full).long())
        ramp = torch.exp(2j * math.pi * k * (full / kept - 1) / 2 / full)  # (kept,)
        spectrum = spectrum * (ramp[:, None] if axis == -2 else ramp)  # (..., h, w) in the end
    # An even size has one line of k-space without its mirror image; the small imaginary part is its.
    low = torch.fft.ifft2(spectrum, norm="forward").real
    if noise == 0:
        return low.abs().clamp(max=1)
    one, two = (torch.randn(low.shape, generator=generator).to(low) for _ in range(2))
    return torch.hypot(low + noise * one, noise * two).clamp(max=1)


def _check(hr: Tensor, size: int | tuple[int, int]) -> tuple[int, int]:
    if hr.ndim < 2 or not hr.is_floating_point():
        raise ValueError(f"hr is {hr.dtype} of shape {tuple(hr.shape)}; expected floating point (..., H, W)")
    height, width = (size, size) if isinstance(size, int) else size
    if not (1 <= height <= hr.shape[-2] and 1 <= width <= hr.shape[-1]):
        raise ValueError(
            f"size is {(height, width)}; expected 1 to {tuple(hr.shape[-2:])}: are the sizes swapped?"
        )
    low, high = hr.min().item(), hr.max().item()
    if not (low >= 0 and high <= 1):  # written so that NaN is refused
        raise ValueError(f"hr goes from {low:.3g} to {high:.3g}; expected 0 to 1: is it z-scored?")
    return height, width
