"""A gap: its points, its minutes and the properties of a right answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


class Wrong(Exception):
    """An answer fails a property: what was tried, what was expected and what was returned.

    Parameters
    ----------
    tried : str
        The input in words, e.g. `"spacing (1, 1, 3) mm, voxel (2, 0, 5)"`.
    expected, got
        Values. Known mistakes are recognised by `got`, so give the full value.
    step : str
        The numbered step of the gap to look at, e.g. `"step 2"`.
    """

    def __init__(self, tried: str, expected: Any, got: Any, step: str = "") -> None:
        super().__init__(tried)
        self.tried, self.expected, self.got, self.step = tried, expected, got, step


@dataclass(frozen=True)
class Property:
    """One property of a right answer.

    Attributes
    ----------
    name : str
        A short phrase for the messages, e.g. `"an absent class"`.
    run : callable
        `run(answer, rng)` makes its own inputs from the `numpy.random.Generator` and raises `Wrong`.
    share : float
        Its weight in the points, relative to the other properties.
    visible : bool
        If False, only the graded check tests it.
    """

    name: str
    run: Callable[[Any, np.random.Generator], None]
    share: float = 1.0
    visible: bool = True


@dataclass(frozen=True)
class Gap:
    """One exercise. Notebook cells, headers and tables are generated from these fields.

    Attributes
    ----------
    id : str
        `g01_voxel_to_mm`: `g`, the number of the notebook, a readable name.
    answer : str
        The name that the student's cell defines.
    reference : callable
        The library's own version, used when the student's does not work yet. None for free text.
    shortcuts : sequence
        Other functions of the library that do the same: like the reference, an answer may not call them.
    scene : callable, optional
        `scene(answer)` returns an image (H, W) or (H, W, 3) that the answer makes; when the check fails, it
        is shown beside the expected one (`grading_tests.picture`).
    """

    id: str
    answer: str
    minutes: int
    points: int
    reference: Any = None
    properties: Sequence[Property] = ()
    shortcuts: Sequence[Any] = ()
    scene: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: a name for the idea, where it was seen, and the message for the student."""

    name: str
    source: str
    message: str
    answer: Any


@dataclass(frozen=True)
class Survivor:
    """Mutants of the solution that the graded check accepts: the line, its versions, and why.

    `equivalent` is False where the mutants are wrong and the check misses them.
    """

    before: str
    after: Sequence[str]
    reason: str
    equivalent: bool = True


def plain(value: Any) -> np.ndarray | None:
    """Return `value` as a NumPy array of numbers, or None if it is not made of numbers."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "biufc" else None


def same(got: Any, expected: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Return whether two values agree: numbers within a tolerance, up to axes of length 1; others by `==`."""
    if isinstance(got, tuple | list) and isinstance(expected, tuple | list) and plain(expected) is None:
        return len(got) == len(expected) and all(map(same, got, expected))
    a, b = plain(got), plain(expected)
    if a is None or b is None:
        return a is None and b is None and type(got) is type(expected) and got == expected
    if a.shape != b.shape and a.squeeze().shape != b.squeeze().shape:
        return False
    return bool(np.allclose(a.squeeze(), b.squeeze(), rtol=rtol, atol=atol, equal_nan=True))


def first_largest(values: np.ndarray) -> int:
    """Return the flat index of the first value that is within 1 % of the largest.

    For messages that show one place: rounding must not decide between equals.
    """
    return int(np.argmax(values >= 0.99 * values.max()))


def expect(
    got: Any, expected: Any, tried: str, step: str = "", rtol: float = 1e-4, atol: float = 1e-5
) -> None:
    """Raise `Wrong` unless `got` agrees with `expected`.

    Raises
    ------
    Wrong
        If the values differ.
    """
    if not same(got, expected, rtol, atol):
        raise Wrong(tried, expected, got, step)
