"""Class weights against imbalance: class_weights(counts)."""

import numpy as np

from brainlab.data import balanced_weights
from grading_tests.gap import Gap, Property, expect
from grading_tests.unchanged import expect_unchanged


def weighted(answer, counts: np.ndarray, tried: str, step: str) -> None:
    expect(np.asarray(answer(counts.copy())), balanced_weights(counts), tried, step, rtol=1e-3)


def weighted_all(answer, rng: np.random.Generator) -> None:
    counts = rng.integers(1, 50, (5, 4)) * [40, 1, 4, 2]
    weighted(answer, counts, f"voxels of the four classes {counts.sum(axis=0).tolist()}", "step 3")


def weighted_absent(answer, rng: np.random.Generator) -> None:
    counts = rng.integers(1, 50, (4, 4)) * [40, 1, 4, 0]
    weighted(answer, counts, f"no ET at all: {counts.sum(axis=0).tolist()}", "step 2")


def weighted_sparse(answer, rng: np.random.Generator) -> None:
    counts = rng.integers(0, 9, (20, 4)) * rng.integers(0, 2, (20, 4)) + [300, 0, 0, 0]
    counts[:, 1:3] += 1
    counts[:, 3] = np.arange(20) == rng.integers(20)
    weighted(answer, counts, "20 slices, and a single voxel of ET", "step 1")


def weighted_unchanged(answer, rng: np.random.Generator) -> None:
    expect_unchanged(answer, rng.integers(1, 50, (5, 4)))


GAP = Gap(
    "g01_class_weights",
    "class_weights",
    minutes=6,
    points=3,
    reference=balanced_weights,
    properties=[
        Property("four classes", weighted_all, share=2),
        Property("an absent class", weighted_absent),
        Property("classes missing from many slices", weighted_sparse, visible=False),
        Property("input unchanged", weighted_unchanged, share=0.5, visible=False),
    ],
)
