"""How the generators of super-resolution enlarge: by powers of two, and to a size that is no multiple.

A generator enlarges by a power of two. For any other factor, as 28 -> 128, it first enlarges the features
(28 -> 112) and then resamples *them* bicubically to the wanted size, before the last convolutions. Resampled
features, rather than a resampled image, because the convolutions that follow can sharpen again what
resampling has smoothed. It costs no weight: one network serves 32 -> 128 and 28 -> 128.
"""

import torch.nn.functional as F
from torch import Tensor


def upscaling_stages(scale: int) -> int:
    """Return how many doublings make `scale`: 2 for 4.

    Raises
    ------
    ValueError
        If `scale` is no power of two, or below 2.
    """
    if scale < 2 or scale & (scale - 1):
        raise ValueError(
            f"scale is {scale}; expected 2, 4 or 8: for another factor take the nearest and pass target_size "
            "in the forward pass"
        )
    return scale.bit_length() - 1


def resample(x: Tensor, size: int | tuple[int, int] | None) -> Tensor:
    """Return `x` (B, C, H, W) bicubically resampled to `size`; as it is where that is its size, or None.

    This is also the baseline that a network has to beat. Pixel centres stay in place (no half-pixel shift);
    downwards it is anti-aliased. The kernel is that of Keys 1981 (doi:10.1109/TASSP.1981.1163711) with
    a = -0.5, as in Pillow; torch without `antialias` has a = -0.75, which overshoots more.

    Raises
    ------
    ValueError
        If a size is below 1.
    """
    if size is None:
        return x
    size = (size, size) if isinstance(size, int) else tuple(size)
    if min(size) < 1:
        raise ValueError(f"target_size is {size}; expected 1 pixel or more, as (H, W)")
    if size == tuple(x.shape[-2:]):
        return x
    return F.interpolate(x, size, mode="bicubic", antialias=True)  # (B, C, *size)
