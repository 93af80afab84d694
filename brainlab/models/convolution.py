"""What one convolution does to the size of an image, and how far it sees.

Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285); dilation as
in Yu and Koltun 2016, "Multi-Scale Context Aggregation by Dilated Convolutions" (arXiv:1511.07122). What a
whole U-Net does to a size is in `brainlab.models.sizes`.
"""

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
