"""The building blocks of U-shaped networks, which input sizes fit them, and the check of their input.

Ronneberger, Fischer and Brox 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation"
(arXiv:1505.04597). Deviations, all of them options: batch normalisation between convolution and ReLU,
dilation, padding, plain upsampling. A convolution before batch normalisation keeps its bias: it is redundant
there, but Keras networks have it, so that published parameter counts can be compared.

The size of the output follows from the layers alone, by arithmetic along one axis:

    3x3 convolution with dilation d, unpadded    n -> n - 2 d         padded    n -> n
    2x2 max pooling                              n -> n / 2
    2x2 up-convolution, or plain upsampling      n -> 2 n

`dilation` is one number for all convolutions, or one for each level of the contracting path and the
bottleneck, from the top down; the expanding path is then not dilated.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Dilation = int | tuple[int, ...]


def check_input(x: Tensor, in_channels: int, output_size: Callable[[int], int]) -> None:
    """Raise a TypeError or ValueError that names the cause unless `x` is a batch (B, in_channels, H, W).

    `output_size`, of the network, is called with H and W; it raises a ValueError if a size does not fit.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"input is a {type(x).__name__}; expected a tensor: convert with torch.from_numpy")
    shape = tuple(x.shape)
    if x.ndim != 4:
        single = "a single image? Add a batch axis with x[None]"
        hint = single if x.ndim == 3 else "is an axis missing or one too many?"
        raise ValueError(f"input has shape {shape}; expected (B, {in_channels}, H, W): {hint}")
    if shape[1] != in_channels:
        last = shape[-1] == in_channels
        hint = "are the channels last?" if last else "which modalities were stacked?"
        raise ValueError(f"input has shape {shape}; expected (B, {in_channels}, H, W): {hint}")
    if not x.is_floating_point():
        raise ValueError(
            f"input is {x.dtype}; expected floating point: was it z-scored? Convert with x.float()"
        )
    for axis, size in zip("HW", shape[2:], strict=True):
        try:
            output_size(size)
        except ValueError as error:
            raise ValueError(f"input has shape {shape}, and along {axis} {error}") from None


def check_counts(**counts: int) -> None:
    """Raise a ValueError that names the first of `counts` that is below 1."""
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; expected 1 or more")


class ConvBlock(nn.Sequential):
    """3x3 convolution, batch normalisation and ReLU, `convs` times: (B, in, H, W) -> (B, out, H', W').

    Parameters
    ----------
    in_channels, out_channels : int
    convs : int
        Number of convolutions; the paper has two.
    padded : bool
        True keeps H and W by zero padding; False loses ``2 * dilation`` pixels per convolution, as in the
        paper.
    batch_norm : bool
    dilation : int
        Distance in pixels between the nine taps of a kernel.
    dropout : float
        Probability of dropping a value after the first convolution's ReLU.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        convs: int = 2,
        padded: bool = True,
        batch_norm: bool = True,
        dilation: int = 1,
        dropout: float = 0.0,
    ):
        layers: list[nn.Module] = []
        padding = dilation if padded else 0
        for i in range(convs):
            source = in_channels if i == 0 else out_channels
            layers.append(nn.Conv2d(source, out_channels, 3, padding=padding, dilation=dilation))
            if batch_norm:
                layers.append(nn.BatchNorm2d(out_channels))
            layers.append(nn.ReLU(inplace=True))
            if dropout > 0 and i == 0:
                layers.append(nn.Dropout(dropout))
        super().__init__(*layers)


class UpBlock(nn.Module):
    """One step up: double the size, concatenate with the skip connection, convolve.

    Parameters
    ----------
    in_channels : int
        Channels from the level below.
    skip_channels : int
        Channels of the skip connection.
    out_channels : int
    up : {"transposed", "plain"}
        A learned 2x2 up-convolution to `out_channels`, as in the paper, or nearest-neighbour upsampling (no
        weights).
    convs, padded, batch_norm, dilation, dropout
        As in `ConvBlock`.
    """

    def __init__(
        self,
        in_channels: int,
        skip_channels: int,
        out_channels: int,
        up: str = "transposed",
        padded: bool = True,
        **block,
    ):
        super().__init__()
        if up == "transposed":
            self.up: nn.Module = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
            in_channels = out_channels
        elif up == "plain":
            self.up = nn.Upsample(scale_factor=2, mode="nearest")
        else:
            raise ValueError(f'up is {up!r}; expected "transposed" or "plain"')
        self.padded = padded
        self.block = ConvBlock(skip_channels + in_channels, out_channels, padded=padded, **block)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)  # (B, C, h, w) -> (B, C', 2h, 2w)
        if self.padded:
            x = grow_to(x, skip.shape[-2:])  # pooling dropped a row or column where the size was odd
        return self.block(crop_and_concat(skip, x))


def centre_crop(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return the centre (B, C, h, w) of `x` (B, C, H, W); an odd border leaves one more pixel at the end.

    Raises
    ------
    ValueError
        If `x` is smaller than `size`.
    """
    (H, W), (h, w) = x.shape[-2:], size
    if h > H or w > W:
        raise ValueError(f"x is {H} x {W}; expected at least {h} x {w}: are the two arguments swapped?")
    top, left = (H - h) // 2, (W - w) // 2
    return x[..., top : top + h, left : left + w]


