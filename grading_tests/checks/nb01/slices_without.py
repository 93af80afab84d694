"""The slices that lack a class: slices_without(counts, label)."""

import numpy as np

from brainlab.data import slices_without
from grading_tests.checks.nb01.contract import (
    Cases,
    called_again,
    expect_numbers,
    indices_in_words,
    steady,
    unchanged,
)
from grading_tests.gap import Gap, Property, Wrong, expect, plain


def some_counts(rng: np.random.Generator, slices: int = 9) -> np.ndarray:
    """Return (Z, 4) counts in which classes 1 to 3 are missing here and there, and 0 is not."""
    counts = rng.integers(1, 50, (slices, 4))
    counts[:, 1:] *= rng.integers(0, 2, (slices, 3))
    counts[0, 1:], counts[-1, 1:] = (0, 3, 0), (5, 0, 7)
    return counts


def compare(got: object, arguments: tuple, tried: str) -> None:
    counts, label = arguments
    expected, array = slices_without(counts, label), plain(got)
    # An empty list and an empty array of any kind mean the same.
    if array is None or array.size or expected.size:
        expect(got, expected, tried)


def missing(answer, counts: np.ndarray, label: int, tried: str) -> None:
    shown = f", counts {counts[:, label].tolist()} for label {label}" if len(counts) < 20 else ""
    compare(answer(counts.copy(), label), (counts, label), tried + shown)


def missing_et(answer, rng: np.random.Generator) -> None:
    """The message shows the answers for all four labels: so the mistake is easier to see."""
    counts = some_counts(rng)
    counts[3], counts[4], counts[7] = (27, 1, 2, 3), (0, 31, 28, 46), (0, 0, 0, 9)
    got = steady(answer, counts, 3, other=(some_counts(rng, 20)[::-1], 2))
    try:
        compare(got, (counts, 3), "")
    except Wrong:
        found = [
            indices_in_words(got if label == 3 else tried(answer, counts, label)) for label in (3, 0, 1, 2)
        ]
        right = [indices_in_words(slices_without(counts, label)) for label in (3, 0, 1, 2)]
        shown = f"counts {counts[:, 3].tolist()} for label 3; then labels 0, 1, 2"
        raise Wrong(shown, "; ".join(right), "; ".join(found)) from None


def tried(answer, counts: np.ndarray, label: int) -> object:
    try:
        return answer(counts.copy(), label)
    except Exception as error:
        return error


def missing_never(answer, rng: np.random.Generator) -> None:
    missing(answer, some_counts(rng), 0, "background is everywhere")


def missing_others(answer, rng: np.random.Generator) -> None:
    for label in (1, 2):
        missing(answer, some_counts(rng, 12), label, "another class")
    counts = some_counts(rng, 8)
    counts[[1, 6], 0], counts[4] = 0, (0, 0, 0, 21)
    missing(answer, counts, 0, "slices that are all tumour, without background")
    counts = some_counts(rng, 6)
    counts[:, 1], counts[-1] = (0, 3, 0, 4, 9, 0), (9, 0, 0, 0)
    missing(answer, counts, 1, "also missing from the last slice")


def missing_always(answer, rng: np.random.Generator) -> None:
    counts = some_counts(rng, 6)
    counts[:, 3] = 0
    missing(answer, counts, 3, "no slice has it")


def missing_close(answer, rng: np.random.Generator) -> None:
    """One voxel in a slice of 57,600 is not none, and neither are 256, which is 0 in one byte."""
    counts = np.array(
        [[57600, 0, 0, 0], [57599, 0, 0, 1], [57344, 0, 0, 256], [57590, 5, 5, 0], [0, 0, 0, 65536]]
    )
    missing(answer, counts, 3, "very few and very many voxels")


def missing_one(answer, rng: np.random.Generator) -> None:
    for row in ([40, 3, 0, 2], [40, 0, 5, 0]):
        for label in range(4):
            missing(answer, np.array([row]), label, "a single slice, counts of shape (1, 4)")
            expected = len(slices_without(np.array([row]), label))
            expect_numbers(answer(np.array([row]), label), expected, "iu" if expected else "iuf", "one slice")


def missing_many(answer, rng: np.random.Generator) -> None:
    missing(answer, some_counts(rng, 400), 2, "400 slices, label 2")


def missing_form(answer, rng: np.random.Generator) -> None:
    counts = some_counts(rng)
    expected = len(slices_without(counts, 3))
    expect_numbers(answer(counts.copy(), 3), expected, "iu", "some slices")
    one = np.array([[9, 1, 1, 0], [9, 1, 1, 2]])
    expect_numbers(answer(one, 3), 1, "iu", "a single slice without the class")
    got = answer(counts.copy(), 0)  # the kind of number of an empty result does not matter
    expect_numbers(got, 0, "iuf", "a class that is everywhere")


def calls(rng: np.random.Generator) -> Cases:
    return [
        (f"counts of type {kind}", (some_counts(rng, 10).astype(kind), label))
        for kind, label in (("int64", 3), ("int32", 1), ("float64", 2))
    ]


def missing_typed(answer, rng: np.random.Generator) -> None:
    for tried, (counts, label) in calls(rng):
        missing(answer, counts, label, tried)


GAP = Gap(
    "g01_slices_without",
    "slices_without",
    minutes=3,
    points=2,
    reference=slices_without,
    properties=[
        Property("some slices without", missing_et),
        Property("a class that is everywhere", missing_never),
        Property("other classes", missing_others),
        Property("an absent class", missing_always),
        Property("a single voxel is not none", missing_close),
        Property("a single slice", missing_one, share=0.5),
        Property("400 slices", missing_many, share=0.5),
        Property("counts of other types", missing_typed, share=0.5),
        Property("an array or a list of integers", missing_form, share=0.5),
        Property("inputs unchanged", unchanged(calls, ("counts", "label")), share=0.5),
        Property("another call", called_again(calls, compare), share=0.5),
    ],
)
