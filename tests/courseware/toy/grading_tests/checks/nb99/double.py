"""Twice a number: double(x)."""

from grading_tests.gap import Gap, Property, expect


def double(x):
    """Return twice `x`."""
    return 2 * x


def doubles(answer, rng):
    x = float(rng.integers(1, 9))
    expect(answer(x), 2 * x, f"x = {x}", "step 1")


def doubles_negative(answer, rng):
    expect(answer(-3.0), -6.0, "x = -3")


GAP = Gap(
    "g99_double",
    "double",
    minutes=3,
    points=2,
    reference=double,
    properties=[
        Property("a positive number", doubles),
        Property("a negative number", doubles_negative, visible=False),
    ],
)
