"""Right and wrong answers to the gap about laying out channels as pixels."""

import torch
import torch.nn.functional as F
from torch import nn

from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake, Survivor


def size_of(x, r):
    """Return the shape of the result."""
    return x.shape[0], x.shape[1] // r**2, r * x.shape[2], r * x.shape[3]


def parts(x, r):
    """Return (B, C, r, r, H, W)."""
    return x.reshape(x.shape[0], x.shape[1] // r**2, r, r, *x.shape[2:])


def laid_out(order):
    """Return an answer that permutes (B, C, r, r, H, W) by `order` and then joins the axes."""
    return lambda x, r: parts(x, r).permute(order).reshape(size_of(x, r))


RIGHT_ORDER = (0, 1, 4, 2, 5, 3)  # (B, C, H, r, W, r)

# --- right answers


def by_strides(x, r):
    out = torch.empty(size_of(x, r), dtype=x.dtype)
    for number in range(r**2):
        out[:, :, number // r :: r, number % r :: r] = x[:, number :: r**2]
    return out


def by_einsum(x, r):
    return torch.einsum("bcijhw->bchiwj", parts(x, r)).flatten(4, 5).flatten(2, 3)


def by_fold(x, r):
    """Blocks of r x r that do not overlap; fold wants the channels of a pixel in one axis."""
    size = (r * x.shape[2], r * x.shape[3])
    return F.fold(x.flatten(2), size, kernel_size=r, stride=r)


def by_transposed_convolution(x, r):
    channels = x.shape[1] // r**2
    kernel = torch.eye(r**2, dtype=x.dtype).reshape(r**2, 1, r, r).repeat(channels, 1, 1, 1)
    return F.conv_transpose2d(x, kernel, stride=r, groups=channels)


def rows_then_columns(x, r):
    blocks = parts(x, r)  # (B, C, r, r, H, W)
    columns = torch.stack(blocks.unbind(3), dim=-1).flatten(-2)  # (B, C, r, H, r W)
    return torch.stack(columns.unbind(2), dim=3).flatten(2, 3)  # (B, C, r H, r W)


def by_hand(x, r):
    height, width = x.shape[2:]
    rows = [[x[:, :, h, w].unflatten(1, (-1, r, r)) for w in range(width)] for h in range(height)]
    return torch.cat([torch.cat(row, dim=3) for row in rows], dim=2)


RIGHT = {
    "library": F.pixel_shuffle,
    "library, as a module": lambda x, r: nn.PixelShuffle(r)(x),
    "reshape, permute, reshape": laid_out(RIGHT_ORDER),
    "strides": by_strides,
    "einsum": by_einsum,
    "fold": by_fold,
    "transposed convolution": by_transposed_convolution,
    "columns, then rows": rows_then_columns,
    "block by block": by_hand,
}

# --- wrong answers


def groups_first(x, r):
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, r, r, channels // r**2, height, width)
    return blocks.permute(0, 3, 4, 1, 5, 2).reshape(size_of(x, r))


def divided_once(x, r):
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, channels // r, r, r, height, width)
    return blocks.permute(RIGHT_ORDER).reshape(batch, channels // r, r * height, r * width)


def sides_swapped(x, r):
    batch, channels, height, width = x.shape
    return parts(x, r).permute(RIGHT_ORDER).reshape(batch, channels // r**2, r * width, r * height)


def repeated(x, r):
    first = x[:, : x.shape[1] // r**2]
    return first.repeat_interleave(r, dim=2).repeat_interleave(r, dim=3)


def averaged(x, r):
    mean = parts(x, r).mean(dim=(2, 3))
    return F.interpolate(mean, scale_factor=r, mode="nearest")


def bilinear(x, r):
    return F.interpolate(parts(x, r)[:, :, 0, 0], scale_factor=r, mode="bilinear")


def batch_forgotten(x, r):
    batch, channels, height, width = x.shape
    blocks = x.reshape(channels // r**2, r, r, batch, height, width)
    return blocks.permute(3, 0, 4, 1, 5, 2).reshape(size_of(x, r))


def upside_down(x, r):
    return laid_out(RIGHT_ORDER)(parts(x, r).flip(2).reshape(x.shape), r)


WRONG = [
    Mistake(
        "groups of channels first",
        "tensorflow/tensorflow#53291, onnx/onnx#2163: DCR or CRD",
        "the r * r channels of an output channel lie side by side: split into (C, r, r), not (r, r, C).",
        groups_first,
    ),
    Mistake(
        "no permute",
        "PaddlePaddle/Paddle#15782: 'not simple reshaping'",
        "one reshape keeps the order in memory: the r rows of a block must come beside H first.",
        lambda x, r: x.reshape(size_of(x, r)),
    ),
    Mistake(
        "rows and columns of a block swapped",
        "atriumlts/subpixel#15: why is there a transpose?",
        "within a block rows and columns are swapped: channel 1 is the pixel to the right.",
        laid_out((0, 1, 4, 3, 5, 2)),
    ),
    Mistake(
        "tiles",
        "pytorch/pytorch#19054: tiling instead of upscaling",
        "small copies lie side by side: H comes before its r, and W before its r.",
        laid_out((0, 1, 2, 4, 3, 5)),
    ),
    Mistake(
        "H and W swapped",
        "misconception: width first, as in Pillow's image.size",
        "height and width are swapped on the way back.",
        sides_swapped,
    ),
    Mistake(
        "picture transposed",
        "FluxML/NNlib.jl#260: the transposed result",
        "the picture lies on its side: the order is H, r, W, r.",
        laid_out((0, 1, 5, 2, 4, 3)),
    ),
    Mistake(
        "W behind both r",
        "erezposner/Fast_Dense_Feature_Extraction#3: interlacing",
        "rows are interlaced, columns are not: W stands in front of the second r.",
        laid_out((0, 1, 4, 2, 3, 5)),
    ),
    Mistake(
        "H left behind",
        "zhaoyuzhi/Hierarchical-Regression-Network-for-Spectral-Reconstruction-from-RGB-Images#1",
        "H and W must each meet one r: (B, C, H, r, W, r).",
        laid_out((0, 1, 4, 5, 2, 3)),
    ),
    Mistake(
        "pixels repeated",
        "Odena, Dumoulin and Olah 2016 (doi:10.23915/distill.00003): nearest-neighbour resizing",
        "pixels are repeated and most channels unused: each of the r * r channels is one pixel of a block.",
        repeated,
    ),
    Mistake(
        "channels averaged",
        "NifTK/NiftyNet#457: an average after the shuffle",
        "the channels are averaged, so their detail is lost: each is one pixel of a block.",
        averaged,
    ),
    Mistake(
        "bilinear",
        "Shi et al. 2016 (arXiv:1609.05158): no interpolation before the network",
        "nothing is interpolated here: the values are only put elsewhere.",
        bilinear,
    ),
    Mistake(
        "the other way",
        "pytorch/pytorch#49334: pixel_unshuffle",
        "that makes the image smaller (unshuffle): channels become pixels, not pixels channels.",
        lambda x, r: F.pixel_unshuffle(x, r),
    ),
    Mistake(
        "always 2",
        "Ledig et al. 2017 (arXiv:1609.04802): twice r = 2 makes 4; other scales have another r",
        "the factor is the argument r, not always 2.",
        lambda x, r: F.pixel_shuffle(x, 2),
    ),
    Mistake(
        "divided by r once",
        "swz30/Restormer#47: r or r * r channels?",
        "r * r channels make one: divide by r twice.",
        divided_once,
    ),
    Mistake(
        "batch mixed with channels",
        "misconception: reshape knows which axis means what",
        "the batch is the first axis: keep it in front in both reshapes.",
        batch_forgotten,
    ),
    Mistake(
        "blocks upside down",
        "torch, nn.PixelShuffle: from the top left",
        "within a block the channels run from the top left.",
        upside_down,
    ),
    Mistake(
        "detached",
        "locuslab/pytorch_fft#9: a rearrangement that has a gradient",
        "the graph is cut (numpy, .data or .detach): the layers below could not learn.",
        lambda x, r: F.pixel_shuffle(x.detach(), r),
    ),
]


def shuffled(x, r):
    batch, _, height, width = x.shape
    parts = x.reshape(batch, -1, r, r, height, width).permute(0, 1, 4, 2, 5, 3)
    return parts.reshape(batch, -1, r * height, r * width)


def emptied(x, r):
    out = shuffled(x, r).clone()
    x.zero_()
    return out


def folded(x, r):
    batch, _, height, width = x.shape
    return F.fold(x.reshape(batch, -1, height * width), (height * r, width * r), r, stride=r)


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "fold": folded,
}
WRONG += [
    Mistake(
        "always float32",
        SECOND,
        "the values are only rearranged: their type stays, too.",
        lambda x, r: shuffled(x.float(), r),
    ),
    Mistake(
        "always float64",
        SECOND,
        "the values are only rearranged: their type stays, too.",
        lambda x, r: shuffled(x.double(), r),
    ),
    Mistake(
        "an array",
        SECOND,
        "the result is an array of NumPy: nothing can be learnt through it.",
        lambda x, r: shuffled(x.detach(), r).numpy(),
    ),
    Mistake(
        "channel axis squeezed",
        SECOND,
        "with one output channel the axis must stay: (B, 1, r * H, r * W).",
        lambda x, r: shuffled(x, r).squeeze(1),
    ),
    Mistake(
        "the input emptied",
        SECOND,
        "x is written into; the features of the network are gone.",
        emptied,
    ),
    Mistake(
        "channels last",
        SECOND,
        "the channels come second: (B, C, r * H, r * W).",
        lambda x, r: shuffled(x, r).permute(0, 2, 3, 1),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: ("groups of channels first", "divided by r once", "batch mixed with channels"),
    2: (
        "no permute",
        "rows and columns of a block swapped",
        "tiles",
        "picture transposed",
        "W behind both r",
        "H left behind",
        "blocks upside down",
    ),
    3: ("channels last", "channel axis squeezed"),
}
WRONG = with_steps(WRONG, STEPS)

SURVIVORS = [
    Survivor(
        "blocks = x.reshape(batch, channels // r**2, r, r, height, width)",
        ["blocks = x.reshape(channels // r**2, batch, r, r, height, width)"],
        "batch and channels are adjacent, and the last step splits them correctly",
    ),
]
