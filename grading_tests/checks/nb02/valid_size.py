"""Input sizes that an unpadded U-Net accepts: valid_size(size, depth) returns the next below and above."""

from typing import Any

import numpy as np

from brainlab.models import valid_size
from grading_tests.gap import Gap, Property, Wrong, expect


def pair_of(answer: Any, size: int, depth: int) -> tuple[int, int]:
    """Return the two sizes of an answer as plain numbers."""
    got = answer(size, depth)
    try:
        below, above = (np.asarray(value, dtype=float).item() for value in got)  # shape () or (1,)
    except (TypeError, ValueError):
        raise Wrong(f"size {size}, depth {depth}", valid_size(size, depth), got) from None
    return below, above


def between_two(answer: Any, rng: np.random.Generator) -> None:
    for size, depth in ((570, 4), (int(rng.integers(300, 555)), 4), (200, 3)):
        expect(pair_of(answer, size, depth), valid_size(size, depth), f"size {size}, depth {depth}", "step 3")


def already_valid(answer: Any, rng: np.random.Generator) -> None:
    for size, depth in ((572, 4), (valid_size(int(rng.integers(200, 300)), 3)[1], 3)):
        expect(pair_of(answer, size, depth), (size, size), f"size {size}, depth {depth}", "step 3")


def other_depths(answer: Any, rng: np.random.Generator) -> None:
    for depth in (1, 2, 5):
        for size in rng.integers(400, 800, size=3):
            tried = f"size {size}, depth {depth}"
            expect(pair_of(answer, int(size), depth), valid_size(int(size), depth), tried, "step 1")


GAP = Gap(
    "g02_valid_size",
    "valid_size",
    minutes=6,
    points=3,
    reference=valid_size,
    properties=[
        Property("a size between two valid ones", between_two),
        Property("a valid size", already_valid),
        Property("other depths", other_depths, visible=False),
    ],
)
