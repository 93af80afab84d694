"""U-Net 3+: full-scale skip connections, from every scale to every level of the expanding path.

Huang et al. 2020, "UNet 3+: A Full-Scale Connected UNet for Medical Image Segmentation" (arXiv:2004.08790).

``UNet3Plus(width=64, bottleneck=True)`` has the five scales of the paper; without the bottleneck there are
four, and the deepest of them has a block of the expanding path too. Deviations: 16 channels in the first
level by default; the side outputs of deep supervision are 1x1 convolutions, as the last one is; no
classification-guided module, which suppresses false positives in slices without an organ.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import blocks
from brainlab.models.blocks import ConvBlock, check_counts, check_input, grow_to, he_init


class FullScaleBlock(nn.Module):
    """Join feature maps of all scales at the size of one level: list of (B, C_i, H_i, W_i) -> (B, K, H, W).

    Finer maps are max-pooled and coarser ones upsampled bilinearly; then each goes through a 3x3
    convolution to `skip_channels`, and a 3x3 convolution fuses them. All convolutions are followed by batch
    normalisation and ReLU.

    Parameters
    ----------
    level : int
        0 is the finest; the block works at ``1 / 2**level`` of the image's size.
    sources : list of (int, int)
        Level and channels of each map, in the order of the forward pass.
    skip_channels : int
        Channels that each map is reduced to, 64 in the paper; K is this times the number of maps.
    dilation : int
        Of all convolutions.

    Source: Huang et al. 2020 (arXiv:2004.08790), equation 1 and figure 2.
    """

    def __init__(self, level: int, sources: list[tuple[int, int]], skip_channels: int, dilation: int = 1):
        super().__init__()
        self.level, self.source_levels = level, [source for source, _ in sources]
        self.skips = nn.ModuleList(
            ConvBlock(channels, skip_channels, convs=1, dilation=dilation) for _, channels in sources
        )
        joined = skip_channels * len(sources)
        self.fuse = ConvBlock(joined, joined, convs=1, dilation=dilation)

    def forward(self, maps: list[Tensor], size: tuple[int, int]) -> Tensor:
        """Return (B, K, H, W) from the maps, where `size` is (H, W)."""
        joined = []
        for source, skip, x in zip(self.source_levels, self.skips, maps, strict=True):
            if source < self.level:
                x = F.max_pool2d(x, 2 ** (self.level - source))  # (B, C, H, W)
            joined.append(skip(enlarge(x, source - self.level, size)))  # (B, skip_channels, H, W)
        return self.fuse(torch.cat(joined, dim=1))


class UNet3Plus(nn.Module):
    """Images (B, in_channels, H, W) to logits (B, num_classes, H, W); softmax is left to the loss.

    Every size of at least ``2**depth`` pixels fits, where `depth` is the number of poolings: where pooling
    dropped an odd row or column, the expanding path repeats the last one.

    Parameters
    ----------
    in_channels, num_classes : int
    width : int
        Channels of the first level, and of each skip connection; each level below has twice as many. The
        paper has 64.
    levels : int
        Levels that have a block in the expanding path.
    bottleneck : bool
        Whether one more level lies below them, which has a contracting block only. The paper: 4 levels and
        the bottleneck.
    convs : int
        Convolutions in a block of the contracting path.
    dilation : int
        Of every 3x3 convolution.
    dropout : float
        Probability of dropping a value at the end of the contracting path.
    deep_supervision : bool
        Add side outputs: a 1x1 convolution on the expanding path's other levels and on the bottleneck.

    Attributes
    ----------
    side_logits : list of Tensor
        With `deep_supervision` and in training mode: the side outputs of the last forward pass, finest first,
        each upsampled bilinearly to (B, num_classes, H, W), with their graph, for
        `brainlab.losses.deeply_supervised`. Empty otherwise.

    Raises
    ------
    ValueError
        If a parameter is out of range, or, in the forward pass, if the input does not fit.
    """

    def __init__(
        self,
        in_channels: int = 4,
        num_classes: int = 4,
        width: int = 16,
        levels: int = 4,
        bottleneck: bool = False,
        convs: int = 2,
        dilation: int = 1,
        dropout: float = 0.0,
        deep_supervision: bool = False,
    ):
        super().__init__()
        check_counts(
            in_channels=in_channels,
            num_classes=num_classes,
            width=width,
            levels=levels,
            convs=convs,
            dilation=dilation,
        )
        self.in_channels, self.levels = in_channels, levels
        scales = levels + bottleneck
        self.depth = scales - 1  # poolings
        widths = [width * 2**level for level in range(scales)]  # 64, 128, 256, 512 (, 1024)
        self.down = nn.ModuleList(
            ConvBlock(channels, w, convs=convs, dilation=dilation)
            for channels, w in zip([in_channels, *widths], widths, strict=False)
        )
        self.dropout = nn.Dropout(dropout)
        joined = width * scales  # channels of every block of the expanding path
        deepest = [(levels, widths[levels])] if bottleneck else []
        self.up = nn.ModuleList()  # deepest first
        for level in reversed(range(levels)):
            finer = [(source, widths[source]) for source in range(level + 1)]
            coarser = [(source, joined) for source in range(level + 1, levels)]
            self.up.append(FullScaleBlock(level, finer + coarser + deepest, width, dilation))
        self.head = nn.Conv2d(joined, num_classes, kernel_size=1)
        self.side_heads = nn.ModuleList()  # finest first: levels 1, 2, ... and the bottleneck
        if deep_supervision:
            channels = [joined] * (levels - 1) + [w for _, w in deepest]
            self.side_heads.extend(nn.Conv2d(c, num_classes, kernel_size=1) for c in channels)
        self.side_logits: list[Tensor] = []
        he_init(self)

    def forward(self, x: Tensor) -> Tensor:
        check_input(x, self.in_channels, self.output_size)
        contracted = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)  # (B, w, H / 2**level, W / 2**level)
            contracted.append(x)
        contracted[-1] = self.dropout(x)
        coarser = contracted[self.levels :]  # the bottleneck, if there is one
        for level, block in zip(reversed(range(len(self.up))), self.up, strict=True):
            finer = contracted[: level + 1]
            coarser = [block(finer + coarser, finer[-1].shape[-2:]), *coarser]  # finest first
        finest, *others = coarser
        self.side_logits = []
        if self.training:
            self.side_logits = [
                enlarge(head(features), level, finest.shape[-2:])  # (B, num_classes, H, W)
                for level, (head, features) in enumerate(zip(self.side_heads, others, strict=False), start=1)
            ]
        return self.head(finest)  # (B, num_classes, H, W)

    def output_size(self, size: int) -> int:
        """Return `size`; a ValueError gives the smallest valid size."""
        return blocks.output_size(size, self.depth, padded=True)


def enlarge(x: Tensor, doublings: int, size: tuple[int, ...]) -> Tensor:
    """Double the size of `x` (B, C, h, w) bilinearly `doublings` times, then repeat the last row and column.

    Not resampled to `size`, because pooling dropped odd rows and columns: pixel i covers the pixels ``2 i``
    and ``2 i + 1``.
    """
    if doublings <= 0:
        return x
    return grow_to(F.interpolate(x, scale_factor=2**doublings, mode="bilinear", align_corners=False), size)
