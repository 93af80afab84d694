"""Right and wrong answers to g01_select_slices."""

import numpy as np
import torch

from brainlab.data import label_counts, select_slices
from grading_tests.gap import Mistake


def select_by_loop(labels, spacing, min_area):
    chosen = []
    for z in range(len(labels)):
        if np.count_nonzero(labels[z]) * float(spacing[0]) * float(spacing[1]) >= min_area:
            chosen.append(z)
    return chosen


def select_torch(labels, spacing, min_area):
    voxels = (torch.as_tensor(labels) != 0).flatten(1).sum(1).double()
    return torch.nonzero(voxels * spacing[0] * spacing[1] >= min_area)[:, 0]


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
]
