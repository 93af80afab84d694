"""ResUNet++: residual blocks with squeeze-excite, attention, and atrous spatial pyramid pooling.

Jha et al. 2019, "ResUNet++: An Advanced Architecture for Medical Image Segmentation" (arXiv:1911.07067);
residual blocks with the activation first from He et al. 2016 (arXiv:1603.05027), squeeze-excite from Hu et
al. 2018 (arXiv:1709.01507).

The paper does not give the widths; ours are those of a published comparison, and the parameter count is the
same with 4 channels and 4 classes. Deviations: any size fits (coarser levels are rounded up); dropout is an
option.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import blocks
from brainlab.models.blocks import check_counts, check_input, he_init


class SqueezeExcite(nn.Module):
    """Weight every channel of (B, C, H, W) by a number between 0 and 1 computed from all channels.

        s = sigmoid(W_2 relu(W_1 mean of x over the image))        output = s * x

    Parameters
    ----------
    channels : int
    ratio : int
        W_1 reduces to ``channels / ratio``, at least 1.

    Source: Hu et al. 2018 (arXiv:1709.01507), equations 2 to 4. Deviation: ratio 8, not 16.
    """

    def __init__(self, channels: int, ratio: int = 8):
        super().__init__()
        inner = max(channels // ratio, 1)
        self.squeeze = nn.Conv2d(channels, inner, kernel_size=1, bias=False)
        self.excite = nn.Conv2d(inner, channels, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
        return x * torch.sigmoid(self.excite(F.relu(self.squeeze(mean))))


class ResidualBlock(nn.Module):
    """Squeeze-excite, then two 3x3 convolutions beside a 1x1 one: (B, in, H, W) -> (B, out, H/s, W/s).

    Normalisation and ReLU come before each 3x3 convolution; with a stride s of 2, sizes are rounded up.

    Source: Jha et al. 2019 (arXiv:1911.07067), figure 1.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.excite = SqueezeExcite(in_channels)
        self.block = nn.Sequential(
            *norm_relu_conv(in_channels, out_channels, stride), *norm_relu_conv(out_channels, out_channels)
        )
        # A strided 1x1 convolution in two steps: in one, the backward pass of torch 2.13 on a CPU writes out
        # of bounds for few channels in channels_last, and the process crashes.
        self.stride = stride
        self.shortcut = nn.Conv2d(in_channels, out_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.excite(x)
        return self.block(x) + self.shortcut(x[..., :: self.stride, :: self.stride])


class AttentionBlock(nn.Module):
    """Multiply coarse features by an attention map, which is computed with features of the next finer level.

    Three 3x3 convolutions, each after normalisation and ReLU: of the features of the contracting path (then
    pooled), of the coarse features, and of their sum. Unlike the gate of the Attention U-Net it weights the
    coarse features, each channel separately, and the weights are not limited to 0..1.

    Parameters
    ----------
    skip_channels : int
        S, of the contracting path one level up.
    channels : int
        C, of the coarse features.

    Source: Jha et al. 2019 (arXiv:1911.07067), section III-D.
    """

    def __init__(self, skip_channels: int, channels: int):
        super().__init__()
        self.from_skip = nn.Sequential(
            *norm_relu_conv(skip_channels, channels), nn.MaxPool2d(2, ceil_mode=True)
        )
        self.from_below = nn.Sequential(*norm_relu_conv(channels, channels))
        self.weigh = nn.Sequential(*norm_relu_conv(channels, channels))

    def forward(self, skip: Tensor, x: Tensor) -> Tensor:
        """Return (B, C, h, w) from `skip` (B, S, H, W) and `x` (B, C, h, w), h half of H rounded up."""
        return self.weigh(self.from_skip(skip) + self.from_below(x)) * x


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling as in ResUNet++: (B, C, H, W) -> (B, K, H, W).

    3x3 convolutions of several dilations in parallel, each followed by batch normalisation; their sum goes
    through a 1x1 convolution.

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


class DecoderBlock(nn.Module):
    """One step up: attention, nearest-neighbour upsampling, concatenation with the skip, residual block."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int):
        super().__init__()
        self.attention = AttentionBlock(skip_channels, in_channels)
        self.block = ResidualBlock(in_channels + skip_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return (B, out, H, W) from `x` (B, C, h, w) and `skip` (B, S, H, W)."""
        H, W = skip.shape[-2:]
        x = F.interpolate(self.attention(skip, x), scale_factor=2, mode="nearest")  # (B, C, 2h, 2w)
        return self.block(torch.cat([x[..., :H, :W], skip], dim=1))  # where H is odd, 2h is one more


class ResUNetPlusPlus(nn.Module):
    """Images (B, in_channels, H, W) to logits (B, num_classes, H, W); softmax is left to the loss.

    A stem, three residual blocks of stride 2, ASPP, three decoder blocks, ASPP and a 1x1 convolution. Every
    size of at least 8 pixels fits.

    Parameters
    ----------
    in_channels, num_classes : int
    width : int
        Channels of the stem; the residual blocks have 2, 4 and 8 times as many, the bridge 16 times. The
        published comparison has 16.
    dropout : float
        Probability of dropping a value after the bridge.

    Raises
    ------
    ValueError
        If a parameter is out of range, or, in the forward pass, if the input does not fit.
    """

    depth = 3  # number of times that the size is halved
    receptive_field = math.inf  # squeeze-excite averages over the image

    def __init__(self, in_channels: int = 4, num_classes: int = 4, width: int = 16, dropout: float = 0.0):
        super().__init__()
        check_counts(in_channels=in_channels, num_classes=num_classes, width=width)
        self.in_channels = in_channels
        stem, *widths = (width * 2**level for level in range(self.depth + 1))  # 16; 32, 64, 128
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, stem, 3, padding=1),
            *norm_relu_conv(stem, stem),
        )
        self.stem_shortcut = nn.Conv2d(in_channels, stem, kernel_size=1)
        skips = [stem, *widths[:-1]]
        self.down = nn.ModuleList(
            ResidualBlock(above, w, stride=2) for above, w in zip(skips, widths, strict=True)
        )
        bridge = 2 * widths[-1]
        self.bridge = ASPP(widths[-1], bridge)
        self.dropout = nn.Dropout(dropout)
        below = [bridge, *reversed(widths[1:])]
        self.up = nn.ModuleList(
            DecoderBlock(channels, skip, w)
            for channels, skip, w in zip(below, reversed(skips), reversed(widths), strict=True)
        )
        self.last = ASPP(widths[0], stem)
        self.head = nn.Conv2d(stem, num_classes, kernel_size=1)
        he_init(self)

    def forward(self, x: Tensor) -> Tensor:
        check_input(x, self.in_channels, self.output_size)
        x = self.stem(x) + self.stem_shortcut(x)  # (B, 16, H, W)
        skips = []
        for block in self.down:
            skips.append(x)
            x = block(x)  # (B, w, H/2, W/2), rounded up
        x = self.dropout(self.bridge(x))  # (B, 256, H/8, W/8)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = block(x, skip)  # (B, w, 2H, 2W)
        return self.head(self.last(x))  # (B, 32, H, W) -> (B, 16, H, W) -> (B, num_classes, H, W)

    def output_size(self, size: int) -> int:
        """Return `size`; a ValueError gives the smallest valid size."""
        return blocks.output_size(size, self.depth, padded=True)


def norm_relu_conv(in_channels: int, out_channels: int, stride: int = 1) -> list[nn.Module]:
    """Batch normalisation, ReLU and a 3x3 convolution that keeps the size, or halves it with stride 2."""
    return [
        nn.BatchNorm2d(in_channels),
        nn.ReLU(),
        nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1),
    ]
