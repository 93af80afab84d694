"""Class weights against imbalance: class_weights(counts)."""

import numpy as np

from brainlab import data
from brainlab.data import balanced_weights
from grading_tests.checks.nb01.contract import (
    Cases,
    called_again,
    expect_array,
    expect_unrounded,
    steady,
    unchanged,
)
from grading_tests.gap import Gap, Property, Wrong, expect, plain, same


def compare(got: object, arguments: tuple, tried: str) -> None:
    expected, array = balanced_weights(*arguments), plain(got)
    if array is not None and array.shape == expected.shape:
        absent, close = expected == 0, np.allclose(array, expected, rtol=0, atol=0.06)
        if absent.any() and same(array[~absent], expected[~absent]):
            huge = np.isfinite(array).all() and (array[absent] > 1e6).all()
            if huge:
                raise Wrong(tried, "0 for the absent class", "a weight above a million for it")
        top, large = array.max(), expected.max()
        if top < 0.99 * large and np.allclose(array, np.minimum(expected, top), rtol=1e-3):
            raise Wrong(tried, "weights without a limit", "the right weights up to a limit, none above it")
        factor = float(array @ expected) / float(expected @ expected)
        if abs(factor - 1) > 1e-3 and np.allclose(array, factor * expected, rtol=1e-3, atol=1e-9 * large):
            raise Wrong(tried, f"{shown(expected)}, with these factors", f"the right weights x {factor:.4g}")
        if close:
            expect_unrounded(array, expected, "the weights")
    expect(got, expected, tried, rtol=1e-5, atol=1e-9)


def shown(weights: np.ndarray) -> str:
    return ", ".join(f"{weight:.4g}" for weight in weights)


def weighted(answer, counts: np.ndarray, tried: str) -> None:
    compare(
        answer(counts.copy()), (counts,), f"{tried}: voxels of the four classes {counts.sum(axis=0).tolist()}"
    )


def weighted_all(answer, rng: np.random.Generator) -> None:
    counts = rng.integers(1, 50, (5, 4)) * [40, 1, 4, 2]
    steady(answer, counts, other=(counts[:3] * [1, 3, 2, 9],))
    weighted(answer, counts, "5 slices")


def weighted_absent(answer, rng: np.random.Generator) -> None:
    weighted(answer, rng.integers(1, 50, (4, 4)) * [40, 1, 4, 0], "no ET at all")
    weighted(answer, rng.integers(1, 50, (4, 4)) * [0, 0, 4, 3], "no background, no NCR")


def weighted_sparse(answer, rng: np.random.Generator) -> None:
    counts = rng.integers(0, 9, (20, 4)) * rng.integers(0, 2, (20, 4)) + [300, 0, 0, 0]
    counts[:, 1:3] += 1
    counts[:, 3] = np.arange(20) == rng.integers(20)
    weighted(answer, counts, "20 slices, and a single voxel of ET")


def weighted_empty(answer, rng: np.random.Generator) -> None:
    counts = rng.integers(1, 50, (12, 4)) * [40, 1, 4, 2]
    counts[::2, 1:] = 0
    weighted(answer, counts, "every second slice without tumour")


def weighted_one(answer, rng: np.random.Generator) -> None:
    weighted(answer, np.array([[31, 4, 22, 7]]), "a single slice")
    weighted(answer, np.full((4, 4), 25), "equal classes")


def weighted_large(answer, rng: np.random.Generator) -> None:
    """A thousand cases: more voxels than 32 bits hold."""
    counts = rng.integers(1, 9, (6, 4)) * [1_500_000_000, 300_000, 30_000_000, 200_000]
    weighted(answer, counts, "very many cases")


def calls(rng: np.random.Generator) -> Cases:
    counts = rng.integers(1, 50, (5, 4)) * [40, 1, 4, 2]
    absent = rng.integers(1, 50, (6, 4)) * [40, 1, 0, 2]
    return [
        (
            f"counts of type {kind}, {'all classes' if given is counts else 'an absent class'}",
            (given.astype(kind),),
        )
        for kind in ("int64", "float64", "int32")
        for given in (counts, absent)
    ]


def weighted_typed(answer, rng: np.random.Generator) -> None:
    for tried, (counts,) in calls(rng):
        weighted(answer, counts, tried)


def weighted_form(answer, rng: np.random.Generator) -> None:
    got = answer(rng.integers(1, 50, (5, 4)))
    expect_array(got, (4,), "f", "5 slices")
    if got.dtype.itemsize < 4:
        raise Wrong("5 slices: the type of the result", "float32 or float64", str(got.dtype))


GAP = Gap(
    "g01_class_weights",
    "class_weights",
    minutes=6,
    points=3,
    reference=balanced_weights,
    shortcuts=(data.class_weights,),
    properties=[
        Property("four classes", weighted_all, share=2),
        Property("an absent class", weighted_absent),
        Property("classes missing from many slices", weighted_sparse),
        Property("slices without tumour", weighted_empty, share=0.5),
        Property("one slice, and equal classes", weighted_one, share=0.5),
        Property("very many voxels", weighted_large, share=0.5),
        Property("counts of other types", weighted_typed, share=0.5),
        Property("an array of floats", weighted_form, share=0.5),
        Property("input unchanged", unchanged(calls, ("counts",)), share=0.5),
        Property("another call", called_again(calls, compare), share=0.5),
    ],
)
