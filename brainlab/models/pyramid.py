"""Context at several scales: pooling into coarse bins, and convolutions with wide-spread taps.

He, Zhang, Ren and Sun 2014, "Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition"
(arXiv:1406.4729), pool features into 1 x 1, 2 x 2, ... bins. Zhao et al. 2017, "Pyramid Scene Parsing
Network" (arXiv:1612.01105), bring the bins back to the size of the features, which a segmentation needs.
Chen et al. 2017, "Rethinking Atrous Convolution for Semantic Image Segmentation" (arXiv:1706.05587), see
far with dilation instead of pooling.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models.blocks import check_counts


class PyramidPooling(nn.Module):
    """Show every pixel its surroundings, from the whole image down: (B, C, H, W) -> (B, K, H, W).

    The features are averaged in 1 x 1, 2 x 2, 3 x 3 and 6 x 6 bins that cover the image; a 1x1 convolution
    and ReLU reduce each to a share of the channels; brought back to H x W bilinearly they are concatenated
    with the features, and a 1x1 convolution, batch normalisation and ReLU mix them all.

    Parameters
    ----------
    in_channels : int
    out_channels : int, optional
        `in_channels` by default.
    bins : sequence of int
        Bins along an edge, one entry per level of the pyramid.
    batch_norm : bool
        Of the last convolution.

    Raises
    ------
    ValueError
        If there is no level, or a number is below 1.

    Source: Zhao et al. 2017 (arXiv:1612.01105), figure 3. Deviations: the levels have no batch normalisation,
    because the 1 x 1 level has a single value per image, of which a batch of one has no variance; the last
    convolution is 1x1, not 3x3; He et al. 2014 take the maximum of a bin and return a vector, not a map.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int | None = None,
        bins: Sequence[int] = (1, 2, 3, 6),
        batch_norm: bool = True,
    ):
        super().__init__()
        if not bins:
            raise ValueError("bins is empty; expected one number or more: how many bins along an edge?")
        check_counts(in_channels=in_channels, **{f"bins[{i}]": n for i, n in enumerate(bins)})
        out_channels = in_channels if out_channels is None else out_channels
        share = max(in_channels // len(bins), 1)
        self.bins = tuple(bins)
        self.levels = nn.ModuleList(nn.Conv2d(in_channels, share, kernel_size=1) for _ in bins)
        mix = [nn.Conv2d(in_channels + len(bins) * share, out_channels, kernel_size=1)]
        if batch_norm:
            mix.append(nn.BatchNorm2d(out_channels))
        self.mix = nn.Sequential(*mix, nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        parts = [x]
        for n, level in zip(self.bins, self.levels, strict=True):
            pooled = F.relu(level(F.adaptive_avg_pool2d(x, n)))  # (B, C/4, n, n)
            parts.append(F.interpolate(pooled, x.shape[-2:], mode="bilinear", align_corners=False))
        return self.mix(torch.cat(parts, dim=1))  # (B, 2C, H, W) -> (B, K, H, W)


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling as in ResUNet++: (B, C, H, W) -> (B, K, H, W).

    3x3 convolutions of several dilations look at the same features, each followed by batch normalisation;
    their sum goes through a 1x1 convolution.

    Parameters
    ----------
    in_channels, out_channels : int
    dilations : sequence of int

    Source: Chen et al. 2017 (arXiv:1706.05587), section 3.3; summed rather than concatenated, without the
    image-level branch and with a 3x3 convolution of dilation 1 in place of the 1x1, as in ResUNet++ (Jha et
    al. 2019, arXiv:1911.07067).
    """

    def __init__(self, in_channels: int, out_channels: int, dilations: Sequence[int] = (6, 12, 18, 1)):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 3, padding=d, dilation=d), nn.BatchNorm2d(out_channels)
            )
            for d in dilations
        )
        self.mix = nn.Conv2d(out_channels, out_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(sum(branch(x) for branch in self.branches))  # (B, K, H, W)
