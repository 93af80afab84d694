"""Right and wrong answers to the gaps about sizes."""

import math

import torch
from torch import nn

from brainlab.models.convolution import conv_output_size
from brainlab.models.sizes import output_size, valid_size
from grading_tests.gap import Mistake

# --- conv_output_size(size, kernel, padding=0, stride=1, dilation=1)


def by_counting(size, kernel, padding=0, stride=1, dilation=1):
    """Count the places where the kernel can stand."""
    last_tap = dilation * (kernel - 1)
    return len(range(0, size + 2 * padding - last_tap, stride))


def by_torch(size, kernel, padding=0, stride=1, dilation=1):
    return nn.Conv1d(1, 1, kernel, stride, padding, dilation)(torch.zeros(1, 1, size)).shape[-1]


def by_documentation(size, kernel, padding=0, stride=1, dilation=1):
    return math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1)


RIGHT_CONV = {
    "library": conv_output_size,
    "counting": by_counting,
    "torch itself": by_torch,
    "formula of the documentation": by_documentation,
    "holes between the taps": lambda size, kernel, padding=0, stride=1, dilation=1: (
        (size + 2 * padding - (kernel + (kernel - 1) * (dilation - 1))) // stride + 1
    ),
}

WRONG_CONV = [
    Mistake(
        "one too few",
        "Dumoulin and Visin 2016 (arXiv:1603.07285), relationship 1: o = (i - k) + 1",
        "n pixels hold n - kernel + 1 positions of a kernel: the + 1 is missing.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + 2 * padding - dilation * (kernel - 1) - 1) // stride
        ),
    ),
    Mistake(
        "dilation ignored",
        "PaddlePaddle/Paddle#5242, webmachinelearning/webnn#222",
        "the dilation is not used: a dilated kernel covers dilation * (kernel - 1) + 1 pixels.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (size + 2 * padding - kernel) // stride + 1,
    ),
    Mistake(
        "dilation times kernel",
        "microsoft/CNTK#1715: is it 9 pixels or 7?",
        "from the first tap to the last there are kernel - 1 steps, not kernel.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + 2 * padding - dilation * kernel) // stride + 1
        ),
    ),
    Mistake(
        "kernel and dilation swapped",
        "vlfeat/matconvnet#1010: kernel * (dilation - 1) + 1",
        "the steps between taps are kernel - 1, each of dilation pixels; you have it the other way round.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + 2 * padding - kernel * (dilation - 1) - 1) // stride + 1
        ),
    ),
    Mistake(
        "padding at one end",
        "TissueImageAnalytics/tiatoolbox#273: padding that does not keep the size",
        "padding is added at both ends.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + padding - dilation * (kernel - 1) - 1) // stride + 1
        ),
    ),
    Mistake(
        "rounded up",
        "PaddlePaddle/Paddle#5242: ceil without caffe_mode",
        "a kernel that does not fit any more is left out: round down.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            math.ceil((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
        ),
    ),
    Mistake(
        "a fraction of a pixel",
        "microsoft/CNTK#1715: preciseDimOut is a float",
        "the result is a number of pixels: use whole-number division.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1
        ),
    ),
    Mistake(
        "one sign wrong",
        "torch/nn#945: (width + 2 padW - dilationW (kW - 1) + 1) / dW + 1 in the documentation",
        "from the first tap to the last are dilation * (kernel - 1) + 1 pixels; the whole sum is subtracted.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + 2 * padding - dilation * (kernel - 1) + 1) // stride + 1
        ),
    ),
]

# --- valid_size(size, depth=4) -> (below, above), without padding


def size_from_bottom(bottom, depth):
    """Climb from the entry of the lowest level: a pooling doubles, a block adds 4."""
    for _ in range(depth):
        bottom = 2 * bottom + 4
    return bottom


def by_climbing(size, depth=4):
    smallest = next(bottom for bottom in range(5, 10_000) if leaves_something(bottom, depth))
    sizes = [size_from_bottom(bottom, depth) for bottom in range(smallest, smallest + size)]
    below = [n for n in sizes if n <= size]
    above = [n for n in sizes if n >= size]
    return (below or above[:1])[-1], above[0]


def leaves_something(bottom, depth):
    size = bottom - 4
    for _ in range(depth):
        size = 2 * size - 4
    return size > 0


def fits(size, depth):
    try:
        output_size(size, depth)
    except ValueError:
        return False
    return True


def by_trying(size, depth=4):
    above = next(n for n in range(size, size + 10_000) if fits(n, depth))
    below = next((n for n in range(size, 0, -1) if fits(n, depth)), above)
    return [below, above]


def by_formula(size, depth=4):
    """All valid sizes are 2**depth * bottom + 4 * (2**depth - 1)."""
    block, offset = 2**depth, 4 * (2**depth - 1)
    low, high = (size - offset) // block, -((offset - size) // block)
    return torch.tensor([low * block + offset, high * block + offset])


def survives(size, depth, loss=4, checked=None):
    """Walk down with `loss` pixels a block, and look at the first `checked` poolings only."""
    for level in range(depth):
        size -= loss
        if size <= 0 or (size % 2 and (checked is None or level < checked)):
            return False
        size //= 2
    return size - loss > 0


def search(test):
    def answer(size, depth=4):
        above = size
        while not test(above, depth):
            above += 1
        below = size
        while not test(below, depth):
            below -= 1
        return below, above

    return answer


def shifted(size, depth=4):
    """Look for neighbours only, never at the size itself."""
    below, above = valid_size(size - 1, depth)[0], valid_size(size + 1, depth)[1]
    return below, above


RIGHT_VALID = {
    "library": valid_size,
    "climbing from the bottom": by_climbing,
    "trying the network's arithmetic": by_trying,
    "formula": by_formula,
}

WRONG_VALID = [
    Mistake(
        "multiples of 2**depth",
        "jakeoung/Unet_pytorch#1, MIC-DKFZ/BraTS2017#28: true for a padded U-Net",
        "multiples of 2**depth fit a padded U-Net; here every block also takes 4 pixels before the pooling.",
        lambda size, depth=4: (size // 2**depth * 2**depth, -(-size // 2**depth) * 2**depth),
    ),
    Mistake(
        "first pooling only",
        "jvanvugt/pytorch-unet#5: 'pad your input with one column'",
        "an even size after the first block is not enough: it must be even before every pooling.",
        search(lambda size, depth: survives(size, depth, checked=1)),
    ),
    Mistake(
        "one convolution a block",
        "karolzak/keras-unet#40: 2 pixels are lost at each convolution",
        "a block has two convolutions, so it takes 4 pixels, not 2.",
        search(lambda size, depth: survives(size, depth, loss=2)),
    ),
    Mistake(
        "above and below swapped",
        "docstring: below first",
        "the smaller size comes first.",
        lambda size, depth=4: valid_size(size, depth)[::-1],
    ),
    Mistake(
        "rounded up twice",
        "docstring: the largest up to size and the smallest from size on",
        "both of your sizes lie above; the first one is the largest that is not above `size`.",
        lambda size, depth=4: (valid_size(size, depth)[1], valid_size(size, depth)[1]),
    ),
    Mistake(
        "a valid size is moved",
        "docstring: both are `size` itself where it is valid",
        "start at `size` itself: where it fits, nothing has to change.",
        shifted,
    ),
    Mistake(
        "output size",
        "Ronneberger et al. 2015: 572 in, 388 out",
        "these are sizes of the output; the question is about the input.",
        lambda size, depth=4: tuple(output_size(n, depth) for n in valid_size(size, depth)),
    ),
]
