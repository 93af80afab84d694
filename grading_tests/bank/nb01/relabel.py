"""Right and wrong answers: the meaning of labels."""

import numpy as np
import torch

from brainlab.data import relabel
from grading_tests.gap import Mistake, Survivor

# ---- relabel


def checked(whole, table):
    if not set(np.unique(whole).tolist()) <= set(table):
        raise ValueError("unknown label")
    return whole


def relabel_lookup(seg, table):
    lookup = np.full(256, 255, np.uint8)
    for old, new in table.items():
        lookup[old] = new
    labels = lookup[np.round(np.asarray(seg, dtype=float)).astype(np.uint8)]
    if (labels == 255).any():
        raise ValueError("a label that the table does not have")
    return labels


def relabel_by_dictionary(seg, table):
    return np.vectorize(lambda value: table[round(float(value))])(seg)


def relabel_select(seg, table):
    whole = checked(np.rint(seg), table)
    return np.select([whole == old for old in table], list(table.values()))


def relabel_torch(seg, table):
    whole = torch.as_tensor(checked(np.rint(seg).astype(int), table))
    return sum((whole == old) * new for old, new in table.items())


def without_check(seg, table):
    """Map what the table knows; what it does not know becomes background."""
    whole = np.rint(seg).astype(int)
    return relabel(np.where(np.isin(whole, list(table)), whole, 0), table)


def relabel_in_turn(seg, table):
    labels = checked(np.rint(seg).astype(np.uint8), table)
    for old, new in table.items():
        labels[labels == old] = new
    return labels


def relabel_input(seg, table):
    checked(np.rint(seg).astype(int), table)
    labels = relabel(seg, table)
    seg[...] = labels
    return seg


def keep_unknown(seg, table):
    labels = np.rint(seg).astype(np.uint8)
    known = np.isin(labels, list(table))
    labels[known] = relabel(labels[known], table)
    return labels


def relabel_by_search(seg, table):
    """The table as two sorted rows; each number is looked up by bisection."""
    old = np.array(sorted(table))
    new = np.array([table[number] for number in sorted(table)])
    whole = np.rint(seg).astype(np.int64)
    places = np.searchsorted(old, whole).clip(max=len(old) - 1)
    assert (old[places] == whole).all(), "unknown label"
    return new[places]


def relabel_unique(seg, table):
    """Only the few numbers that occur are translated, then put back in place."""
    numbers, places = np.unique(np.rint(seg).astype(int), return_inverse=True)
    return np.array([table[number] for number in numbers.tolist()])[places.reshape(seg.shape)]


RIGHT = {
    "library": relabel,
    "lookup table": relabel_lookup,
    "dictionary, KeyError for the unknown": relabel_by_dictionary,
    "select": relabel_select,
    "torch": relabel_torch,
    "bisection": relabel_by_search,
    "unique numbers only": relabel_unique,
}

WRONG = [
    Mistake(
        "4 becomes 3, always",
        "ellisdg/3DUnetCNN#310: label numbering of BraTS 2020",
        "you turn every 4 into 3. In BraTS 2024 a 4 is the resection cavity: use the table.",
        lambda seg, table: np.where(np.rint(seg) == 4, 3, np.rint(seg)),
    ),
    Mistake(
        "replaced in turn",
        "MIC-DKFZ/nnUNet#439: labels converted one after the other, then a class is empty",
        "you read from the array that you write to: 1 became 2, and then that 2 became 1 again.",
        relabel_in_turn,
    ),
    Mistake(
        "by rank",
        "scikit-image/scikit-image#1349: relabel by the rank among np.unique",
        "you number the values in their order; the table may exchange them, and a class may be missing.",
        lambda seg, table: np.unique(np.rint(seg), return_inverse=True)[1].reshape(seg.shape),
    ),
    Mistake(
        "unknown becomes background",
        "shaohao011/BrainMVP#8: labels of another year than the code assumes",
        "a number that the table does not have becomes background silently; refuse it with a ValueError.",
        without_check,
    ),
    Mistake(
        "unknown kept",
        "MIC-DKFZ/nnUNet#2316: BraTS 2024 has a label more",
        "a number that the table does not have stays as it is; the loss would stop much later.",
        keep_unknown,
    ),
    Mistake(
        "table read backwards",
        "MIC-DKFZ/nnUNet#1160: convert the labels back to submit",
        "you use the table from right to left: its keys are the file's numbers.",
        lambda seg, table: without_check(seg, {new: old for old, new in table.items()}),
    ),
    Mistake(
        "nothing changed",
        "Rubics-Xuan/TransBTS#59: can the loss be evaluated without conversion",
        "the labels come back as they were: 4 stays 4.",
        lambda seg, table: checked(np.rint(seg).astype(np.uint8), table),
    ),
    Mistake(
        "tumour or not",
        "Project-MONAI/tutorials#392: a binary segmentation came out",
        "you return one class; the three kinds of tumour must stay apart.",
        lambda seg, table: (relabel(seg, table) > 0).astype(np.uint8),
    ),
    Mistake(
        "cut off",
        "nipreps/petprep#152: labels truncated instead of rounded",
        "you cut the decimals off: 0.99999997 becomes 0. Round first.",
        lambda seg, table: relabel(np.asarray(seg).astype(np.uint8), table),
    ),
    Mistake(
        "written into the input",
        "dwavesystems/penaltymodel#16: relabelling in place or on a copy",
        "you write into the array that you were given.",
        relabel_input,
    ),
]

SURVIVORS = [
    Survivor(
        "labels = np.zeros(seg.shape, dtype=np.uint8)",
        ["labels = np.ones(seg.shape, dtype=np.uint8)"],
        "every voxel is overwritten, because step 2 rejects values that the table lacks",
    ),
]
