"""Voxels per slice and class: label_counts(labels)."""

import numpy as np

from brainlab.data import label_counts
from grading_tests.checks.nb01.contract import Cases, called_again, expect_array, steady, unchanged
from grading_tests.gap import Gap, Property, Wrong, expect, plain


def label_slices(rng: np.random.Generator, shape: tuple, classes: tuple = (0, 1, 2, 3)) -> np.ndarray:
    return rng.choice(np.array(classes, dtype=np.uint8), shape)


def compare(got: object, arguments: tuple, tried: str) -> None:
    expect(got, label_counts(*arguments), tried, rtol=1e-9, atol=1e-9)


def counted(answer, labels: np.ndarray, tried: str) -> None:
    compare(answer(labels.copy()), (labels,), tried)


def counted_all(answer, rng: np.random.Generator) -> None:
    labels = label_slices(rng, (3, 5, 7))
    compare(steady(answer, labels, other=(3 - labels,)), (labels,), "3 slices of 5 x 7 with all classes")


def counted_absent(answer, rng: np.random.Generator) -> None:
    labels = label_slices(rng, (4, 6, 5), (0, 1, 2))
    labels[0] = 0
    labels[2] = 2
    counted(answer, labels, "4 slices without class 3, one of them empty, one full of class 2")
    counted(answer, label_slices(rng, (5, 4, 6), (0, 3)), "5 slices without the classes 1 and 2")


def counted_large(answer, rng: np.random.Generator) -> None:
    """Slices of 76,800 voxels: more than one byte counts, and more than two."""
    labels = np.zeros((2, 300, 256), np.uint8)
    labels[1, :160], labels[1, 160:163] = 2, 3
    counted(answer, labels, "slices of 300 x 256 voxels, one of them empty")


def counted_many(answer, rng: np.random.Generator) -> None:
    counted(answer, label_slices(rng, (200, 3, 4)), "200 slices of 3 x 4")
    counted(answer, label_slices(rng, (1, 4, 9)), "a single slice of 4 x 9")


def counted_thin(answer, rng: np.random.Generator) -> None:
    """One slice, slices of one row or of one voxel: `squeeze` takes their axes as well."""
    for shape in ((1, 4, 9), (5, 1, 6), (3, 7, 1), (2, 1, 1), (1, 1, 1)):
        labels = label_slices(rng, shape)
        got = plain(answer(labels.copy()))
        if got is not None and got.shape != (shape[0], 4):
            raise Wrong(f"labels of shape {shape}", f"shape {(shape[0], 4)}", f"shape {got.shape}")
        compare(got, (labels,), f"labels of shape {shape}")


def typed(rng: np.random.Generator) -> Cases:
    kinds = ("uint8", "int64", "int16", "int8")
    return [(f"labels of type {kind}", (label_slices(rng, (3, 20, 30)).astype(kind),)) for kind in kinds]


def counted_typed(answer, rng: np.random.Generator) -> None:
    for tried, (labels,) in typed(rng):
        counted(answer, labels, tried)


def counted_form(answer, rng: np.random.Generator) -> None:
    expect_array(answer(label_slices(rng, (3, 5, 7))), (3, 4), "iuf", "3 slices of 5 x 7")


GAP = Gap(
    "g01_label_counts",
    "label_counts",
    minutes=6,
    points=3,
    reference=label_counts,
    properties=[
        Property("all classes", counted_all, share=2),
        Property("an absent class", counted_absent),
        Property("slices of 76,800 voxels", counted_large),
        Property("200 slices, and one", counted_many, share=0.5),
        Property("one slice, one row, one voxel", counted_thin, share=0.5),
        Property("labels of other types", counted_typed, share=0.5),
        Property("an array", counted_form, share=0.5),
        Property("input unchanged", unchanged(typed, ("labels",)), share=0.5),
        Property("another call", called_again(typed, compare), share=0.5),
    ],
)
