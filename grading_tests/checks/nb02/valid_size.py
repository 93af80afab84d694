"""Input sizes that an unpadded U-Net accepts: valid_size(size, depth) returns the next below and above."""

from typing import Any

import numpy as np

from brainlab.models import valid_size
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt


def expect_sizes(answer: Any, size: int, depth: int, step: str = "") -> None:
    """Compare both sizes, which must be whole numbers: the next cells cut tiles of them."""
    tried, expected = f"size {size}, depth {depth}", valid_size(size, depth)
    got = attempt(tried, expected, answer, size, depth)
    try:
        pair = list(got)
        numbers = [np.asarray(value, dtype=float).item() for value in pair]  # shape () or (1,)
    except (TypeError, ValueError):
        raise Wrong(f"{tried}: (below, above)", expected, got) from None
    if isinstance(got, set | dict) or len(numbers) != 2:
        raise Wrong(f"{tried}: (below, above)", expected, got)
    expect(tuple(numbers), expected, tried, step)
    if not all(isinstance(value, int | np.integer) for value in pair):
        names = " and ".join(type(value).__name__ for value in pair)
        idea = "sizes are counted: whole numbers, of which the next cells cut images."
        raise Wrong(f"{tried}: the types of below and above", "whole numbers (int)", names, idea=idea)


def between_two(answer: Any, rng: np.random.Generator) -> None:
    for size, depth in ((570, 4), (int(rng.integers(300, 555)), 4), (200, 3)):
        expect_sizes(answer, size, depth, "step 2")


def already_valid(answer: Any, rng: np.random.Generator) -> None:
    for size, depth in ((572, 4), (valid_size(int(rng.integers(200, 300)), 3)[1], 3), (188, 4)):
        expect_sizes(answer, size, depth, "step 2")


def next_to_a_valid_one(answer: Any, rng: np.random.Generator) -> None:
    """The longest ways to the next valid size, in both directions; the smallest valid size of a depth."""
    for size, depth in ((571, 4), (557, 4), (189, 4), (93, 3), (45, 2), (92, 3), (44, 2), (20, 1), (380, 5)):
        expect_sizes(answer, size, depth, "step 2")


def other_depths(answer: Any, rng: np.random.Generator) -> None:
    for depth in (1, 2, 5, 6):
        for size in (997, *rng.integers(800, 1200, size=3)):
            expect_sizes(answer, int(size), depth, "step 1")
    # With 7 poolings the smallest valid size is 1532, and the next one 128 pixels away.
    for size, depth in ((1532, 7), (1533, 7), (3068, 8)):
        expect_sizes(answer, size, depth, "step 1")


def defaults(answer: Any, rng: np.random.Generator) -> None:
    tried, expected = "size 570, no depth given: 4", valid_size(570)
    expect(attempt(tried, expected, answer, 570), expected, tried)
    tried, expected = "size 80, depth=2", valid_size(80, depth=2)
    expect(attempt(tried, expected, answer, 80, depth=2), expected, tried)


GAP = Gap(
    "g02_valid_size",
    "valid_size",
    minutes=6,
    points=3,
    reference=valid_size,
    properties=[
        Property("a size between two valid ones", between_two),
        Property("a valid size", already_valid),
        Property("a size next to a valid one", next_to_a_valid_one),
        Property("other depths", other_depths),
        Property("the default depth", defaults),
    ],
)
