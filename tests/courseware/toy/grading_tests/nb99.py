"""A toy notebook's gaps: two functions and one answer in words."""

from grading_tests.gap import Gap, Property, expect


def double(x):
    """Return twice `x`."""
    return 2 * x


def area(width, height):
    """Return the area of a rectangle."""
    return width * height


def doubles(answer, rng):
    x = float(rng.integers(1, 9))
    expect(answer(x), 2 * x, f"x = {x}", "step 1")


def doubles_negative(answer, rng):
    expect(answer(-3.0), -6.0, "x = -3")


def covers(answer, rng):
    expect(answer(3, 4), 12, "width 3, height 4", "step 2")


GAPS = [
    Gap(
        "g99_double",
        "double",
        minutes=3,
        points=2,
        reference=double,
        properties=[
            Property("a positive number", doubles),
            Property("a negative number", doubles_negative, visible=False),
        ],
    ),
    Gap(
        "g99_area", "area", minutes=5, points=3, reference=area, properties=[Property("a rectangle", covers)]
    ),
    Gap("g99_words", "", minutes=5, points=2),
]
