"""Right and wrong answers to the gap about cropping and concatenating."""

import torch
import torch.nn.functional as F

from brainlab.models import crop_and_concat
from grading_tests.bank.nb02._variants import variants
from grading_tests.gap import Mistake


def by_negative_padding(skip, x):
    """F.pad with negative numbers crops; the odd pixel goes from the far end."""
    rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    cut = (-(columns // 2), -(columns - columns // 2), -(rows // 2), -(rows - rows // 2))
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
        lambda skip, x: crop_and_concat(skip, x)[:, : skip.shape[1]] + x,
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


WRONG += variants(
    "g02_crop_and_concat",
    (
        "along the batch",
        "concatenate along the channels, dim=1; dim=0 makes more images.",
        3,
        "dim=1",
        "dim=0",
    ),
    (
        "along the width",
        "concatenate along the channels, dim=1; yours makes a wider image.",
        3,
        "dim=1",
        "dim=-1",
    ),
    (
        "along the height",
        "concatenate along the channels, dim=1; yours makes a taller image.",
        3,
        "dim=1",
        "dim=2",
    ),
    (
        "the far corner",
        "the crop lies in the centre: half of the difference is cropped at each side.",
        1,
        "(skip.shape[-2] - h) // 2, (skip.shape[-1] - w) // 2",
        "skip.shape[-2] - h, skip.shape[-1] - w",
    ),
    (
        "rounded up",
        "of an odd difference, the extra pixel is cropped at the end: round the start down.",
        1,
        "- h) // 2",
        "- h + 1) // 2",
        "- w) // 2",
        "- w + 1) // 2",
    ),
    (
        "columns rounded up",
        "of an odd difference, the extra pixel is cropped at the end: round the start down.",
        1,
        "- w) // 2",
        "- w + 1) // 2",
    ),
    (
        "rounded to even",
        "round() rounds halves to even numbers; use // to round the start down.",
        1,
        "(skip.shape[-2] - h) // 2",
        "round((skip.shape[-2] - h) / 2)",
        "(skip.shape[-1] - w) // 2",
        "round((skip.shape[-1] - w) / 2)",
    ),
    (
        "a fixed crop",
        "the crop is fixed at 4 pixels; it depends on both sizes.",
        1,
        "(skip.shape[-2] - h) // 2, (skip.shape[-1] - w) // 2",
        "4, 4",
    ),
    (
        "square",
        "the crop has the height and the width of x; yours takes the height for both.",
        2,
        "left : left + w",
        "left : left + h",
    ),
    (
        "rows only",
        "only the rows are cropped.",
        2,
        ", left : left + w]",
        "]",
    ),
    (
        "one pixel aside",
        "the crop starts one pixel too far to the right.",
        2,
        "left : left + w",
        "left + 1 : left + w + 1",
    ),
    (
        "mirrored",
        "the crop is mirrored; nothing else should happen to it.",
        2,
        "[middle, x]",
        "[middle.flip(-1), x]",
    ),
    (
        "a float index",
        "a position is a whole number: divide with //.",
        1,
        "//",
        "/",
    ),
    (
        "x detached",
        "no gradient reaches x: do not detach it.",
        3,
        ", x]",
        ", x.detach()]",
    ),
    (
        "no gradient at all",
        "no gradient reaches the inputs: nothing here may switch it off.",
        0,
        "def crop",
        "@torch.no_grad()\ndef crop",
    ),
    (
        "always float32",
        "the result has the type of the inputs; yours is always float32.",
        3,
        "[middle, x]",
        "[middle.float(), x.float()]",
    ),
    (
        "a list",
        "the two tensors are returned side by side; join them into one.",
        3,
        "torch.cat([middle, x], dim=1)",
        "[middle, x]",
    ),
    (
        "stacked",
        "stack makes a new axis; cat joins along the channels.",
        3,
        "torch.cat([middle, x], dim=1)",
        "torch.stack([middle, x], dim=1)",
    ),
    (
        "ReLU on top",
        "values below 0 are lost: nothing else happens to the joined features.",
        3,
        "dim=1)",
        "dim=1).relu()",
    ),
    (
        "batch axis lost",
        "with one image the batch axis is lost: do not squeeze.",
        3,
        "dim=1)",
        "dim=1).squeeze(0)",
    ),
    (
        "order by shape",
        "the skip connection comes first, also where both have the same shape.",
        3,
        "    h, w",
        "    if skip.shape == x.shape:\n        return torch.cat([x, skip], dim=1)\n    h, w",
    ),
    (
        "x changed",
        "x is changed in place: the caller still needs it.",
        0,
        "    return",
        "    x.clamp_(min=0)\n    return",
    ),
    (
        "skip changed",
        "the skip connection is changed in place: the caller still needs it.",
        0,
        "    middle",
        "    skip.sub_(skip.mean())\n    middle",
    ),
)


WRONG += variants(
    "g02_crop_and_concat",
    (
        "interpolated",
        "the skip connection is cropped, not resized: its pixels stay where they are.",
        2,
        "skip[:, :, top : top + h, left : left + w]",
        'F.interpolate(skip, size=(h, w), mode="bilinear")',
    ),
    (
        "pooled to size",
        "the skip connection is cropped, not resized: its pixels stay where they are.",
        2,
        "skip[:, :, top : top + h, left : left + w]",
        "F.adaptive_avg_pool2d(skip, (h, w))",
    ),
    (
        "the sum",
        "you add the two; join them along the channels, so that the next convolution can weigh them.",
        3,
        "torch.cat([middle, x], dim=1)",
        "middle + x",
    ),
    (
        "starts exchanged",
        "the first of both starts is that of the rows, as H comes before W.",
        1,
        "top, left =",
        "left, top =",
    ),
    (
        "one start for both axes",
        "H and W may differ: each axis has a start of its own.",
        1,
        "top, left =",
        "top = left =",
        "(skip.shape[-2] - h) // 2, ",
        "",
    ),
    (
        "first two axes cropped",
        "height and width are the last two axes; the first are batch and channels.",
        2,
        "skip[:, :, top : top",
        "skip[top : top",
    ),
    (
        "one pixel too many",
        "of the skip connection as many pixels are kept as x has: the end of a slice is not included.",
        2,
        "top : top + h, left : left + w",
        "top : top + h + 1, left : left + w + 1",
    ),
    (
        "difference of the halves",
        "take half of the difference; the difference of two rounded halves is another number.",
        1,
        "(skip.shape[-2] - h) // 2, (skip.shape[-1] - w) // 2",
        "skip.shape[-2] // 2 - h // 2, skip.shape[-1] // 2 - w // 2",
    ),
    (
        "only the crop",
        "the cropped skip connection is returned without x: join both.",
        3,
        "return torch.cat([middle, x], dim=1)",
        "return middle",
    ),
    (
        "cropped only where both differ",
        "an axis along which both are equal is no reason to leave the other one uncropped.",
        2,
        "    middle = ",
        "    if not (top and left):\n        return torch.cat([skip, x], dim=1)\n    middle = ",
    ),
)
