"""A property that many gaps share: the input is not modified."""

import numpy as np

from grading_tests.gap import expect


def expect_unchanged(answer, *arrays: np.ndarray) -> None:
    """Call the answer and raise `Wrong` if it wrote into its input."""
    before = [array.copy() for array in arrays if isinstance(array, np.ndarray)]
    answer(*arrays)
    after = [array for array in arrays if isinstance(array, np.ndarray)]
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        expect(new, old, f"is array {number} of the input still what it was?", "work on a copy")
