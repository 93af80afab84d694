"""Right and wrong answers to g01_slices_without."""

import numpy as np
import torch

from brainlab.data import slices_without
from grading_tests.bank.nb01._common import changed_input, returning
from grading_tests.gap import Mistake


def without_by_sets(counts, label):
    with_it = {int(z) for z in np.nonzero(counts[:, label])[0]}
    return sorted(set(range(len(counts))) - with_it)


RIGHT = {
    "library": slices_without,
    "where": lambda counts, label: np.where(counts[:, label] == 0)[0],
    "list": lambda counts, label: [z for z, row in enumerate(counts) if not row[label]],
    "argwhere": lambda counts, label: np.argwhere(counts[:, label] < 1).ravel(),
    "torch": lambda counts, label: torch.nonzero(torch.as_tensor(counts)[:, label] == 0).squeeze(1).tolist(),
    "sets": without_by_sets,
    "mask as index": lambda counts, label: np.arange(len(counts))[~counts[:, label].astype(bool)],
}


def where(condition):
    """Return the answer that takes the slices for which `condition(counts, label)` holds."""
    return lambda counts, label: np.flatnonzero(condition(counts, label))


def none_if_empty(counts, label):
    found = slices_without(counts, label)
    return found if len(found) else None


def minus_one_if_empty(counts, label):
    found = slices_without(counts, label)
    return found if len(found) else np.array([-1])


def neighbours(counts, label):
    """A slice counts only if the next one exists."""
    return np.array([z for z in range(len(counts) - 1) if counts[z, label] == 0], dtype=int)


def from_second(counts, label):
    return np.array([z for z in range(1, len(counts)) if counts[z, label] == 0], dtype=int)


