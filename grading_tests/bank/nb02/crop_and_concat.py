"""Right and wrong answers to the gap about cropping and concatenating."""

import torch
import torch.nn.functional as F

from brainlab.models import crop_and_concat
from grading_tests.gap import Mistake


def by_negative_padding(skip, x):
    """F.pad with negative numbers crops; the odd pixel goes from the near end."""
    rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    cut = (-(columns - columns // 2), -(columns // 2), -(rows - rows // 2), -(rows // 2))
    return torch.cat((F.pad(skip, cut), x), 1)


def by_narrow(skip, x):
    for dim in (2, 3):
        skip = skip.narrow(dim, (skip.shape[dim] - x.shape[dim]) // 2, x.shape[dim])
    return torch.concat([skip, x], dim=-3)


def by_copying(skip, x):
    B, S, H, W = skip.shape
    C, h, w = x.shape[1:]
    joined = x.new_zeros(B, S + C, h, w)
    joined[:, :S] = skip[:, :, (H - h) // 2 :, (W - w) // 2 :][:, :, :h, :w]
    joined[:, S:] = x
    return joined


def by_index(skip, x):
    """Pick rows and columns by their numbers."""
    for dim in (-2, -1):
        start = (skip.shape[dim] - x.shape[dim]) // 2
        skip = skip.index_select(dim, torch.arange(start, start + x.shape[dim]))
    return torch.cat([skip, x], dim=1)


def by_borders(skip, x):
    """Cut what is too much off both ends; the far end loses the odd pixel."""
    rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    bottom, right = skip.shape[2] - (rows + 1) // 2, skip.shape[3] - (columns + 1) // 2
    return torch.cat([skip[..., rows // 2 : bottom, columns // 2 : right], x], dim=-3)


def by_splitting(skip, x, dim=1):
    for axis in (2, 3):
        extra = skip.size(axis) - x.size(axis)
        skip = skip.split([extra // 2, x.size(axis), extra - extra // 2], dim=axis)[1]
    return torch.hstack([skip, x]) if dim == 1 else None


def symmetric_crop(skip, x):
    top, left = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
    cropped = skip[:, :, top : skip.shape[2] - top, left : skip.shape[3] - left]
    return torch.cat([cropped, x], dim=1)


def minus_zero(skip, x):
    top, left = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
    last_row, last_column = top + (skip.shape[2] - x.shape[2]) % 2, left + (skip.shape[3] - x.shape[3]) % 2
    return torch.cat([skip[:, :, top:-last_row, left:-last_column], x], dim=1)


def swapped_axes(skip, x):
    top, left = (skip.shape[3] - x.shape[3]) // 2, (skip.shape[2] - x.shape[2]) // 2
    h, w = x.shape[2:]
    return torch.cat([skip[:, :, top : top + h, left : left + w], x], dim=1)


def one_offset(skip, x):
    offset = (skip.shape[2] - x.shape[2]) // 2
    h, w = x.shape[2:]
    return torch.cat([skip[:, :, offset : offset + h, offset : offset + w], x], dim=1)


def grown(skip, x):
    rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    border = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
    return torch.cat([skip, F.pad(x, border)], dim=1)


RIGHT = {
    "library": crop_and_concat,
    "negative padding": by_negative_padding,
    "narrow": by_narrow,
    "copying": by_copying,
    "numbers of rows": by_index,
    "both borders": by_borders,
    "split": by_splitting,
}

WRONG = [
    Mistake(
        "corner",
        "BVLC/caffe#5850: the default offset of a crop is 0",
        "you take the upper left corner; the middle is what lies over x.",
        lambda skip, x: torch.cat([skip[:, :, : x.shape[2], : x.shape[3]], x], dim=1),
    ),
    Mistake(
        "x first",
        "Ronneberger et al. 2015, figure 1: the copied features lie in front",
        "the skip connection comes first, then x: learnt weights depend on the order.",
        lambda skip, x: crop_and_concat(skip, x).roll(x.shape[1], dims=1),
    ),
    Mistake(
        "resized",
        "jvanvugt/pytorch-unet#9: resizing messes up the skip connections",
        "you shrink the whole skip connection; its pixels no longer lie over those of x. Cut it instead.",
        lambda skip, x: torch.cat([F.interpolate(skip, x.shape[2:]), x], dim=1),
    ),
    Mistake(
        "x grown",
        "milesial/Pytorch-UNet#334: x1 is padded instead of cropping x2",
        "you pad x with zeros up to the skip connection; the paper crops the skip connection.",
        grown,
    ),
    Mistake(
        "added",
        "TissueImageAnalytics/tiatoolbox#273: 'add' and 'concat' are two kinds of skip connections",
        "you add the two; join them along the channels, so that the next convolution can weigh them.",
        lambda skip, x: crop_and_concat(skip, x)[:, : skip.shape[1]] + x.sum(1, keepdim=True),
    ),
    Mistake(
        "not cropped",
        "meetps/pytorch-semseg#231",
        "the skip connection is larger than x: crop its middle first.",
        lambda skip, x: torch.cat([skip, x], dim=1),
    ),
    Mistake(
        "height and width swapped",
        "milesial/Pytorch-UNet#32: switch diffX and diffY",
        "the offsets of height and width are swapped: oblong images tell.",
        swapped_axes,
    ),
    Mistake(
        "one offset for both axes",
        "hayashimasa/UNet-PyTorch#3: both differences from size()[2]",
        "the offset of the height is used for the width too: oblong images tell.",
        one_offset,
    ),
    Mistake(
        "minus zero",
        "keras-team/keras#4860 and #4941",
        "where nothing has to be cut, d:-d is 0:0, an empty tensor. Write start : start + length.",
        minus_zero,
    ),
    Mistake(
        "odd border",
        "hayashimasa/UNet-PyTorch#3, constantinpape/torch-em#43",
        "d pixels off each end leave one too many where the border is odd. Write start : start + length.",
        symmetric_crop,
    ),
    Mistake(
        "detached",
        "jakeret/tf_unet#7: no gradient through the skip connections",
        "the graph is cut (.detach, .data or no_grad): no gradient reaches the skip connection.",
        lambda skip, x: crop_and_concat(skip.detach(), x),
    ),
]
