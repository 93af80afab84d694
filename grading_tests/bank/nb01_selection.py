"""Right and wrong answers: which slices to train on, and what each class weighs."""

import numpy as np
import torch

from brainlab.data import balanced_weights, label_counts, select_slices
from grading_tests.gap import Mistake

# ---- slices with enough tumour


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


RIGHT_SELECT = {
    "library": select_slices,
    "loop": select_by_loop,
    "torch": select_torch,
    "from counts": select_from_counts,
    "three labels": select_by_set,
    "einsum": select_by_einsum,
    "areas added up": select_weighted,
}

WRONG_SELECT = [
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
        "square pixels taken for granted",
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
        "you return True and False for every slice; asked are the numbers of the slices.",
        lambda labels, spacing, min_area: (labels > 0).sum(axis=(1, 2)) * spacing[0] * spacing[1] >= min_area,
    ),
]

# ---- class weights


def weights_by_loop(counts):
    total = [int(column.sum()) for column in np.asarray(counts).T]
    return [sum(total) / (4 * n) if n else 0.0 for n in total]


def weights_from_shares(counts):
    share = counts.sum(axis=0) / counts.sum()
    return np.divide(0.25, share, out=np.zeros(4), where=share > 0)


def weights_torch(counts):
    total = torch.as_tensor(counts).sum(0).float()
    return torch.nan_to_num(total.sum() / (4 * total), posinf=0.0)


def weights_masked(counts):
    total = np.ma.masked_equal(counts.sum(axis=0), 0)
    return (counts.sum() / (4 * total)).filled(0)


def weights_from_labels(counts):
    """For the classes that there are, as scikit-learn's "balanced", but with all four below the line."""
    weights, total = np.zeros(4), np.einsum("zc->c", counts).astype(float)
    there = np.nonzero(total)[0]
    weights[there] = total.sum() / (4 * total[there])
    return weights.astype(np.float32)


def weights_by_mean(counts):
    """The mean number of voxels of a class over that of this class."""
    total = sum(np.asarray(row, dtype=float) for row in counts)
    with np.errstate(divide="ignore"):
        weights = total.mean() / total
    weights[np.isinf(weights)] = 0
    return torch.from_numpy(weights)


def weights_of(total, classes=4):
    weights = total.sum() / (classes * np.maximum(total, 1e-12))
    return np.where(total > 0, weights, 0)


def weights_of_slices(counts):
    per_slice = counts.sum(axis=1, keepdims=True) / (4 * np.maximum(counts, 1))
    return per_slice.mean(axis=0)


RIGHT_WEIGHTS = {
    "library": balanced_weights,
    "lists": weights_by_loop,
    "from shares": weights_from_shares,
    "torch": weights_torch,
    "masked array": weights_masked,
    "present classes only": weights_from_labels,
    "mean over own": weights_by_mean,
}

WRONG_WEIGHTS = [
    Mistake(
        "share for weight",
        "jfzhang95/pytorch-deeplab-xception#109: why not just the frequency",
        "your weight grows with the class; a rare class needs the larger weight.",
        lambda counts: counts.sum(axis=0) / counts.sum(),
    ),
    Mistake(
        "number of classes forgotten",
        "misconception: all voxels / voxels of the class",
        "the 4 is missing below the line: the weights should be 1 where all classes are equally frequent.",
        lambda counts: 4 * balanced_weights(counts),
    ),
    Mistake(
        "one over the count",
        "weecology/DeepTreeAttention#4: inverse frequency",
        "1 / count depends on how many voxels there are in all; put the total above the line.",
        lambda counts: 1 / np.maximum(counts.sum(axis=0), 1) * (counts.sum(axis=0) > 0),
    ),
    Mistake(
        "infinite for an absent class",
        "scikit-learn/scikit-learn#32639: zero division in compute_class_weight",
        "a class that does not occur divides by 0; its weight should be 0.",
        lambda counts: counts.sum() / (4 * counts.sum(axis=0)),
    ),
    Mistake(
        "huge for an absent class",
        "vanvalenlab/deepcell-toolbox#71: an epsilon in the denominator",
        "an epsilon below the line turns an absent class into the heaviest of all; it should weigh 0.",
        lambda counts: counts.sum() / (4 * np.maximum(counts.sum(axis=0), 1e-6)),
    ),
    Mistake(
        "log",
        "ultralytics/ultralytics#24843: 1 / ln(1.02 + frequency) of ENet",
        "this is ENet's rule with a logarithm; asked is all voxels / (4 * voxels of the class).",
        lambda counts: 1 / np.log(1.02 + counts.sum(axis=0) / counts.sum()),
    ),
    Mistake(
        "median frequency",
        "alexgkendall/SegNet-Tutorial#31: median frequency / frequency",
        "this is median frequency balancing; asked is all voxels / (4 * voxels of the class).",
        lambda counts: np.where(
            counts.sum(axis=0) > 0,
            np.median(counts.sum(axis=0)) / np.maximum(counts.sum(axis=0), 1),
            0,
        ),
    ),
    Mistake(
        "slice by slice",
        "alexgkendall/caffe-segnet#37: frequency over the images where the class is present",
        "you average the weights of the slices; add the voxels of all slices first.",
        weights_of_slices,
    ),
    Mistake(
        "slices counted",
        "misconception: how many slices have the class",
        "you count slices that have the class; count its voxels.",
        lambda counts: weights_of((counts > 0).sum(axis=0)),
    ),
    Mistake(
        "tumour classes only",
        "misconception: background is no class",
        "the background is left out: there are four classes, and the total holds all voxels.",
        lambda counts: np.concatenate([[0], weights_of(counts[:, 1:].sum(axis=0), classes=3)]),
    ),
]
