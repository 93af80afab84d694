"""The Attention U-Net: a U-Net whose skip connections pass through attention gates.

Oktay et al. 2018, "Attention U-Net: Learning Where to Look for the Pancreas" (arXiv:1804.03999).

As in the paper, the first skip connection, at full size, is not gated: its features are too low-level. The
gating signal is the output of the level below. Deviations: 2D, and no deep supervision.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models.blocks import centre_crop, he_init
from brainlab.models.unet import UNet


class AttentionGate(nn.Module):
    """Weight each pixel of a skip connection by an attention coefficient computed from skip and gate.

        alpha = sigmoid(psi(relu(W_x skip + W_g gate)))        output = alpha * skip

    W_x is a 2x2 convolution of stride 2 without bias, so that both terms are as coarse as the gating signal;
    W_g and psi are 1x1 convolutions; alpha, between 0 and 1, is upsampled bilinearly to the size of the skip
    connection.

    Parameters
    ----------
    skip_channels, gate_channels : int
    inner_channels : int, optional
        Channels of the sum; half of `skip_channels` by default.

    Source: Oktay et al. 2018 (arXiv:1804.03999), equations 1 and 2 and figure 2. Deviation: 2D; the authors'
    code adds a 1x1 convolution with batch normalisation after the product, which the paper does not mention.
    """

    def __init__(self, skip_channels: int, gate_channels: int, inner_channels: int | None = None):
        super().__init__()
        inner = inner_channels or max(skip_channels // 2, 1)
        self.from_skip = nn.Conv2d(skip_channels, inner, kernel_size=2, stride=2, bias=False)
        self.from_gate = nn.Conv2d(gate_channels, inner, kernel_size=1)
        self.psi = nn.Conv2d(inner, 1, kernel_size=1)

    def forward(self, skip: Tensor, gate: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighted skip connection (B, C, H, W) and its weights (B, 1, H, W).

        `skip` is (B, C, H, W) and `gate`, from the level below, (B, G, H/2, W/2).
        """
        both = F.relu(self.from_skip(skip) + self.from_gate(gate))  # (B, inner, H/2, W/2)
        alpha = torch.sigmoid(self.psi(both))  # (B, 1, H/2, W/2)
        alpha = F.interpolate(alpha, skip.shape[-2:], mode="bilinear", align_corners=False)  # (B, 1, H, W)
        return alpha * skip, alpha


class AttentionUNet(UNet):
    """A `UNet` with an attention gate on every skip connection but the first: (B, C, H, W) -> (B, K, H', W').

    Parameters
    ----------
    in_channels, num_classes, width, depth, **options
        As in `UNet`; `depth` is at least 2.

    Attributes
    ----------
    attention_maps : list of Tensor
        The attention coefficients of the last forward pass, finest first: entry i is (B, 1, H / 2**(i+1),
        W / 2**(i+1)), from 0 (suppressed) to 1. Detached, for display; empty before the first pass.

    Raises
    ------
    ValueError
        If `depth` is below 2, or as in `UNet`.
    """

    gated = True

    def __init__(
        self, in_channels: int = 4, num_classes: int = 4, width: int = 16, depth: int = 4, **options
    ):
        if depth < 2:
            raise ValueError(f"depth is {depth}; expected 2 or more: the first skip connection has no gate")
        super().__init__(in_channels, num_classes, width, depth, **options)
        # One gate for each level from the bottom up; the level below has twice the channels.
        widths = [width * 2**level for level in range(depth)]
        below = [*widths[1:], widths[-1] * (2 if self.bottleneck else 1)]
        pairs = list(zip(widths, below, strict=True))[1:]
        self.gates = nn.ModuleList(AttentionGate(skip, gate) for skip, gate in reversed(pairs))
        he_init(self.gates)
        self.attention_maps: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        x, skips = self.contract(x)  # (B, 2w, H/2**depth, W/2**depth)
        maps = []
        for i, block in enumerate(self.up):
            skip = skips.pop()  # (B, w, H, W)
            if i < len(self.gates):
                if not self.padded:  # the gate expects a skip connection of twice the size of x
                    skip = centre_crop(skip, (2 * x.shape[-2], 2 * x.shape[-1]))
                skip, alpha = self.gates[i](skip, x)
                maps.append(alpha.detach())  # (B, 1, H, W)
            x = block(x, skip)
        self.attention_maps = maps[::-1]
        return self.head(x)  # (B, num_classes, H', W')

    @property
    def margin(self) -> int:
        """Pixels of context at each side of an unpadded network's input; 0 if padded.

        More than the output loses: at the rim of an attention map the bilinear upsampling lacks neighbours,
        which affects up to ``2**(depth - 1)`` pixels at the rim of the output.
        """
        return 0 if self.padded else super().margin + 2**self.depth
