"""Voxels per slice and class: label_counts(labels)."""

import numpy as np

from brainlab.data import label_counts
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


GAP = Gap(
    "g01_label_counts",
    "label_counts",
    minutes=6,
    points=3,
    reference=label_counts,
    properties=[
        Property("all classes", counted_all, share=2),
        Property("an absent class", counted_absent),
        Property("thousands of voxels", counted_many, visible=False),
        Property("a single slice", counted_one, visible=False),
    ],
)
