"""What the generators of super-resolution have in common: upscaling, and the bicubic skip connection.

A generator upscales by a power of two. For any other factor, such as 28 -> 128, it first upscales the
features (28 -> 112) and then resamples *them* bicubically to the target size, before the last convolutions.
Features are resampled rather than the image, because the convolutions that follow can sharpen what resampling
has smoothed. It needs no parameters: one network serves 32 -> 128 and 28 -> 128.
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models.blocks import check_input


class Upscaler(nn.Module):
    """Small images (B, in_channels, h, w) to large ones (B, in_channels, scale * h, scale * w).

    A subclass has two methods: `upscale` computes features (B, F, scale * h, scale * w) of the small images,
    and `reconstruct` the large images from features (B, F, H, W). The parameters are those of
    `brainlab.models.SRResNet`.
    """

    upscale: Callable[[Tensor], Tensor]
    reconstruct: Callable[[Tensor], Tensor]

    def __init__(self, in_channels: int, scale: int, image_skip: bool):
        super().__init__()
        self.in_channels, self.scale, self.image_skip = in_channels, scale, image_skip
        self.stages = upscaling_stages(scale)

    def forward(self, x: Tensor, target_size: int | tuple[int, int] | None = None) -> Tensor:
        """Return the large images, of `target_size` (H, W) if it is given."""
        check_input(x, self.in_channels, int)  # every size fits
        feat = resample(self.upscale(x), target_size)  # (B, F, scale h, scale w), or (B, F, H, W)
        out = self.reconstruct(feat)  # (B, C, H, W)
        return out + resample(x, (out.shape[-2], out.shape[-1])) if self.image_skip else out

    def start_at_bicubic(self, last: nn.Conv2d) -> None:
        """With `image_skip`, set the last convolution to 0: the first output is the bicubic image."""
        if self.image_skip:
            for weight in last.parameters():
                nn.init.zeros_(weight)


def upscaling_stages(scale: int) -> int:
    """Return the number of doublings in `scale`: 2 for 4.

    Raises
    ------
    ValueError
        If `scale` is not a power of two, or below 2.
    """
    if scale < 2 or scale & (scale - 1):
        raise ValueError(
            f"scale is {scale}; expected 2, 4 or 8: for another factor take the nearest and pass target_size "
            "in the forward pass"
        )
    return scale.bit_length() - 1


def mean_of_four(x: Tensor) -> Tensor:
    """Return the mean of each pixel and its neighbours above, to the left and diagonal: (B, C, H, W), as `x`.

    Pixel shuffle by 2 computes the four pixels of a block with different weights. Where they differ, so do
    the pixels of all blocks, in one way: a checkerboard. Equal initial weights (ICNR, Aitken et al. 2017,
    arXiv:1707.02937) avoid it at the start only; a GAN brings it back. Each of these means holds one pixel of
    each kind, so that none is left. Edges are replicated.

    Source: Sugawara, Shiota and Kiya 2018 (arXiv:1806.02658).
    """
    return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, stride=1)


def resample(x: Tensor, size: int | tuple[int, int] | None) -> Tensor:
    """Return `x` (B, C, H, W) bicubically resampled to `size`; unchanged if that is its size, or None.

    This is also the baseline for super-resolution. Pixel centres stay in place (no half-pixel shift);
    downsampling is anti-aliased. The kernel is that of Keys 1981 (doi:10.1109/TASSP.1981.1163711) with
    a = -0.5, as in Pillow; torch without `antialias` has a = -0.75, which overshoots more.

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> import torch
    >>> resample(torch.rand(1, 1, 28, 28), 128).shape
    torch.Size([1, 1, 128, 128])
    """
    if size is None:
        return x
    target = (size, size) if isinstance(size, int) else tuple(size)
    if min(target) < 1:
        raise ValueError(f"target_size is {target}; expected 1 pixel or more, as (H, W)")
    if target == tuple(x.shape[-2:]):
        return x
    return F.interpolate(x, target, mode="bicubic", antialias=True)  # (B, C, *size)
