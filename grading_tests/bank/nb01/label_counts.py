"""Right and wrong answers to g01_label_counts."""

import numpy as np
import torch

from brainlab.data import label_counts
from grading_tests.bank.nb01._common import changed_input, returning, shared_result
from grading_tests.gap import Mistake


def counts_bincount(labels):
    return np.stack([np.bincount(plane.ravel(), minlength=4) for plane in labels])


def counts_loop(labels):
    return np.array([[float((plane == label).sum()) for label in range(4)] for plane in labels])


def counts_torch(labels):
    one_hot = torch.nn.functional.one_hot(torch.as_tensor(labels).long(), 4)
    return one_hot.sum(dim=(1, 2)).numpy()


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
    "floats": counts_loop,
    "torch, one-hot": counts_torch,
    "unique, placed": counts_unique,
    "one bincount": counts_one_bincount,
    "histogram": lambda labels: np.array([np.histogram(p, bins=[0, 1, 2, 3, 4])[0] for p in labels]),
}


def per_class(function):
    """Return the counts (Z, 4) that `function(labels, c)` makes for each class."""
    return lambda labels: np.stack([function(labels, c) for c in range(4)], axis=1)


def histogram_of(bins):
    return lambda labels: np.stack([np.histogram(plane, bins=bins)[0] for plane in labels])


def last_row_only(labels):
    """Each row of a slice overwrites the counts of the row before."""
    counts = np.zeros((len(labels), 4), int)
    for z, plane in enumerate(labels):
        for row in plane:
            counts[z] = np.bincount(row, minlength=4)
    return counts


def without_background(labels):
    counts = label_counts(labels)
    counts[:, 0] = 0
    return counts


def rest_of_volume(labels):
    counts = label_counts(labels)
    counts[:, 0] = labels.size - counts[:, 1:].sum(axis=1)
    return counts


def squeezed(labels):
    return np.array([np.bincount(part.ravel(), minlength=4) for part in np.atleast_1d(labels.squeeze())])


KEPT: list = []


def rows_kept(labels):
    """The list lives outside of the function; it is short, so that the answer is the same in every check."""
    KEPT[:] = KEPT[-len(labels) :] + list(label_counts(labels))
    return np.array(KEPT)


