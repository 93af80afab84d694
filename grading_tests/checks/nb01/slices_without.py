"""The slices that lack a class: slices_without(counts, label)."""

import numpy as np

from brainlab.data import slices_without
from grading_tests.gap import Gap, Property, expect


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


GAP = Gap(
    "g01_slices_without",
    "slices_without",
    minutes=3,
    points=2,
    reference=slices_without,
    properties=[
        Property("some slices without", missing_et),
        Property("a class that is everywhere", missing_never),
        Property("other classes", missing_others, visible=False),
        Property("an absent class", missing_always, visible=False),
    ],
)
