"""A gap: its points, its minutes and the properties of a right answer."""

import contextlib
import dis
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grading_tests.values import form, plain, same, same_form

__all__ = ["Gap", "Mistake", "Property", "Survivor", "Wrong", "expect", "first_largest", "plain", "same"]


class Wrong(Exception):
    """An answer fails a property: what was tried, what was expected and what was returned.

    Parameters
    ----------
    tried : str
        The input in words, e.g. `"spacing (1, 1, 3) mm, voxel (2, 0, 5)"`.
    expected, got
        Values. Known mistakes are recognised by `got`, so give the full value.
    step : str
        Where to look. A numbered step, `"step 2"`, is shown only if it is `certain`: the same value may be
        wrong for several reasons. The steps of known mistakes are in the bank (`Mistake.step`).
    certain : bool
        Whether an answer can fail here for no other reason than this step.
    idea : str
        What is wrong, in a sentence, if nothing else can be: shown where no known mistake is recognised.
    """

    def __init__(
        self, tried: str, expected: Any, got: Any, step: str = "", certain: bool = False, idea: str = ""
    ) -> None:
        super().__init__(tried)
        self.tried, self.expected, self.got = tried, expected, got
        self.step, self.certain, self.idea = step, certain, idea


@contextlib.contextmanager
def because(idea: str) -> Iterator[None]:
    """Give every `Wrong` that is raised in this block an idea, unless it has one (see `Wrong`)."""
    try:
        yield
    except Wrong as error:
        error.idea = error.idea or idea
        raise


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
    """A known wrong answer: a name for the idea, where it was seen, and the message for the student.

    `step` is the numbered step of the gap where the mistake is, 0 if it is in none or in several.
    """

    name: str
    source: str
    message: str
    answer: Any
    step: int = 0


@dataclass(frozen=True)
class Survivor:
    """Mutants of the solution that the graded check accepts: the line, its versions, and why.

    `equivalent` is False where the mutants are wrong and the check misses them.
    """

    before: str
    after: Sequence[str]
    reason: str
    equivalent: bool = True


def first_largest(values: np.ndarray) -> int:
    """Return the flat index of the first value that is within 1 % of the largest.

    For messages that show one place: rounding must not decide between equals.
    """
    return int(np.argmax(values >= 0.99 * values.max()))


def expect(
    got: Any,
    expected: Any,
    tried: str,
    step: str = "",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    *,
    like: bool = False,
    shapes: tuple[tuple[int, ...], ...] = (),
    certain: bool = False,
    idea: str = "",
) -> None:
    """Raise `Wrong` unless `got` agrees with `expected`.

    Parameters
    ----------
    got, expected, tried, step, certain, idea
        As for `Wrong`; `idea` is said of values only.
    rtol, atol : float
        Tolerances of floating-point numbers.
    like : bool
        If True, `got` must also be the same kind of object (tensor, array, number, list), have exactly the
        shape and the same kind of number (floating-point, whole, Boolean, complex). Otherwise axes of length
        1 and the kind are free. Use it wherever a later cell relies on the form.
    shapes : tuple of shapes
        With `like`: other shapes that the contract allows, such as `((),)`.

    Raises
    ------
    Wrong
        If the values or their forms differ.
    """
    if like and not same_form(got, expected, shapes):
        raise Wrong(f"{tried}: the kind and shape of the result", form(expected), form(got))
    if not same(got, expected, rtol, atol):
        raise Wrong(tried, expected, got, step, certain, idea)


def is_stub(error: BaseException) -> bool:
    """Return whether an error is the `raise NotImplementedError` of an empty gap.

    PyTorch raises the same kind of error, e.g. for a dtype that an operation does not support.
    """
    if not isinstance(error, NotImplementedError) or error.__traceback__ is None:
        return False
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    code, module = trace.tb_frame.f_code, str(trace.tb_frame.f_globals.get("__name__"))
    raised = code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]
    return raised and module.split(".")[0] not in ("torch", "numpy")
