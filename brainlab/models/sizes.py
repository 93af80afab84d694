"""What can be computed from the layers of a network: output size, receptive field, number of parameters.

Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285); dilation as
in Yu and Koltun 2016, "Multi-Scale Context Aggregation by Dilated Convolutions" (arXiv:1511.07122). The
output size of a whole U-Net is in `brainlab.models.blocks`.
"""

import math

import torch
from torch import Tensor, nn

from brainlab.models.blocks import Dilation, level_dilations


def conv_output_size(size: int, kernel: int, padding: int = 0, stride: int = 1, dilation: int = 1) -> int:
    """Return the output size of a convolution for an input of `size` pixels, along one axis.

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

    Examples
    --------
    >>> conv_output_size(32, kernel=3, padding=1, stride=2)
    16
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
    """Return how strongly each input pixel influences the central output pixel: (size, size), not negative.

    It is the gradient of that output with respect to a random image. It is zero outside the receptive field,
    and inside it larger at the centre than at the rim.

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


def count_parameters(model: nn.Module, keras: bool = False) -> int:
    """Count the trainable parameters of `model`.

    Parameters
    ----------
    model : nn.Module
    keras : bool
        Count as Keras does in "Total params": with the moving averages of batch normalisation.
    """
    total = sum(p.numel() for p in model.parameters())
    if keras:
        norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        total += sum(2 * m.num_features for m in norms if m.track_running_stats)
    return total


def receptive_field(
    depth: int = 4,
    bottleneck: bool = True,
    convs: int = 2,
    dilation: Dilation = 1,
    gated: bool = False,
    pyramid: bool = False,
) -> int | float:
    """Return the receptive field of a U-Net in pixels, along one axis.

    Follows the interval of pixels on which an output pixel depends back to the input, along the deepest path.
    Because of pooling it depends on the position of the output pixel in its block of ``2**depth``; the widest
    is returned.

    With `gated` skip connections, the bilinear upsampling of the attention map adds a pixel at each side.
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
