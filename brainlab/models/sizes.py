"""How large: output size, valid input sizes, receptive field and number of weights of a U-shaped network.

Everything but the number of weights follows from the layer list alone, by arithmetic on one axis:

    3x3 convolution with dilation d, unpadded    n -> n - 2 d         padded    n -> n
    2x2 max pooling                              n -> n / 2
    2x2 up-convolution, or plain upsampling      n -> 2 n

`dilation` is one number for all convolutions, or one for each level of the contracting path and the
bottleneck, from the top down; the expanding path is then not dilated.

What one convolution does to the size of an image, and how far it sees.

Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285); dilation as
in Yu and Koltun 2016, "Multi-Scale Context Aggregation by Dilated Convolutions" (arXiv:1511.07122). What a
whole U-Net does to a size is in `brainlab.models.sizes`.
"""

import math

import torch
from torch import Tensor, nn


def conv_output_size(size: int, kernel: int, padding: int = 0, stride: int = 1, dilation: int = 1) -> int:
    """Return how many pixels a convolution makes of `size` pixels, along one axis.

    Parameters
    ----------
    size : int
        Pixels of the input.
    kernel : int
        Taps of the kernel.
    padding : int
        Pixels added at each end; 0 is a valid convolution.
    stride : int
        Pixels from one position of the kernel to the next.
    dilation : int
        Pixels from one tap to the next; 1 is an ordinary convolution.

    Raises
    ------
    ValueError
        If the kernel is wider than the padded image.

    Source: Dumoulin and Visin 2016 (arXiv:1603.07285), relationship 15.
    """
    reach = dilation * (kernel - 1) + 1  # pixels from the first tap to the last, both included
    padded = size + 2 * padding
    if reach > padded:
        raise ValueError(
            f"the kernel covers {reach} pixels and the padded image has {padded}; expected at most as many: "
            "is the image too small or the dilation too large?"
        )
    return (padded - reach) // stride + 1


def influence(model: nn.Module, size: int, channels: int = 1) -> Tensor:
    """Return how strongly each input pixel acts on the middle output pixel: (size, size), not negative.

    It is the gradient of that output with respect to a random image. Zeros lie outside the receptive field,
    and inside it the middle counts for more than the rim.

    Parameters
    ----------
    model : nn.Module
        (1, channels, size, size) to (1, K, H', W'); its mode is left as it is.
    size : int
        Pixels of the square input.
    channels : int
        Channels of the input.

    Source: Luo et al. 2016, "Understanding the Effective Receptive Field" (arXiv:1701.04128).
    """
    image = torch.randn(1, channels, size, size, requires_grad=True)
    output = model(image)  # (1, K, H', W')
    row, column = output.shape[-2] // 2, output.shape[-1] // 2
    (gradient,) = torch.autograd.grad(output[0, :, row, column].sum(), image)
    return gradient.abs().sum(dim=(0, 1))


Dilation = int | tuple[int, ...]


def count_parameters(model: nn.Module, keras: bool = False) -> int:
    """Count the weights of `model`.

    Parameters
    ----------
    model : nn.Module
    keras : bool
        Count as Keras does in "Total params": the moving averages of batch normalisation too.
    """
    total = sum(p.numel() for p in model.parameters())
    if keras:
        norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        total += sum(m.running_mean.numel() + m.running_var.numel() for m in norms if m.track_running_stats)
    return total


def output_size(
    size: int,
    depth: int = 4,
    padded: bool = False,
    bottleneck: bool = True,
    convs: int = 2,
    dilation: Dilation = 1,
) -> int:
    """Return the height (or width) that a U-Net makes of an input of `size` pixels.

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


def receptive_field(
    depth: int = 4,
    bottleneck: bool = True,
    convs: int = 2,
    dilation: Dilation = 1,
    gated: bool = False,
    pyramid: bool = False,
) -> int | float:
    """Return how many input pixels, along one axis, the best-placed output pixel of a U-Net depends on.

    Walks the interval of pixels that matter from an output pixel back to the input, along the deepest path.
    Pooling makes the answer depend on where the pixel lies in its block of ``2**depth``; the widest is
    returned.

    With `gated` skip connections, an attention map that is brought up bilinearly adds a pixel at each side.
    With `pyramid` pooling every output pixel depends on the whole image, however large: infinity.

    Source: the arithmetic of Araujo, Norris and Sim 2019 (doi:10.23915/distill.00021), as intervals.
    """
    if pyramid:
        return math.inf
    down, up = level_dilations(dilation, depth, bottleneck)
    widest = 0
    for position in range(2**depth):
        first = last = position
        for level in range(depth):
            side = convs * up + (1 if gated and level > 0 else 0)
            first, last = (first - side) // 2, (last + side) // 2  # back through a block and an upsampling
        if bottleneck:
            first, last = first - convs * down[depth], last + convs * down[depth]
        for d in reversed(down[:depth]):
            side = convs * d
            first, last = 2 * first - side, 2 * last + 1 + side  # back through a pooling and a block
        widest = max(widest, last - first + 1)
    return widest


def level_dilations(dilation: Dilation, depth: int, bottleneck: bool) -> tuple[tuple[int, ...], int]:
    """Return the dilations of the contracting levels and the bottleneck, and the expanding path's.

    Raises
    ------
    ValueError
        If a dilation is below 1, or there is not one for each level.
    """
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
        size -= 2 * convs * d  # pixels that one block eats
        if size <= 0 or size % 2:
            return None
        size //= 2
    if bottleneck:
        size -= 2 * convs * down[depth]
    for _ in range(depth):
        size = 2 * size - 2 * convs * up
    return size if size > 0 else None