def crop_and_concat(skip: Tensor, x: Tensor) -> Tensor:
    """Crop the skip connection (B, S, H, W) to the size of `x` (B, C, h, w); return both as (B, S + C, h, w).

    Raises
    ------
    ValueError
        If the skip connection is smaller than `x`.

    Source: Ronneberger et al. 2015 (arXiv:1505.04597), "copy and crop".

    Examples
    --------
    >>> crop_and_concat(torch.zeros(1, 64, 68, 68), torch.zeros(1, 32, 60, 60)).shape
    torch.Size([1, 96, 60, 60])
    """
    return torch.cat([centre_crop(skip, x.shape[-2:]), x], dim=1)


def grow_to(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Repeat the last row and column of `x` (B, C, h, w) up to `size`, as MONAI's BasicUNet does."""
    missing_h, missing_w = size[0] - x.shape[-2], size[1] - x.shape[-1]
    if missing_h == missing_w == 0:
        return x
    return F.pad(x, (0, missing_w, 0, missing_h), mode="replicate")


def he_init(model: nn.Module) -> None:
    """Draw the weights of all convolutions from a Gaussian of variance 2 / N, N the inputs of a neuron.

    Biases are 0.

    Source: He et al. 2015 (arXiv:1502.01852), as asked for in Ronneberger et al. 2015, section 3.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.ConvTranspose2d):
            # Kernel and stride are equal, so each output pixel sees one input pixel: N is the input channels.
            nn.init.normal_(module.weight, std=(2 / module.in_channels) ** 0.5)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def output_size(
    size: int,
    depth: int = 4,
    padded: bool = False,
    bottleneck: bool = True,
    convs: int = 2,
    dilation: Dilation = 1,
) -> int:
    """Return the output height (or width) of a U-Net for an input of `size` pixels.

    A padded U-Net keeps any size of at least ``2**depth`` pixels. An unpadded one loses ``2 * dilation``
    pixels at each convolution, and the size must be even at each pooling: 572 becomes 388 in the paper.

    Raises
    ------
    ValueError
        If the size is not valid; the message names the nearest valid sizes.

    Source: Ronneberger et al. 2015 (arXiv:1505.04597), figure 1 and section 2.
    """
    result = _output_size(size, depth, padded, bottleneck, convs, dilation)
    if result is None:
        below, above = valid_size(size, depth, padded, bottleneck, convs, dilation)
        kind = "a padded" if padded else "an unpadded"
        if size < below:
            nearest, cause = f"at least {below}", "the convolutions and poolings leave nothing of it"
        else:
            nearest, cause = f"{below} or {above}", "the size must be even at every pooling"
        raise ValueError(
            f"size {size} does not fit {kind} U-Net of depth {depth}; expected {nearest}: {cause}, "
            "so pad or crop the image"
        )
    return result


def valid_size(
    size: int,
    depth: int = 4,
    padded: bool = False,
    bottleneck: bool = True,
    convs: int = 2,
    dilation: Dilation = 1,
) -> tuple[int, int]:
    """Return the nearest valid input sizes: the largest up to `size` and the smallest from `size` on.

    Both are `size` itself where it is valid; both are the smallest valid size where `size` is below that.

    >>> valid_size(570)
    (556, 572)
    """
    arguments = (depth, padded, bottleneck, convs, dilation)
    above = size
    while _output_size(above, *arguments) is None:
        above += 1
    below = size
    while below > 0 and _output_size(below, *arguments) is None:
        below -= 1
    return below or above, above


def level_dilations(dilation: Dilation, depth: int, bottleneck: bool) -> tuple[tuple[int, ...], int]:
    """Return the dilations of the contracting levels and the bottleneck, and that of the expanding path."""
    levels = depth + bottleneck
    if isinstance(dilation, int):
        down, up = (dilation,) * levels, dilation
    else:
        down, up = tuple(dilation), 1
    if len(down) != levels:
        raise ValueError(
            f"dilation has {len(down)} entries; expected {levels}: one for each of {depth} contracting levels"
            + (" and one for the bottleneck" if bottleneck else ", and there is no bottleneck")
        )
    if min(down) < 1:
        raise ValueError(f"dilation is {dilation}; expected 1 or more")
    return down, up


def _output_size(
    size: int, depth: int, padded: bool, bottleneck: bool, convs: int, dilation: Dilation
) -> int | None:
    """Return the output size, or None where the input size does not fit."""
    if padded:
        return size if size >= 2**depth else None
    down, up = level_dilations(dilation, depth, bottleneck)
    for d in down[:depth]:
        size -= 2 * convs * d  # pixels lost in one block
        if size <= 0 or size % 2:
            return None
        size //= 2
    if bottleneck:
        size -= 2 * convs * down[depth]
    for _ in range(depth):
        size = 2 * size - 2 * convs * up
    return size if size > 0 else None
