"""Notebook 01: how many voxels a class has, and where it is missing."""

import numpy as np

from brainlab.data import label_counts, slices_without
from grading_tests.gap import Gap, Property, expect


def label_slices(rng: np.random.Generator, shape: tuple, classes: tuple = (0, 1, 2, 3)) -> np.ndarray:
    return rng.choice(np.array(classes, dtype=np.uint8), shape)


def counted(answer, labels: np.ndarray, tried: str, step: str) -> None:
    expect(answer(labels.copy()), label_counts(labels), tried, step)


def counted_all(answer, rng: np.random.Generator) -> None:
    counted(answer, label_slices(rng, (3, 5, 7)), "3 slices of 5 x 7 with all classes", "step 2")


def counted_absent(answer, rng: np.random.Generator) -> None:
    labels = label_slices(rng, (4, 6, 5), (0, 1, 2))
    labels[0] = 0
    labels[2] = 2
    counted(answer, labels, "4 slices without class 3, one of them empty, one full of class 2", "step 1")


def counted_many(answer, rng: np.random.Generator) -> None:
    counted(answer, label_slices(rng, (2, 60, 50), (0, 0, 0, 0, 2, 3)), "slices of 3000 voxels", "step 2")


def counted_one(answer, rng: np.random.Generator) -> None:
    counted(answer, label_slices(rng, (1, 4, 9)), "a single slice", "step 2")


LABEL_COUNTS = Gap(
    "g01_label_counts",
    "label_counts",
    minutes=6,
    points=3,
    reference=label_counts,
    properties=[
        Property("all classes", counted_all, share=2),
        Property("a class that is missing", counted_absent),
        Property("thousands of voxels", counted_many, visible=False),
        Property("a single slice", counted_one, visible=False),
    ],
)


def some_counts(rng: np.random.Generator, slices: int = 9) -> np.ndarray:
    """Return (Z, 4) counts in which classes 1 to 3 are missing here and there, and 0 is not."""
    counts = rng.integers(1, 50, (slices, 4))
    counts[:, 1:] *= rng.integers(0, 2, (slices, 3))
    counts[0, 1:], counts[-1, 1:] = (0, 3, 0), (5, 0, 7)
    return counts


def missing(answer, counts: np.ndarray, label: int, tried: str) -> None:
    got = np.asarray(answer(counts.copy(), label))
    expected = slices_without(counts, label)
    # An empty list and an empty array of any kind mean the same.
    if got.size or expected.size:
        expect(got, expected, f"{tried}, counts {counts[:, label].tolist()} for label {label}", "step 1")


def missing_et(answer, rng: np.random.Generator) -> None:
    missing(answer, some_counts(rng), 3, "some slices")


def missing_never(answer, rng: np.random.Generator) -> None:
    missing(answer, some_counts(rng), 0, "background is everywhere")


def missing_others(answer, rng: np.random.Generator) -> None:
    for label in (1, 2):
        missing(answer, some_counts(rng, 12), label, "another class")


def missing_always(answer, rng: np.random.Generator) -> None:
    counts = some_counts(rng, 6)
    counts[:, 3] = 0
    missing(answer, counts, 3, "no slice has it")


SLICES_WITHOUT = Gap(
    "g01_slices_without",
    "slices_without",
    minutes=3,
    points=2,
    reference=slices_without,
    properties=[
        Property("some slices without", missing_et),
        Property("a class that is everywhere", missing_never),
        Property("other classes", missing_others, visible=False),
        Property("a class that is nowhere", missing_always, visible=False),
    ],
)
