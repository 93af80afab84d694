"""Right and wrong answers to g01_select_slices."""

import numpy as np
import torch

from brainlab.data import label_counts, select_slices
from grading_tests.bank.nb01._common import changed_input, returning
from grading_tests.gap import Mistake


def select_by_loop(labels, spacing, min_area):
    chosen = []
    for z in range(len(labels)):
        if np.count_nonzero(labels[z]) * float(spacing[0]) * float(spacing[1]) >= min_area:
            chosen.append(z)
    return chosen


def select_torch(labels, spacing, min_area):
    voxels = (torch.as_tensor(labels) != 0).flatten(1).sum(1).double()
    return torch.nonzero(voxels * spacing[0] * spacing[1] >= min_area)[:, 0].numpy()


def select_from_counts(labels, spacing, min_area):
    area = label_counts(labels)[:, 1:].sum(axis=1) * np.prod(spacing[:2])
    return np.where(area >= min_area)[0]


def select_by_set(labels, spacing, min_area):
    """Work with voxels: how many does the smallest area need?"""
    pixel = spacing[0] * spacing[1]
    tumour = np.isin(labels, [1, 2, 3]).reshape(len(labels), -1)
    return np.nonzero(np.count_nonzero(tumour, axis=1) * pixel - min_area >= 0)[0]


def select_by_einsum(labels, spacing, min_area):
    x, y, _ = np.asarray(spacing, dtype=float)
    area = np.einsum("zxy->z", (labels != 0).astype(float)) * x * y
    return [z for z, one in enumerate(area.tolist()) if not one < min_area]


def select_weighted(labels, spacing, min_area):
    """Every tumour pixel carries its area."""
    area = np.where(labels > 0, np.prod(np.asarray(spacing)[:2]), 0.0).sum(-1).sum(-1)
    return np.argwhere(area >= min_area).ravel()


def select_variant(tumour=lambda labels: labels > 0, size=lambda s: s[0] * s[1], test=np.greater_equal):
    """Return a selection that differs from the right one in what it counts, in its unit or at the limit."""
    return lambda labels, spacing, min_area: np.flatnonzero(
        test(tumour(labels).sum(axis=(1, 2)) * size(spacing), min_area)
    )


RIGHT = {
    "library": select_slices,
    "loop": select_by_loop,
    "torch": select_torch,
    "from counts": select_from_counts,
    "three labels": select_by_set,
    "einsum": select_by_einsum,
    "areas added up": select_weighted,
}


def select_pixels(limit):
    """Return the answer that compares the number of pixels with `limit(min_area, pixel area)`."""
    return lambda labels, spacing, min_area: np.flatnonzero(
        (labels > 0).sum(axis=(1, 2)) >= limit(min_area, spacing[0] * spacing[1])
    )


def select_areas(test):
    """Return the answer that applies another test to the areas in mm2."""
    return lambda labels, spacing, min_area: np.flatnonzero(
        test((labels > 0).sum(axis=(1, 2)) * spacing[0] * spacing[1], min_area)
    )


def summed_as(kind):
    """Return the answer that adds up the pixels in this type of number."""
    return lambda labels, spacing, min_area: np.flatnonzero(
        (labels > 0).sum(axis=(1, 2), dtype=kind) * spacing[0] * spacing[1] >= min_area
    )


def from_first_to_last(labels, spacing, min_area):
    found = select_slices(labels, spacing, min_area)
    return np.arange(found[0], found[-1] + 1) if len(found) else found


def largest_first(labels, spacing, min_area):
    area = (labels > 0).sum(axis=(1, 2)) * spacing[0] * spacing[1]
    return np.argsort(-area, kind="stable")[: int((area >= min_area).sum())]


def by_bounding_box(labels, spacing, min_area):
    boxes = [plane.any(axis=0).sum() * plane.any(axis=1).sum() for plane in labels > 0]
    return np.flatnonzero(np.array(boxes) * spacing[0] * spacing[1] >= min_area)


def large_areas(labels, spacing, min_area):
    area = (labels > 0).sum(axis=(1, 2)) * spacing[0] * spacing[1]
    return area[area >= min_area]