WRONG = [
    Mistake(
        "slices with the class",
        "misconception: np.nonzero finds what is missing",
        "these are the slices that have the class.",
        lambda counts, label: np.flatnonzero(counts[:, label]),
    ),
    Mistake(
        "mask",
        "misconception: a mask and a list of numbers are the same",
        "you return True and False for every slice; the task asks for the numbers of the slices.",
        lambda counts, label: counts[:, label] == 0,
    ),
    Mistake(
        "how many",
        "misconception: the number of slices",
        "you return how many; the task asks for their numbers.",
        lambda counts, label: int((counts[:, label] == 0).sum()),
    ),
    Mistake(
        "row for column",
        "neurodata/ProgLearn#341: indexing by value or by position",
        "you look along a slice; a class is a column of the table.",
        lambda counts, label: np.flatnonzero(counts[label] == 0),
    ),
    Mistake(
        "smallest for zero",
        "misconception: the class is missing where it is rarest",
        "you take the slices with the fewest voxels; where every slice has some, none is missing.",
        lambda counts, label: np.flatnonzero(counts[:, label] == counts[:, label].min()),
    ),
    Mistake(
        "class before",
        "vanvalenlab/deepcell-toolbox#54: background counted among the classes",
        "you look at the class before: column 0 is the background.",
        lambda counts, label: np.flatnonzero(counts[:, label - 1] == 0),
    ),
    Mistake(
        "the first only",
        "xgi-org/xgi#518: argmin gives the first of equals only",
        "argmin and index() find the first slice only; the task asks for all of them.",
        lambda counts, label: slices_without(counts, label)[:1],
    ),
    Mistake(
        "from the top down",
        "a common slip: the order of the result",
        "the numbers should rise; yours fall.",
        lambda counts, label: slices_without(counts, label)[::-1],
    ),
    Mistake(
        "counted from one",
        "nipy/nibabel#924: from 0 in Python, from 1 in MATLAB",
        "your slice numbers start at 1.",
        lambda counts, label: slices_without(counts, label) + 1,
    ),
    Mistake(
        "no tumour at all",
        "ivadomed/ivadomed#18: remove slices that are empty",
        "these are slices without any tumour; the task asks for one class.",
        lambda counts, label: np.flatnonzero(counts[:, 1:].sum(axis=1) == 0),
    ),
    Mistake(
        "where without [0]",
        "numpy.where returns a tuple, one array for each axis",
        "np.where and nonzero return a tuple with one array per axis: len() of it is 1. Take its first part.",
        lambda counts, label: np.where(counts[:, label] == 0),
        1,
    ),
    Mistake(
        "argwhere",
        "numpy.argwhere returns one row for each place",
        "np.argwhere returns a column, shape (N, 1); asked for is one axis.",
        lambda counts, label: np.argwhere(counts[:, label] == 0),
        1,
    ),
    Mistake(
        "argwhere of the table",
        "numpy.argwhere returns one row for each place",
        "you return row and column of every 0 in the table; asked for are the rows of one class.",
        lambda counts, label: np.argwhere(counts == 0),
        1,
    ),
    Mistake(
        "squeezed",
        "a common slip: squeeze() makes a number of an array with one element",
        "a single slice becomes a number without an axis, which has no len().",
        returning(slices_without, np.squeeze),
    ),
    Mistake(
        "floats",
        "a common slip: np.zeros or np.append make floats",
        "your slice numbers are floats; asked for are integers, which can be used as an index.",
        returning(slices_without, lambda found: found.astype(float)),
    ),
    Mistake(
        "slice numbers in one byte",
        "open-mmlab/mmsegmentation#1969: uint8 allows values up to 255 only",
        "one byte holds 0 to 255; a list of cases has more slices.",
        returning(slices_without, lambda found: found.astype(np.uint8)),
    ),
    Mistake(
        "texts",
        "a common slip: numbers for printing",
        "your slice numbers are texts; asked for are integers.",
        returning(slices_without, lambda found: [str(z) for z in found]),
    ),
    Mistake(
        "a set",
        "misconception: order does not matter",
        "you return a set, which has no order; asked for are numbers in ascending order.",
        returning(slices_without, lambda found: set(found.tolist())),
    ),
    Mistake(
        "a generator",
        "a common slip: round brackets for square ones",
        "you return a generator, which has no len(): use square brackets.",
        lambda counts, label: (z for z, row in enumerate(counts) if row[label] == 0),
    ),
    Mistake(
        "a dictionary",
        "misconception: a table is a dictionary",
        "you return a dictionary; asked for are the slice numbers.",
        returning(slices_without, lambda found: dict.fromkeys(found.tolist(), 0)),
    ),
    Mistake(
        "rows of the table",
        "misconception: a selection is a list of numbers",
        "you return the rows of the table; asked for are their numbers.",
        lambda counts, label: counts[counts[:, label] == 0],
        1,
    ),
    Mistake(
        "zeros of the column",
        "misconception: a selection is a list of numbers",
        "you return the counts, which are all 0; asked for are the numbers of the slices.",
        lambda counts, label: counts[:, label][counts[:, label] == 0],
        1,
    ),
    Mistake(
        "at most one",
        "a common slip: <= 1 for == 0",
        "a slice with a single voxel has the class.",
        where(lambda counts, label: counts[:, label] <= 1),
        1,
    ),
    Mistake(
        "few voxels",
        "misconception: a few voxels do not count",
        "a slice with a few voxels has the class.",
        where(lambda counts, label: counts[:, label] < 5),
        1,
    ),
    Mistake(
        "small share",
        "misconception: a few voxels do not count",
        "a slice with a small share of the class has it.",
        where(lambda counts, label: counts[:, label] < 1e-3 * counts.sum(axis=1)),
        1,
    ),
    Mistake(
        "counts in one byte",
        "open-mmlab/mmsegmentation#1969: uint8 allows values up to 255 only",
        "in one byte 256 voxels are 0: do not convert the counts.",
        where(lambda counts, label: counts[:, label].astype(np.uint8) == 0),
        1,
    ),
    Mistake(
        "bits turned round",
        "misconception: ~ is `not` for numbers",
        "~ turns round the bits of a number, and ~5 is -6: compare with 0 instead.",
        where(lambda counts, label: ~counts[:, label].astype(int)),
        1,
    ),
    Mistake(
        "slices with tumour only",
        "ivadomed/ivadomed#18: remove slices that are empty",
        "you leave out slices without tumour; they lack the class, too.",
        where(lambda counts, label: (counts[:, label] == 0) & (counts[:, 1:].sum(axis=1) > 0)),
        1,
    ),
    Mistake(
        "never for background",
        "misconception: background is no class, and it is everywhere",
        "label 0 is a class as well: a slice can be without background.",
        where(lambda counts, label: (counts[:, label] == 0) & (label > 0)),
        1,
    ),
    Mistake(
        "class behind",
        "vanvalenlab/deepcell-toolbox#54: background counted among the classes",
        "you look at the class behind: column c belongs to class c.",
        where(lambda counts, label: counts[:, (label + 1) % 4] == 0),
        1,
    ),
    Mistake(
        "always class 3",
        "a common slip: the label of the example written down",
        "you always look at class 3: use the argument.",
        where(lambda counts, label: counts[:, 3] == 0),
        1,
    ),
    Mistake(
        "this class and all above",
        "a common slip: [:, label:] for [:, label]",
        "you ask for slices without this class and all higher ones.",
        where(lambda counts, label: counts[:, label:].sum(axis=1) == 0),
        1,
    ),
    Mistake(
        "some class missing",
        "a common slip: any() over the columns",
        "you find slices that lack some class of the tumour; the task asks for one.",
        where(lambda counts, label: (counts[:, 1:] == 0).any(axis=1)),
        1,
    ),
    Mistake(
        "not the largest class",
        "misconception: argmax says which class there is",
        "you find slices in which another class is the largest; this one may be there as well.",
        where(lambda counts, label: counts.argmax(axis=1) != label),
        1,
    ),
    Mistake(
        "first slice left out",
        "a common slip: range(1, n)",
        "slice 0 is missing.",
        from_second,
    ),
    Mistake(
        "last slice left out",
        "a common slip: range(n - 1)",
        "the last slice is missing.",
        neighbours,
    ),
    Mistake(
        "64 slices",
        "a common slip: a size of the example written down",
        "you look at 64 slices at most; there may be more.",
        lambda counts, label: slices_without(counts[:64], label),
    ),
    Mistake(
        "None for none",
        "misconception: nothing found is None",
        "for a class that is everywhere you return None; return an empty list or array, which has a len().",
        none_if_empty,
    ),
    Mistake(
        "-1 for none",
        "habit from str.find",
        "for a class that is everywhere you return -1, which would be the last slice; return nothing.",
        minus_one_if_empty,
    ),
    Mistake(
        "smallest place",
        "xgi-org/xgi#518: argmin gives the first of equals only",
        "argmin gives one number, of the smallest count; the task asks for all slices with a count of 0.",
        lambda counts, label: counts[:, label].argmin(),
        1,
    ),
    changed_input(
        "counts",
        slices_without,
        lambda counts, label: counts.__setitem__((slice(None), label), counts[:, label] > 0),
    ),
    Mistake(
        "compared with the label",
        "a common slip: == label for == 0",
        "you look for slices with as many voxels as the label's number; compare with 0.",
        where(lambda counts, label: counts[:, label] == label),
        1,
    ),
    Mistake(
        "class behind, up to the last",
        "a common slip: counts[:, label + 1]",
        "you look at the class behind: column c belongs to class c.",
        where(lambda counts, label: counts[:, min(label + 1, 3)] == 0),
        1,
    ),
    Mistake(
        "the whole table",
        "a common slip: the column is forgotten",
        "you look for zeros in the whole table; one column belongs to the class.",
        lambda counts, label: np.flatnonzero(counts == 0),
        1,
    ),
    Mistake(
        "rows of the whole table",
        "a common slip: np.where(counts == 0)[0]",
        "you look for zeros in the whole table, so a slice is there once for each class that it lacks.",
        lambda counts, label: np.where(counts == 0)[0],
        1,
    ),
    Mistake(
        "in no slice at all",
        "misconception: a class is missing if the volume lacks it",
        "you add up all slices; the task asks for each slice by itself.",
        lambda counts, label: np.arange(len(counts) * (counts[:, label].sum() == 0)),
    ),
    Mistake(
        "up to the first that has it",
        "a common slip: break in the loop",
        "you stop at the first slice that has the class; others behind it may lack it.",
        lambda counts, label: np.arange(np.argmax([*(counts[:, label] > 0), True])),
    ),
    Mistake(
        "tumour columns only",
        "misconception: the table has no column for the background",
        "you cut the column of the background off; column c of the table belongs to class c.",
        where(lambda counts, label: counts[:, 1:][:, label] == 0),
        1,
    ),
    Mistake(
        "compared by `is`",
        "misconception: `is` compares values",
        "`is` compares objects; a number of an array is never the object 0: use ==.",
        lambda counts, label: [z for z, one in enumerate(counts[:, label]) if id(one) == id(0)],
        1,
    ),
    Mistake(
        "axis of a single slice lost",
        "a common slip: squeeze",
        "a table of one slice is still a table: squeeze takes its axis away.",
        lambda counts, label: (
            np.flatnonzero(np.squeeze(counts)[..., label].T == 0)
            if len(counts) > 1
            else np.squeeze(counts)[:, label]
        ),
    ),
    Mistake(
        "pairs",
        "a common slip: pairs",
        "you return pairs; asked for are numbers.",
        returning(slices_without, lambda found: [(int(z), int(z)) for z in found]),
    ),
    Mistake(
        "a text",
        "a common slip: a text",
        "you return a text; asked for are integers.",
        returning(slices_without, str),
    ),
    Mistake(
        "a tensor",
        "a common slip: a tensor",
        "you return a tensor; asked for is an array, a list or a tuple.",
        returning(slices_without, torch.as_tensor),
    ),
    Mistake(
        "twice",
        "a common slip: twice",
        "every slice number is there twice.",
        returning(slices_without, lambda found: np.repeat(found, 2)),
    ),
    Mistake(
        "counted from the end",
        "a common slip: counted from the end",
        "your numbers are negative; asked for are the numbers from 0 on.",
        lambda counts, label: slices_without(counts, label) - len(counts),
    ),
    Mistake(
        "this class and all below",
        "a common slip: this class and all below",
        "you ask for slices without this class and all lower ones.",
        where(lambda counts, label: counts[:, : label + 1].sum(axis=1) == 0),
        1,
    ),
    Mistake(
        "no change to the next",
        "a common slip: no change to the next",
        "you compare neighbouring slices; compare with 0.",
        lambda counts, label: np.flatnonzero(np.diff(counts[:, label]) == 0),
        1,
    ),
    Mistake(
        "Python objects",
        "a common slip: Python objects",
        "your array holds Python objects; asked for are integers.",
        returning(slices_without, lambda found: found.astype(object)),
    ),
]
