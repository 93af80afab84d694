"""Right and wrong answers to g01_label_counts."""

import numpy as np
import torch

from brainlab.data import label_counts
from grading_tests.gap import Mistake


def counts_bincount(labels):
    return np.stack([np.bincount(plane.ravel(), minlength=4) for plane in labels])


def counts_loop(labels):
    return [[int((plane == label).sum()) for label in range(4)] for plane in labels]


def counts_torch(labels):
    one_hot = torch.nn.functional.one_hot(torch.as_tensor(labels).long(), 4)
    return one_hot.sum(dim=(1, 2))


def counts_unique(labels):
    result = np.zeros((len(labels), 4), dtype=int)
    for z, plane in enumerate(labels):
        values, numbers = np.unique(plane, return_counts=True)
        result[z, values] = numbers
    return result


def counts_one_bincount(labels):
    """One bincount for the whole volume: slice z counts into the places 4 z to 4 z + 3."""
    places = labels.astype(int) + 4 * np.arange(len(labels))[:, None, None]
    return np.bincount(places.ravel(), minlength=4 * len(labels)).reshape(-1, 4)


RIGHT = {
    "library": label_counts,
    "bincount": counts_bincount,
    "lists": counts_loop,
    "torch, one-hot": counts_torch,
    "unique, placed": counts_unique,
    "one bincount": counts_one_bincount,
    "histogram": lambda labels: np.array([np.histogram(p, bins=[0, 1, 2, 3, 4])[0] for p in labels]),
}


WRONG = [
    Mistake(
        "missing class skipped",
        "pysal/pysal#717: bincount stops at the largest value",
        "a slice without the last class gives a shorter row: ask bincount for minlength=4.",
        lambda labels: np.stack([np.bincount(plane.ravel()) for plane in labels]),
    ),
    Mistake(
        "row of what is there",
        "huggingface/dataset-viewer#1900: return counts for all labels, not only those found",
        "np.unique lists only what it finds, so a missing class moves the others to the wrong column.",
        lambda labels: np.stack(
            [np.resize([*np.unique(plane, return_counts=True)[1], 0, 0, 0], 4) for plane in labels]
        ),
    ),
    Mistake(
        "whole volume",
        "misconception: one number per class is enough",
        "you count the whole volume; here every slice needs its own row.",
        lambda labels: np.bincount(labels.ravel(), minlength=4),
    ),
    Mistake(
        "slices from another axis",
        "InsightSoftwareConsortium/ITK#6706: conflicting order of axes",
        "your rows run along another axis; the slices are the first one.",
        lambda labels: label_counts(np.moveaxis(labels, -1, 0)),
    ),
    Mistake(
        "classes down, slices across",
        "misconception: shape (4, Z)",
        "your result has the classes first: a row is a slice, a column a class.",
        lambda labels: label_counts(labels).T,
    ),
    Mistake(
        "tumour classes only",
        "misconception: background is no class",
        "column 0, the background, is missing.",
        lambda labels: label_counts(labels)[:, 1:],
    ),
    Mistake(
        "shares",
        "misconception: a share is as good as a count",
        "you return shares; counts can be added over slices of different size, shares cannot.",
        lambda labels: label_counts(labels) / labels[0].size,
    ),
    Mistake(
        "label values added up",
        "misconception: the sum of a label map counts voxels",
        "you add the label values, so a voxel of class 3 counts three times.",
        lambda labels: label_counts(labels) * [1, 1, 2, 3],
    ),
    Mistake(
        "counted in eight bits",
        "open-mmlab/mmsegmentation#1969: uint8 allows values up to 255 only",
        "your counts start again after 255: add up in int64, not in uint8.",
        lambda labels: label_counts(labels).astype(np.uint8),
    ),
    Mistake(
        "one axis too few",
        "a common slip: sum(axis=1) leaves the other axis of the slice",
        "you sum over one axis of the slice only; its voxels lie along two.",
        lambda labels: np.stack([(labels == c).sum(axis=1) for c in range(4)], axis=-1),
    ),
    Mistake(
        "there or not",
        "a common slip: any() instead of sum()",
        "you say whether a class is in the slice; the task asks how many voxels it has.",
        lambda labels: (label_counts(labels) > 0).astype(int),
    ),
]
