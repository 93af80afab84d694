"""The U-Net: a contracting path for context, an expanding path for resolution, and skip connections.

Ronneberger, Fischer and Brox 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation"
(arXiv:1505.04597).

``UNet(1, 2, width=64, padded=False, batch_norm=False, dropout=0.5)`` is the network of the paper. The
defaults deviate: 16 channels in the first level, zero padding that keeps the size, batch normalisation, and
no dropout. `PyramidPooling` is an option of ours.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import blocks, sizes
from brainlab.models.blocks import ConvBlock, UpBlock, check_counts, check_input, he_init


class UNet(nn.Module):
    """Images (B, in_channels, H, W) to logits (B, num_classes, H', W'); softmax is left to the loss.

    Padded, H' = H and W' = W for every size of at least ``2**depth``: where pooling dropped an odd row or
    column, the expanding path repeats the last one. Unpadded, the output is smaller (572 becomes 388) and
    only some sizes fit; see `output_size` and `brainlab.models.valid_size`.

    Parameters
    ----------
    in_channels, num_classes : int
    width : int
        Channels of the first level; each level below has twice as many. The paper has 64.
    depth : int
        Number of poolings.
    padded : bool
        Keep the size by zero padding, or use valid convolutions and cropped skip connections as in the paper.
    bottleneck : bool
        Whether the lowest level, after the last pooling, has a block of its own.
    convs : int
        Convolutions in a block.
    batch_norm : bool
    dropout : float
        Probability of dropping a value.
    dilation : int or tuple of int
        Dilation of every 3x3 convolution, or one for each level of the contracting path and the bottleneck,
        from the top down; the expanding path is then not dilated.
    up : {"transposed", "plain"}
        Learned 2x2 up-convolution, or nearest-neighbour upsampling.
    dropout_in : {"bottom", "blocks"}
        Drop at the end of the contracting path, as in the paper, or in every block after its first
        convolution.
    pyramid : bool
        End the contracting path in `PyramidPooling`, which gives every pixel the context of the whole image.

    Raises
    ------
    ValueError
        If a parameter is out of range, or, in the forward pass, if the input does not fit.

    Examples
    --------
    >>> UNet(width=8)(torch.zeros(2, 4, 128, 128)).shape
    torch.Size([2, 4, 128, 128])
    """

    gated = False  # whether the skip connections have attention gates

    def __init__(
        self,
        in_channels: int = 4,
        num_classes: int = 4,
        width: int = 16,
        depth: int = 4,
        padded: bool = True,
        bottleneck: bool = True,
        convs: int = 2,
        batch_norm: bool = True,
        dropout: float = 0.0,
        dilation: int | tuple[int, ...] = 1,
        up: str = "transposed",
        dropout_in: str = "bottom",
        pyramid: bool = False,
    ):
        super().__init__()
        check_counts(in_channels=in_channels, num_classes=num_classes, width=width, depth=depth, convs=convs)
        if dropout_in not in ("bottom", "blocks"):
            raise ValueError(f'dropout_in is {dropout_in!r}; expected "bottom" or "blocks"')
        down, up_dilation = blocks.level_dilations(dilation, depth, bottleneck)
        self.in_channels, self.depth, self.padded = in_channels, depth, padded
        self.bottleneck, self.convs, self.dilation = bottleneck, convs, dilation
        in_blocks = dropout_in == "blocks"
        block: dict[str, Any] = {"convs": convs, "padded": padded, "batch_norm": batch_norm}
        block["dropout"] = dropout if in_blocks else 0.0

        widths = [width * 2**level for level in range(depth)]  # 64, 128, 256, 512
        self.down = nn.ModuleList()
        channels = in_channels
        for w, d in zip(widths, down, strict=False):
            self.down.append(ConvBlock(channels, w, dilation=d, **block))
            channels = w
        self.bottom: nn.Module = nn.Identity()
        if bottleneck:
            self.bottom = ConvBlock(channels, 2 * channels, dilation=down[-1], **block)
            channels *= 2
        self.pyramid = PyramidPooling(channels, batch_norm=batch_norm) if pyramid else None
        self.dropout = nn.Dropout(0.0 if in_blocks else dropout)
        self.up = nn.ModuleList()
        for w in reversed(widths):
            self.up.append(UpBlock(channels, w, w, up=up, dilation=up_dilation, **block))
            channels = w
        self.head = nn.Conv2d(channels, num_classes, kernel_size=1)
        he_init(self)

    def forward(self, x: Tensor) -> Tensor:
        x, skips = self.contract(x)  # (B, 2w, H/2**depth, W/2**depth)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = block(x, skip)  # (B, w, H, W), w halves and H doubles at each step
        return self.head(x)  # (B, num_classes, H', W')

    def contract(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the features of the lowest level, and the skip connections, finest first."""
        check_input(x, self.in_channels, self.output_size)
        skips = []
        for block in self.down:
            x = block(x)  # (B, w, H, W)
            skips.append(x)
            x = F.max_pool2d(x, 2)  # (B, w, H/2, W/2)
        x = self.bottom(x)
        if self.pyramid is not None:
            x = self.pyramid(x)
        return self.dropout(x), skips

    def output_size(self, size: int) -> int:
        """Return H' for an input of `size` pixels; a ValueError gives the nearest valid sizes."""
        return blocks.output_size(size, self.depth, self.padded, self.bottleneck, self.convs, self.dilation)

    def valid_size(self, size: int) -> tuple[int, int]:
        """Return the nearest valid input sizes, at most and at least `size`."""
        return blocks.valid_size(size, self.depth, self.padded, self.bottleneck, self.convs, self.dilation)

    @property
    def margin(self) -> int:
        """Pixels that an unpadded network loses at each side: 92 in the paper; 0 if padded."""
        _, size = self.valid_size(1)
        return (size - self.output_size(size)) // 2

    @property
    def receptive_field(self) -> int | float:
        """Receptive field in pixels, along one axis; infinity with `pyramid`."""
        return sizes.receptive_field(
            self.depth, self.bottleneck, self.convs, self.dilation, self.gated, self.pyramid is not None
        )