def each_class(choose):
    """Return the answer that wants the area of `choose` (all, any) of the classes."""

    def run(labels, spacing, min_area):
        counts = label_counts(labels)[:, 1:] * spacing[0] * spacing[1]
        return np.flatnonzero(choose(counts >= min_area, axis=1))

    return run


WRONG = [
    Mistake(
        "pixels for mm2",
        "scikit-image/scikit-image#5112: regionprops without spacing",
        "you count pixels; an area in mm2 also needs the size of a pixel.",
        select_variant(size=lambda s: 1),
    ),
    Mistake(
        "volume for area",
        "horosproject/horos#386: slice spacing in a measurement",
        "you multiply by all three sizes, which is a volume; an area in the slice takes x and y.",
        select_variant(size=np.prod),
    ),
    Mistake(
        "square pixels assumed",
        "felipebogaertsm/machwave#453: assumes a cubic cell on an anisotropic grid",
        "you square the first size; pixels need not be square.",
        select_variant(size=lambda s: s[0] ** 2),
    ),
    Mistake(
        "thickness for height",
        "InsightSoftwareConsortium/ITK#6706: spacing in x, y, z or z, y, x",
        "you take the slice thickness for a pixel size: spacing is in the order x, y, z.",
        select_variant(size=lambda s: s[1] * s[2]),
    ),
    Mistake(
        "enhancing tumour only",
        "akhanss/BraTS-2020#2: labels are not regions",
        "you count one label; the whole tumour is labels 1, 2 and 3 together.",
        select_variant(tumour=lambda labels: labels == 3),
    ),
    Mistake(
        "without oedema",
        "nnU-Net's regions of BraTS, MIC-DKFZ/nnUNet#487: which labels make a region",
        "you count the tumour core; the whole tumour includes the oedema, label 2.",
        select_variant(tumour=lambda labels: (labels == 1) | (labels == 3)),
    ),
    Mistake(
        "label values added up",
        "misconception: the sum of a label map counts voxels",
        "you add the label values, so a voxel of class 3 counts three times.",
        select_variant(tumour=lambda labels: labels.astype(int)),
    ),
    Mistake(
        "any tumour at all",
        "shreyaspadhy/UNet-Zoo#12: leave out slices with background only",
        "you keep every slice with a tumour voxel; the smallest area is not used.",
        lambda labels, spacing, min_area: np.flatnonzero(labels.any(axis=(1, 2))),
    ),
    Mistake(
        "more than, not at least",
        "misconception: the limit itself is excluded",
        "a slice with exactly the smallest area should stay.",
        select_variant(test=np.greater),
    ),
    Mistake(
        "too small ones",
        "misconception: the condition selects what is removed",
        "these are the slices to leave out.",
        select_variant(test=np.less),
    ),
    Mistake(
        "mask",
        "misconception: a mask and a list of numbers are the same",
        "you return True and False for every slice; the task asks for the numbers of the slices.",
        lambda labels, spacing, min_area: (labels > 0).sum(axis=(1, 2)) * spacing[0] * spacing[1] >= min_area,
    ),
    Mistake(
        "one side for the area",
        "a common slip: the second factor is forgotten",
        "you multiply by one side of a pixel; its area is the product of two.",
        select_variant(size=lambda s: s[0]),
        2,
    ),
    Mistake(
        "sum of the sides",
        "a common slip: + for *",
        "you add the sides of a pixel; its area is their product.",
        select_variant(size=lambda s: s[0] + s[1]),
        2,
    ),
    Mistake(
        "x and z",
        "InsightSoftwareConsortium/ITK#6706: spacing in x, y, z or z, y, x",
        "you take the slice thickness for a pixel size: the slice lies along x and y.",
        select_variant(size=lambda s: s[0] * s[2]),
        2,
    ),
    Mistake(
        "second size squared",
        "felipebogaertsm/machwave#453: assumes a cubic cell on an anisotropic grid",
        "you square the second size; pixels need not be square.",
        select_variant(size=lambda s: s[1] ** 2),
        2,
    ),
    Mistake(
        "divided by the pixel's area",
        "a common slip: / for *",
        "you divide by the area of a pixel: n pixels have n times its area.",
        select_variant(size=lambda s: 1 / (s[0] * s[1])),
        2,
    ),
    Mistake(
        "spacing cut to whole numbers",
        "a common slip: the spacing of BraTS is 1, other spacings are not",
        "you cut the voxel size to whole millimetres.",
        select_variant(size=lambda s: int(s[0]) * int(s[1])),
        2,
    ),
    Mistake(
        "pixel's area rounded",
        "a common slip: the spacing of BraTS is 1, other spacings are not",
        "you round the area of a pixel.",
        select_variant(size=lambda s: round(float(s[0] * s[1]))),
        2,
    ),
    Mistake(
        "cm2 for mm2",
        "a common slip: units",
        "your areas are in cm2; the limit is in mm2.",
        select_variant(size=lambda s: s[0] * s[1] / 100),
        2,
    ),
    Mistake(
        "area cut to whole mm2",
        "a common slip: int() of an area",
        "you cut the area to whole mm2 before you compare.",
        select_areas(lambda area, least: area.astype(int) >= least),
    ),
    Mistake(
        "area rounded",
        "a common slip: round() of an area",
        "you round the area before you compare.",
        select_areas(lambda area, least: np.round(area) >= least),
        2,
    ),
    Mistake(
        "a margin",
        "a common slip: a tolerance at the limit",
        "you keep slices below the smallest area.",
        select_areas(lambda area, least: area >= least - 1),
        3,
    ),
    Mistake(
        "pixels needed, cut off",
        "a common slip: // for /",
        "you cut the number of pixels that are needed to a whole number, so too small slices stay.",
        select_pixels(lambda least, pixel: least // pixel),
    ),
    Mistake(
        "pixels needed, rounded",
        "a common slip: round()",
        "you round the number of pixels that are needed, so too small slices may stay.",
        select_pixels(lambda least, pixel: round(float(least / pixel))),
    ),
    Mistake(
        "limit of 300",
        "a common slip: the limit of the text written down",
        "you use a limit of 300 mm2: use the argument.",
        lambda labels, spacing, min_area: select_slices(labels, spacing, 300),
        3,
    ),
    Mistake(
        "tumour only",
        "misconception: a slice without tumour is never selected",
        "with a limit of 0 every slice is large enough, also one without tumour.",
        select_areas(lambda area, least: (area >= least) & (area > 0)),
        3,
    ),
    Mistake(
        "label 1 only",
        "akhanss/BraTS-2020#2: labels are not regions",
        "you count one label; the whole tumour is labels 1, 2 and 3 together.",
        select_variant(tumour=lambda labels: labels == 1),
        1,
    ),
    Mistake(
        "label 1 left out",
        "a common slip: labels > 1",
        "you leave out label 1; the whole tumour is labels 1, 2 and 3 together.",
        select_variant(tumour=lambda labels: labels > 1),
        1,
    ),
    Mistake(
        "background too",
        "a common slip: labels >= 0",
        "you count the background, label 0; tumour is every other label.",
        select_variant(tumour=lambda labels: labels >= 0),
        1,
    ),
    Mistake(
        "every class large enough",
        "misconception: each class needs the area",
        "you want the area for every class; it is that of the three together.",
        each_class(np.all),
        1,
    ),
    Mistake(
        "one class large enough",
        "misconception: one class needs the area",
        "you want the area for one class; it is that of the three together.",
        each_class(np.any),
        1,
    ),
    Mistake(
        "bounding box",
        "a common slip: rows times columns",
        "you take the area of the bounding box; count the pixels.",
        by_bounding_box,
        1,
    ),
    Mistake(
        "pixels in eight bits",
        "open-mmlab/mmsegmentation#1969: uint8 allows values up to 255 only",
        "your pixels are added up in uint8, which starts again after 255.",
        summed_as(np.uint8),
        1,
    ),
    Mistake(
        "pixels in sixteen bits",
        "open-mmlab/mmsegmentation#1969, with int16",
        "your pixels are added up in int16, which ends at 32,767.",
        summed_as(np.int16),
        1,
    ),
    Mistake(
        "pixels in sixteen bits without sign",
        "open-mmlab/mmsegmentation#1969, with uint16",
        "your pixels are added up in uint16, which ends at 65,535.",
        summed_as(np.uint16),
        1,
    ),
    Mistake(
        "cropped",
        "a common slip: a size of the example written down",
        "you count a part of the slice only; slices may be larger.",
        lambda labels, spacing, min_area: select_slices(labels[:, :64, :64], spacing, min_area),
        1,
    ),
    Mistake(
        "155 slices",
        "a common slip: the 155 slices of BraTS written down",
        "you look at 155 slices at most; there may be more.",
        lambda labels, spacing, min_area: select_slices(labels[:155], spacing, min_area),
    ),
    Mistake(
        "from the first to the last",
        "misconception: a tumour is one piece",
        "you keep all slices from the first to the last; one in between may be too small.",
        from_first_to_last,
        3,
    ),
    Mistake(
        "whole volume",
        "a common slip: a sum without axis",
        "you compare the sum over all slices; each slice has an area of its own.",
        lambda labels, spacing, min_area: (
            np.arange(len(labels))
            if (labels > 0).sum() * spacing[0] * spacing[1] >= min_area
            else np.zeros(0, int)
        ),
        1,
    ),
    Mistake(
        "slices last",
        "InsightSoftwareConsortium/ITK#6706: conflicting order of axes",
        "you sum over the first two axes; the slices are the first axis.",
        lambda labels, spacing, min_area: select_slices(np.moveaxis(labels, -1, 0), spacing, min_area),
        1,
    ),
    Mistake(
        "largest first",
        "a common slip: argsort for flatnonzero",
        "your slices are sorted by area; asked for is the ascending order of their numbers.",
        largest_first,
        3,
    ),
    Mistake(
        "from the top down",
        "a common slip: the order of the result",
        "the numbers should rise; yours fall.",
        returning(select_slices, lambda found: found[::-1]),
        3,
    ),
    Mistake(
        "counted from one",
        "nipy/nibabel#924: from 0 in Python, from 1 in MATLAB",
        "your slice numbers start at 1.",
        returning(select_slices, lambda found: found + 1),
        3,
    ),
    Mistake(
        "how many",
        "misconception: the number of slices",
        "you return how many; the task asks for their numbers.",
        returning(select_slices, len),
        3,
    ),
    Mistake(
        "areas",
        "misconception: a selection is a list of numbers",
        "you return areas; the task asks for the numbers of the slices.",
        large_areas,
        3,
    ),
    Mistake(
        "the slices themselves",
        "misconception: a selection is a list of numbers",
        "you return the slices; the task asks for their numbers.",
        lambda labels, spacing, min_area: labels[select_slices(labels, spacing, min_area)],
        3,
    ),
    Mistake(
        "where without [0]",
        "numpy.where returns a tuple, one array for each axis",
        "np.where and nonzero return a tuple with one array per axis: len() of it is 1. Take its first part.",
        returning(select_slices, lambda found: (found,)),
        3,
    ),
    Mistake(
        "argwhere",
        "numpy.argwhere returns one row for each place",
        "np.argwhere returns a column, shape (N, 1); asked for is one axis.",
        returning(select_slices, lambda found: found[:, None]),
        3,
    ),
    Mistake(
        "floats",
        "a common slip: np.zeros or np.append make floats",
        "your slice numbers are floats; asked for are integers, which can be used as an index.",
        returning(select_slices, lambda found: found.astype(float)),
        3,
    ),
    Mistake(
        "floats if empty",
        "numpy.array([]) holds floats",
        "np.array([]) holds floats, which cannot be an index: give it dtype=int, or return the list.",
        returning(select_slices, lambda found: np.array(found.tolist())),
        3,
    ),
    Mistake(
        "slice numbers in one byte",
        "open-mmlab/mmsegmentation#1969: uint8 allows values up to 255 only",
        "one byte holds 0 to 255; a volume can have more slices.",
        returning(select_slices, lambda found: found.astype(np.uint8)),
        3,
    ),
    Mistake(
        "a generator",
        "a common slip: round brackets for square ones",
        "you return a generator, which has no len(): use square brackets.",
        returning(select_slices, lambda found: (z for z in found)),
        3,
    ),
    changed_input(
        "labels", select_slices, lambda labels, spacing, min_area: labels.__setitem__(labels > 1, 1)
    ),
    Mistake(
        "smallest sizes",
        "a common slip: smallest sizes",
        "you take the smallest voxel sizes; a slice lies along x and y.",
        select_variant(size=lambda s: np.prod(sorted(s)[:2])),
        2,
    ),
    Mistake(
        "smallest size squared",
        "a common slip: smallest size squared",
        "you square the smallest voxel size; a pixel has the sizes of x and y.",
        select_variant(size=lambda s: min(s) ** 2),
        2,
    ),
    Mistake(
        "mean size squared",
        "a common slip: mean size squared",
        "you square the mean of two sizes; the area is their product.",
        select_variant(size=lambda s: (s[0] + s[1]) ** 2 / 4),
        2,
    ),
    Mistake(
        "added up over slices",
        "a common slip: added up over slices",
        "you add up the areas from slice to slice; each slice has its own.",
        select_areas(lambda area, least: np.cumsum(area) >= least),
        2,
    ),
    Mistake(
        "smoothed over slices",
        "a common slip: smoothed over slices",
        "you average neighbouring slices; each slice has its own area.",
        select_areas(lambda area, least: np.convolve(area, np.ones(3) / 3, "same") >= least),
        2,
    ),
    Mistake(
        "the first only",
        "a common slip: the first only",
        "you return the first slice only.",
        returning(select_slices, lambda found: found[:1]),
        3,
    ),
    Mistake(
        "not too large",
        "a common slip: not too large",
        "you leave out large slices; there is no upper limit.",
        select_areas(lambda area, least: (area >= least) & (area < 2 * least + 1)),
        3,
    ),
    Mistake(
        "limit cut to whole mm2",
        "a common slip: limit cut to whole mm2",
        "you cut the smallest area to a whole number.",
        select_areas(lambda area, least: area >= int(least)),
        3,
    ),
    Mistake(
        "a tensor",
        "a common slip: a tensor",
        "you return a tensor; asked for is an array or a list.",
        returning(select_slices, torch.as_tensor),
    ),
    Mistake(
        "a tuple",
        "habit: numbers that belong together are a tuple",
        "you return a tuple: as an index it would stand for several axes. Asked for is an array or a list.",
        returning(select_slices, lambda found: tuple(found.tolist())),
        3,
    ),
    Mistake(
        "a set",
        "misconception: a set keeps the order",
        "you return a set, which has no order and is no index: asked for is an array or a list.",
        returning(select_slices, lambda found: set(found.tolist())),
        3,
    ),
    Mistake(
        "a single slice loses its axis",
        "a common slip: squeeze on the result",
        "a single slice becomes a number without an axis, which has no len().",
        returning(select_slices, np.squeeze),
        3,
    ),
    Mistake(
        "axes of length 1 of the labels lost",
        "a common slip: squeeze on the labels",
        "squeeze takes the axis of a single slice, or of a slice of one row, away.",
        lambda labels, spacing, min_area: select_variant()(labels.squeeze(), spacing, min_area),
        1,
    ),
    Mistake(
        "slices with tumour numbered",
        "a common slip: slices without tumour are left out first",
        "you number the slices with tumour only; asked for are the numbers in the volume.",
        lambda labels, spacing, min_area: select_slices(
            labels[labels.any(axis=(1, 2))], spacing, max(min_area, 1e-9)
        ),
    ),
    Mistake(
        "None for none",
        "a common slip: no return at the end",
        "where no slice is large enough you return None; return an empty list or array.",
        returning(select_slices, lambda found: found if len(found) else None),
        3,
    ),
    Mistake(
        "limit 0 replaced",
        "a common slip: min_area or 300",
        "min_area = 0 is a value, too: `or` takes it for missing.",
        lambda labels, spacing, min_area: select_slices(labels, spacing, min_area or 300),
    ),
    Mistake(
        "mean of all slices",
        "misconception: the volume is large enough or not",
        "you compare the mean area of all slices; each slice has its own.",
        lambda labels, spacing, min_area: np.arange(
            len(labels) * int((labels > 0).sum() / len(labels) * spacing[0] * spacing[1] >= min_area)
        ),
    ),
    Mistake(
        "oedema only",
        "a common slip: == 2 for > 0",
        "you count one label; the whole tumour is labels 1, 2 and 3 together.",
        select_variant(tumour=lambda labels: labels == 2),
        1,
    ),
    Mistake(
        "pairs of number and area",
        "a common slip: pairs of number and area",
        "you return pairs; asked for are numbers.",
        returning(select_slices, lambda found: [(int(z), 1.0) for z in found]),
        3,
    ),
]
