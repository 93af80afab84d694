"""The area of a rectangle: area(width, height)."""

from grading_tests.gap import Gap, Property, expect


def area(width, height):
    """Return the area of a rectangle."""
    return width * height


def covers(answer, rng):
    expect(answer(3, 4), 12, "width 3, height 4", "step 2")


GAP = Gap(
    "g99_area", "area", minutes=5, points=3, reference=area, properties=[Property("a rectangle", covers)]
)