def codes_in_a_byte(labels):
    codes = labels.reshape(len(labels), -1).astype(np.uint8)
    codes = codes + (4 * np.arange(len(labels))).astype(np.uint8)[:, None]
    return np.bincount(codes.ravel(), minlength=4 * len(labels))[: 4 * len(labels)].reshape(-1, 4)


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
        "your counts start again after 255: add up in int64, not in uint8, which einsum and @ keep.",
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
    Mistake(
        "counted in sixteen bits",
        "open-mmlab/mmsegmentation#1969, with uint16",
        "16 bits hold 65,535; a slice can have more voxels: add up in int64.",
        returning(label_counts, lambda counts: counts.astype(np.uint16)),
        2,
    ),
    Mistake(
        "counted in sixteen bits with a sign",
        "open-mmlab/mmsegmentation#1969, with int16",
        "16 bits with a sign hold 32,767; a slice can have more voxels: add up in int64.",
        returning(label_counts, lambda counts: counts.astype(np.int16)),
        2,
    ),
    Mistake(
        "counted in eight bits with a sign",
        "open-mmlab/mmsegmentation#1969, with int8",
        "8 bits with a sign hold 127; a slice can have more voxels: add up in int64.",
        returning(label_counts, lambda counts: counts.astype(np.int8)),
        2,
    ),
    Mistake(
        "half precision",
        "a common slip: float16 has three digits",
        "float16 has three digits and ends at 65,504: count in int64.",
        returning(label_counts, lambda counts: counts.astype(np.float16)),
        2,
    ),
    Mistake(
        "type of the labels",
        "a common slip: an array of the labels' type",
        "the counts take the type of the labels, and uint8 ends at 255: add up in int64.",
        lambda labels: label_counts(labels).astype(labels.dtype),
        2,
    ),
    Mistake(
        "at least this class",
        "a common slip: >= for ==",
        "you count the voxels of this class and of all higher ones.",
        per_class(lambda labels, c: (labels >= c).sum(axis=(1, 2))),
        1,
    ),
    Mistake(
        "at most this class",
        "a common slip: <= for ==",
        "you count the voxels of this class and of all lower ones.",
        per_class(lambda labels, c: (labels <= c).sum(axis=(1, 2))),
        1,
    ),
    Mistake(
        "label values of each class added up",
        "misconception: the sum of a label map counts voxels",
        "you add the label values, so a voxel of class 3 counts three times and one of class 0 not at all.",
        per_class(lambda labels, c: (labels * (labels == c)).sum(axis=(1, 2))),
        2,
    ),
    Mistake(
        "classes 1 to 4",
        "a common slip: range(1, 5)",
        "your columns are the classes 1 to 4; the classes are 0 to 3.",
        lambda labels: np.stack([(labels == c).sum(axis=(1, 2)) for c in range(1, 5)], axis=1),
        1,
    ),
    Mistake(
        "five classes",
        "a common slip: range(5)",
        "you have five columns; the classes are 0 to 3.",
        lambda labels: np.stack([(labels == c).sum(axis=(1, 2)) for c in range(5)], axis=1),
        1,
    ),
    Mistake(
        "as many classes as the largest label",
        "pysal/pysal#717: bincount stops at the largest value",
        "you count up to the largest label of these slices; if class 3 is absent, its column is missing.",
        lambda labels: np.stack(
            [(labels == c).sum(axis=(1, 2)) for c in range(int(labels.max()) + 1)], axis=1
        ),
        1,
    ),
    Mistake(
        "classes that occur",
        "huggingface/dataset-viewer#1900: return counts for all labels, not only those found",
        "you count the classes that np.unique finds; an absent class needs a column of zeros.",
        lambda labels: np.stack([(labels == c).sum(axis=(1, 2)) for c in np.unique(labels)], axis=1),
        1,
    ),
    Mistake(
        "as many classes as slices",
        "a common slip: len(labels) for the number of classes",
        "you have as many columns as slices; there are four classes.",
        lambda labels: np.stack([(labels == c).sum(axis=(1, 2)) for c in range(len(labels))], axis=1),
        1,
    ),
    Mistake(
        "one bin too few",
        "a common slip: bins=[0, 1, 2, 3] makes three bins, and the last one holds 2 and 3",
        "four edges make three bins, of which the last one holds two classes.",
        histogram_of([0, 1, 2, 3]),
    ),
    Mistake(
        "bins between minimum and maximum",
        "numpy.histogram takes the range from the data",
        "the bins reach from the smallest to the largest label, so an absent class moves the others.",
        histogram_of(4),
    ),
    Mistake(
        "rows that have the class",
        "a common slip: any() along one axis",
        "you count the rows of a slice that have the class; count its voxels.",
        per_class(lambda labels, c: (labels == c).any(axis=2).sum(axis=1)),
        2,
    ),
    Mistake(
        "last row only",
        "a common slip: = for += in a loop",
        "each row of a slice overwrites the one before: add them up.",
        last_row_only,
        2,
    ),
    Mistake(
        "background not counted",
        "misconception: background is no class",
        "column 0, the background, stays 0.",
        without_background,
    ),
    Mistake(
        "background of the whole volume",
        "a common slip: labels.size for the size of a slice",
        "your background is the rest of the volume; it should be the rest of the slice.",
        rest_of_volume,
    ),
    Mistake(
        "sorted",
        "a common slip: value_counts sorts by count",
        "your rows are sorted by size; column c belongs to class c.",
        returning(label_counts, lambda counts: -np.sort(-counts, axis=1)),
        3,
    ),
    Mistake(
        "slices in the middle",
        "InsightSoftwareConsortium/ITK#6706: conflicting order of axes",
        "your rows run along the second axis; the slices are the first one.",
        per_class(lambda labels, c: (labels == c).sum(axis=(0, 2))),
        2,
    ),
    Mistake(
        "square slices",
        "a common slip: shape[1] for both axes",
        "you take slices for square; they have the shape (X, Y).",
        per_class(lambda labels, c: (labels[:, :, : labels.shape[1]] == c).sum(axis=(1, 2))),
    ),
    Mistake(
        "cropped",
        "a common slip: a size of the example written down",
        "you count a part of the slice only; slices may be larger.",
        lambda labels: label_counts(labels[:, :64, :64]),
    ),
    Mistake(
        "155 slices",
        "a common slip: the 155 slices of BraTS written down",
        "you count 155 slices at most; there may be more.",
        lambda labels: label_counts(labels[:155]),
    ),
    Mistake(
        "lists of lists",
        "habit from Python: lists for arrays",
        "you return a list; later cells need an array, because a list has no columns: counts[:, 1:].",
        returning(label_counts, np.ndarray.tolist),
        3,
    ),
    Mistake(
        "a tensor",
        "habit from PyTorch",
        "you return a tensor; asked for is a NumPy array.",
        returning(label_counts, torch.as_tensor),
    ),
    Mistake(
        "a dictionary",
        "misconception: a table is a dictionary",
        "you return a dictionary; asked for is an array with one row per slice.",
        lambda labels: dict(enumerate(label_counts(labels).tolist())),
        3,
    ),
    shared_result(label_counts),
    changed_input("labels", label_counts, lambda labels: labels.__setitem__(labels > 1, 1)),
    Mistake(
        "added up over slices",
        "a common slip: added up over slices",
        "your counts grow from slice to slice; each row is for one slice.",
        returning(label_counts, lambda counts: np.cumsum(counts, axis=0)),
    ),
    Mistake(
        "per cent",
        "a common slip: per cent",
        "you return per cent; asked for are counts.",
        lambda labels: 100 * label_counts(labels) / labels[0].size,
    ),
    Mistake(
        "one too many",
        "a common slip: one too many",
        "every count is one too large.",
        returning(label_counts, lambda counts: counts + 1),
    ),
    Mistake(
        "classes in falling order",
        "a common slip: classes in falling order",
        "your columns run from class 3 to 0; column c belongs to class c.",
        returning(label_counts, lambda counts: counts[:, ::-1]),
        3,
    ),
    Mistake(
        "slices in falling order",
        "a common slip: slices in falling order",
        "your rows run from the last slice to the first.",
        returning(label_counts, lambda counts: counts[::-1]),
        3,
    ),
    Mistake(
        "volume in every row",
        "a common slip: volume in every row",
        "every row has the counts of the whole volume; each slice has its own.",
        returning(label_counts, lambda counts: np.repeat(counts.sum(axis=0)[None], len(counts), axis=0)),
        2,
    ),
    Mistake(
        "a row for the total",
        "a common slip: a row for the total",
        "you have a row too many; there is one per slice.",
        returning(label_counts, lambda counts: np.vstack([counts, counts.sum(axis=0)])),
        3,
    ),
    Mistake(
        "empty slices left out",
        "a common slip: empty slices left out",
        "you leave out slices without tumour; every slice has a row.",
        lambda labels: label_counts(labels[labels.any(axis=(1, 2))]),
    ),
    Mistake(
        "axes of length 1 lost",
        "a common slip: squeeze on the result",
        "a single slice loses its axis; it is a table of one row.",
        returning(label_counts, np.squeeze),
        3,
    ),
    Mistake(
        "axes of length 1 of the labels lost",
        "a common slip: squeeze on the labels",
        "squeeze takes the axis of a single slice, or of a slice of one row, away.",
        lambda labels: label_counts(labels.squeeze()) if labels.squeeze().ndim == 3 else squeezed(labels),
        1,
    ),
    Mistake(
        "slices of 240 x 240",
        "a common slip: the size of BraTS written down",
        "you take slices for 240 x 240 voxels; use the shape of the labels.",
        lambda labels: label_counts(labels) + np.array([240 * 240 - labels[0].size, 0, 0, 0]),
        1,
    ),
    Mistake(
        "one long row",
        "a common slip: concatenate for stack",
        "the rows of all slices are joined to one; asked for is a table with one row per slice.",
        returning(label_counts, np.ravel),
        3,
    ),
    Mistake(
        "one axis too few, classes as columns",
        "a common slip: sum(axis=1) leaves the other axis of the slice",
        "you sum over one axis of the slice only; its voxels lie along two.",
        lambda labels: np.stack([(labels == c).sum(axis=1) for c in range(4)], axis=1),
        2,
    ),
    Mistake(
        "the other axis too few",
        "a common slip: sum(axis=2) leaves the other axis of the slice",
        "you sum over one axis of the slice only; its voxels lie along two.",
        lambda labels: np.stack([(labels == c).sum(axis=2) for c in range(4)], axis=1),
        2,
    ),
    Mistake(
        "a list from call to call",
        "a common slip: a list as a default argument lives on",
        "what an earlier call counted is still there: make the list in the function.",
        rows_kept,
    ),
    Mistake(
        "as many rows as a slice has",
        "a common slip: range(labels.shape[1])",
        "you loop over the length of the second axis; the slices are along the first.",
        lambda labels: np.array(
            [np.bincount(labels[z].ravel(), minlength=4) for z in range(labels.shape[1])]
        ),
    ),
    Mistake(
        "last axis kept",
        "a common slip: keepdims=True",
        "your result has an axis too many; asked for is (Z, 4).",
        returning(label_counts, lambda counts: counts[..., None]),
    ),
    Mistake(
        "codes in one byte",
        "a common slip: 4 z + label in the labels' type",
        "the codes 4 z + label do not fit into one byte if there are many slices: convert the labels first.",
        codes_in_a_byte,
    ),
    Mistake(
        "two classes in one column",
        "a common slip: >= 2 for == 2",
        "column 2 holds the classes 2 and 3 together.",
        lambda labels: (
            label_counts(labels) @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]])
        ),
        1,
    ),
    Mistake(
        "rows of several lengths",
        "huggingface/dataset-viewer#1900: return counts for all labels, not only those found",
        "np.unique lists only what it finds, so the rows have several lengths: an absent class counts 0.",
        lambda labels: np.array([np.unique(plane, return_counts=True)[1] for plane in labels]),
    ),
    Mistake(
        "largest row",
        "a common slip: largest row",
        "you take the row of a slice with the most voxels; add up all rows.",
        per_class(lambda labels, c: (labels == c).sum(axis=2).max(axis=1)),
        2,
    ),
]
