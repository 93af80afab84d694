"""Right and wrong answers to g01_slices_without."""

import numpy as np
import torch

from brainlab.data import slices_without
from grading_tests.gap import Mistake


def without_by_sets(counts, label):
    with_it = {int(z) for z in np.nonzero(counts[:, label])[0]}
    return sorted(set(range(len(counts))) - with_it)


RIGHT = {
    "library": slices_without,
    "where": lambda counts, label: np.where(counts[:, label] == 0)[0],
    "list": lambda counts, label: [z for z, row in enumerate(counts) if not row[label]],
    "argwhere": lambda counts, label: np.argwhere(counts[:, label] < 1),
    "torch": lambda counts, label: torch.nonzero(torch.as_tensor(counts)[:, label] == 0).squeeze(1),
    "sets": without_by_sets,
    "mask as index": lambda counts, label: np.arange(len(counts))[~counts[:, label].astype(bool)],
}


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
]