class PyramidPooling(nn.Module):
    """Give every pixel context at several scales, up to the whole image: (B, C, H, W) -> (B, K, H, W).

    The features are averaged in 1 x 1, 2 x 2, 3 x 3 and 6 x 6 bins that cover the image; a 1x1 convolution
    and ReLU reduce the channels of each. Upsampled bilinearly to H x W they are concatenated with the
    features and fused by a 1x1 convolution, batch normalisation and ReLU.

    Parameters
    ----------
    in_channels : int
    out_channels : int, optional
        `in_channels` by default.
    bins : sequence of int
        Number of bins along an edge, for each level of the pyramid.
    batch_norm : bool
        Of the last convolution.

    Raises
    ------
    ValueError
        If there is no level, or a number is below 1.

    Source: Zhao et al. 2017 (arXiv:1612.01105), figure 3. Deviations: the levels have no batch normalisation,
    because the 1 x 1 level has a single value per image, which has no variance in a batch of one; the last
    convolution is 1x1, not 3x3. He et al. 2014 (arXiv:1406.4729), whose idea it is, take the maximum of each
    bin and return a vector, not a map.
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
        mix: list[nn.Module] = [nn.Conv2d(in_channels + len(bins) * share, out_channels, kernel_size=1)]
        if batch_norm:
            mix.append(nn.BatchNorm2d(out_channels))
        self.mix = nn.Sequential(*mix, nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        parts = [x]
        for n, level in zip(self.bins, self.levels, strict=True):
            pooled = F.relu(level(F.adaptive_avg_pool2d(x, n)))  # (B, C/4, n, n)
            parts.append(F.interpolate(pooled, x.shape[-2:], mode="bilinear", align_corners=False))
        return self.mix(torch.cat(parts, dim=1))  # (B, 2C, H, W) -> (B, K, H, W)
