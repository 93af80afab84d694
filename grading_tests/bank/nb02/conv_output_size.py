"""Right and wrong answers to g02_conv_output_size."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import conv_output_size
from grading_tests.bank.nb02._variants import variants
from grading_tests.gap import Mistake


def by_counting(size, kernel, padding=0, stride=1, dilation=1):
    """Count the places where the kernel can stand."""
    last_tap = dilation * (kernel - 1)
    return len(range(0, size + 2 * padding - last_tap, stride))


def by_torch(size, kernel, padding=0, stride=1, dilation=1):
    return nn.Conv1d(1, 1, kernel, stride, padding, dilation)(torch.zeros(1, 1, size)).shape[-1]


def by_documentation(size, kernel, padding=0, stride=1, dilation=1):
    return math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1)


def by_walking(size, kernel, padding=0, stride=1, dilation=1):
    """Let the kernel walk until its last tap leaves the padded image."""
    first, places = -padding, 0
    while first + dilation * (kernel - 1) < size + padding:
        first, places = first + stride, places + 1
    return places


def by_unfolding(size, kernel, padding=0, stride=1, dilation=1):
    columns = F.unfold(torch.zeros(1, 1, size, 1), (kernel, 1), (dilation, 1), (padding, 0), (stride, 1))
    return columns.shape[-1]


RIGHT = {
    "library": conv_output_size,
    "counting": by_counting,
    "torch itself": by_torch,
    "formula of the documentation": by_documentation,
    "walking": by_walking,
    "torch's windows": by_unfolding,
    "holes between the taps": lambda size, kernel, padding=0, stride=1, dilation=1: (
        (size + 2 * padding - (kernel + (kernel - 1) * (dilation - 1))) // stride + 1
    ),
}


WRONG = [
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
        "the dilation is not used: how far is it from the first tap to the last when the taps stand apart?",
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
        "SAME assumed",
        "tensorflow/tensorflow#4297: the formula of 'SAME' padding is another one",
        "that depends on size and stride only (TensorFlow's 'SAME'); kernel and padding count too.",
        lambda size, kernel, padding=0, stride=1, dilation=1: -(-size // stride),
    ),
    Mistake(
        "one added before the division",
        "Dumoulin and Visin 2016 (arXiv:1603.07285), relationship 6: floor((i + 2p - k) / s) + 1",
        "the first place is added after the steps are counted: + 1 behind the division.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + 2 * padding - dilation * (kernel - 1)) // stride
        ),
    ),
    Mistake(
        "one sign wrong",
        "torch/nn#945: (width + 2 padW - dilationW (kW - 1) + 1) / dW + 1 in the documentation",
        "count the pixels from the first tap to the last, both included, and take off all of them.",
        lambda size, kernel, padding=0, stride=1, dilation=1: (
            (size + 2 * padding - dilation * (kernel - 1) + 1) // stride + 1
        ),
    ),
]


WRONG += variants(
    "g02_conv_output_size",
    (
        "padding ignored",
        "padding adds pixels at both ends; yours ignores it.",
        2,
        " + 2 * padding",
        "",
    ),
    (
        "stride ignored",
        "the kernel moves by `stride` pixels: divide the free pixels by it.",
        2,
        " // stride",
        "",
    ),
    (
        "reach from kernel - 1 gaps added",
        "dilation 1 is an ordinary convolution: it is the distance of two elements, not the pixels left out.",
        1,
        "dilation * (kernel - 1) + 1",
        "kernel + dilation * (kernel - 1)",
    ),
    (
        "dilation added",
        "the dilation stretches every distance between kernel elements: multiply, do not add.",
        1,
        "dilation * (kernel - 1) + 1",
        "kernel + dilation - 1",
    ),
    (
        "dilation * kernel - 1",
        "the kernel has kernel - 1 distances; each is `dilation` long, and 1 is added at the end.",
        1,
        "dilation * (kernel - 1) + 1",
        "dilation * kernel - 1",
    ),
    (
        "reach one pixel short",
        "from the first to the last pixel, both included: the + 1 is missing in the reach.",
        1,
        "(kernel - 1) + 1",
        "(kernel - 1)",
    ),
    (
        "odd kernels only",
        "kernel // 2 on both sides is right for odd kernels only.",
        1,
        "dilation * (kernel - 1) + 1",
        "2 * dilation * (kernel // 2) + 1",
    ),
    (
        "a kernel of 3",
        "the kernel size is fixed at 3 in your code.",
        1,
        "kernel - 1",
        "3 - 1",
    ),
    (
        "padding dilated",
        "the padding is counted in pixels; the dilation does not stretch it.",
        2,
        "2 * padding",
        "2 * padding * dilation",
    ),
    (
        "padding after the stride",
        "the padding is added to the input, before the steps are counted.",
        2,
        "(size + 2 * padding - reach) // stride + 1",
        "(size - reach) // stride + 1 + 2 * padding",
    ),
    (
        "transposed convolution",
        "this is the output size of a transposed convolution, which enlarges.",
        2,
        "(size + 2 * padding - reach) // stride + 1",
        "(size - 1) * stride - 2 * padding + reach",
    ),
    (
        "stride first",
        "the kernel must fit first: subtract its reach before you divide by the stride.",
        2,
        "(size + 2 * padding - reach) // stride + 1",
        "size // stride + 2 * padding - reach + 1",
    ),
    (
        "rounded",
        "a last step that does not fit completely does not count: round down.",
        2,
        "(size + 2 * padding - reach) // stride",
        "round((size + 2 * padding - reach) / stride)",
    ),
    (
        "other default padding",
        "without the argument there is no padding: keep the defaults of the first line.",
        0,
        "padding=0",
        "padding=1",
    ),
    (
        "other default stride",
        "without the argument the stride is 1: keep the defaults of the first line.",
        0,
        "stride=1",
        "stride=2",
    ),
    (
        "arguments in another order",
        "keep the order of the arguments: size, kernel, padding, stride, dilation.",
        0,
        "padding=0, stride=1",
        "stride=1, padding=0",
    ),
    (
        "a float",
        "sizes are counted: the result is a whole number; use // and no float.",
        2,
        "// stride + 1",
        "// stride + 1.0",
    ),
    (
        "printed",
        "your function prints the size but returns nothing.",
        2,
        "return ",
        "print(",
        "stride + 1",
        "stride + 1)",
    ),
    (
        "text",
        "the result is a text; the next cells compute with it.",
        2,
        "return ",
        "return str(",
        "stride + 1",
        "stride + 1)",
    ),
    (
        "a tensor",
        "the result is a tensor; a whole number of Python is asked for.",
        2,
        "return ",
        "import torch; return torch.tensor(",
        "stride + 1",
        "stride + 1)",
    ),
)


WRONG += variants(
    "g02_conv_output_size",
    (
        "only the reach divided",
        "the whole difference is divided by the stride: brackets.",
        2,
        "(size + 2 * padding - reach) // stride + 1",
        "size + 2 * padding - reach // stride + 1",
    ),
    (
        "stride + 1 in brackets",
        "the 1 for the first position is added after the division.",
        2,
        "// stride + 1",
        "// (stride + 1)",
    ),
    (
        "stride times dilation",
        "dilation spreads the kernel; the stride stays what it is.",
        1,
        "dilation * (kernel - 1) + 1",
        "kernel",
        "// stride",
        "// (stride * dilation)",
    ),
    (
        "stride of the kernel",
        "without the argument the stride is 1, unlike that of a pooling layer.",
        0,
        "stride=1",
        "stride=None",
        "    return",
        "    stride = stride or kernel\n    return",
    ),
    (
        "divided one by one",
        "divide once, at the end: parts that are rounded one by one do not add up.",
        2,
        "(size + 2 * padding - reach) // stride + 1",
        "size // stride + 2 * padding // stride - reach // stride + 1",
    ),
    (
        "no last position",
        "the first position counts always, also where the division leaves no rest.",
        2,
        "(size + 2 * padding - reach) // stride + 1",
        "-(-(size + 2 * padding - reach) // stride) + (stride == 1)",
    ),
)
