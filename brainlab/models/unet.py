"""The U-Net: down to see far, up to see sharp, and skip connections between the two.

Ronneberger, Fischer and Brox 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation"
(arXiv:1505.04597).

``UNet(1, 2, width=64, padded=False, batch_norm=False, dropout=0.5)`` is the network of the paper. The
defaults deviate: 16 channels in the first level, zero padding that keeps the size, batch normalisation, and
no dropout.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import sizes
from brainlab.models.blocks import ConvBlock, UpBlock, he_init


class UNet(nn.Module):
    """Images (B, in_channels, H, W) to logits (B, num_classes, H', W'); softmax is left to the loss.

    Padded, H' = H and W' = W for every size of at least ``2**depth``: a level whose size is odd is repaired
    on the way up by repeating the last row or column. Unpadded, the output is smaller (572 becomes 388) and
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
        Probability of dropping a value at the end of the contracting path, where the paper drops.
    dilation : int
        Dilation of every 3x3 convolution.
    up : {"transposed", "plain"}
        Learnt 2x2 up-convolution, or plain upsampling (each pixel repeated).

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
        depth: int = 4,
        padded: bool = True,
        bottleneck: bool = True,
        convs: int = 2,
        batch_norm: bool = True,
        dropout: float = 0.0,
        dilation: int = 1,
        up: str = "transposed",
    ):
        super().__init__()
        counts = {
            "in_channels": in_channels,
            "num_classes": num_classes,
            "width": width,
            "depth": depth,
            "convs": convs,
            "dilation": dilation,
        }
        for name, value in counts.items():
            if value < 1:
                raise ValueError(f"{name} is {value}; expected 1 or more")
        self.in_channels, self.depth, self.padded = in_channels, depth, padded
        self.bottleneck, self.convs, self.dilation = bottleneck, convs, dilation
        block = {"convs": convs, "padded": padded, "batch_norm": batch_norm, "dilation": dilation}

        widths = [width * 2**level for level in range(depth)]  # 64, 128, 256, 512
        self.down = nn.ModuleList()
        channels = in_channels
        for w in widths:
            self.down.append(ConvBlock(channels, w, **block))
            channels = w
        self.bottom = ConvBlock(channels, 2 * channels, **block) if bottleneck else nn.Identity()
        channels = 2 * channels if bottleneck else channels
        self.dropout = nn.Dropout(dropout)
        self.up = nn.ModuleList()
        for w in reversed(widths):
            self.up.append(UpBlock(channels, w, w, up=up, **block))
            channels = w
        self.head = nn.Conv2d(channels, num_classes, kernel_size=1)
        he_init(self)

    def forward(self, x: Tensor) -> Tensor:
        self.check_input(x)
        skips = []
        for block in self.down:
            x = block(x)  # (B, w, H, W)
            skips.append(x)
            x = F.max_pool2d(x, 2)  # (B, w, H/2, W/2)
        x = self.dropout(self.bottom(x))  # (B, 2w, H/2**depth, W/2**depth)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = block(x, skip)  # (B, w, H, W), w halves and H doubles at each step
        return self.head(x)  # (B, num_classes, H', W')

    def output_size(self, size: int) -> int:
        """Return H' for an input of `size` pixels; a ValueError names the nearest valid sizes."""
        return sizes.output_size(size, self.depth, self.padded, self.bottleneck, self.convs, self.dilation)

    def valid_size(self, size: int) -> tuple[int, int]:
        """Return the nearest valid input sizes, at most and at least `size`."""
        return sizes.valid_size(size, self.depth, self.padded, self.bottleneck, self.convs, self.dilation)

    @property
    def margin(self) -> int:
        """Pixels of context at each side of an unpadded network's input: 92 in the paper; 0 if padded."""
        _, size = self.valid_size(1)
        return (size - self.output_size(size)) // 2

    @property
    def receptive_field(self) -> int:
        """Input pixels along one axis that an output pixel depends on."""
        return sizes.receptive_field(self.depth, self.bottleneck, self.convs, self.dilation)

    def check_input(self, x: Tensor) -> None:
        """Raise a ValueError that names the cause where `x` is not an input of this network."""
        if not isinstance(x, Tensor):
            raise TypeError(
                f"input is a {type(x).__name__}; expected a tensor: convert with torch.from_numpy"
            )
        shape = tuple(x.shape)
        if x.ndim != 4:
            hint = (
                "a single image? Add a batch axis with x[None]"
                if x.ndim == 3
                else "is an axis missing or one too many?"
            )
            raise ValueError(f"input has shape {shape}; expected (B, {self.in_channels}, H, W): {hint}")
        if shape[1] != self.in_channels:
            hint = (
                "are the channels last?"
                if shape[-1] == self.in_channels
                else "which modalities were stacked?"
            )
            raise ValueError(f"input has shape {shape}; expected (B, {self.in_channels}, H, W): {hint}")
        if not x.is_floating_point():
            raise ValueError(
                f"input is {x.dtype}; expected floating point: was it z-scored? Convert with x.float()"
            )
        for axis, size in zip("HW", shape[2:], strict=True):
            try:
                self.output_size(size)
            except ValueError as error:
                raise ValueError(f"input has shape {shape}, and along {axis} {error}") from None
