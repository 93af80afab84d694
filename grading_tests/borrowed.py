"""Detect an answer that lets the library do what was asked.

The answer is watched while it runs (`sys.setprofile`), so it does not matter how it is written: another
name, a lambda, `functools.partial`, a subclass. A call counts if the answer made it, and not if the check or
the library did. In every gap the same calls count:

- of the reference, of one of the gap's shortcuts, or of a function of the checks;
- of any function of the library that gets an input of the answer and returns its result, or one minus or
  minus its result, or a part of it. Other functions of the library may be used.
"""

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np
from torch import Tensor

from grading_tests.gap import Gap
from grading_tests.values import plain, same

CHECKS = "grading_tests.checks."


class Watch:
    """The profile function of one check: which functions the answer borrows, by name."""

    def __init__(self, gap: Gap, entry: CodeType) -> None:
        self.lenders, self.entry = lenders_of(gap), entry
        self.borrowed: set[str] = set()
        # Of the running call of the answer: frame -> name and arguments; then what was returned.
        self.open: dict[int, tuple[str, tuple]] = {}
        self.returned: list[tuple[str, tuple, Any]] = []
        self.calls, self.done_by = 0, {}

    def __call__(self, frame: FrameType, event: str, value: Any) -> None:
        if event == "return":
            name, arguments = self.open.pop(id(frame), ("", ()))
            if name:
                self.returned.append((name, arguments, value))
        elif event == "call":
            lender = self.lenders.get(id(frame.f_code))
            public = is_of_library(frame)
            if (lender or public) and from_answer(frame.f_back, self.entry):
                self.note(lender, frame)
                if public:
                    self.open[id(frame)] = frame.f_code.co_name, tuple(frame.f_locals.values())
        elif event == "c_call":
            lender = self.lenders.get(id(value))
            if lender and from_answer(frame, self.entry):
                self.note(lender, frame)

    def note(self, lender: tuple[str, dict[str, Any]] | None, frame: FrameType) -> None:
        """Note a call of a lender, if it has the options for which a call counts."""
        name, options = lender or ("", {})
        given = frame.f_locals if options else {}
        if name and all(given.get(option) == value for option, value in options.items()):
            self.borrowed.add(name)

    def judge(self, inputs: list[Any], result: Any) -> None:
        """Compare the result of one call of the answer with what the library returned to it."""
        self.calls += 1
        for name in work_of(self.returned, inputs, result):
            self.done_by[name] = self.done_by.get(name, 0) + 1
        self.open.clear()
        self.returned.clear()

    def close(self) -> None:
        """Add the functions that returned the result of most calls; once may be a coincidence."""
        if not self.borrowed:
            self.borrowed |= {name for name, count in self.done_by.items() if 2 * count > self.calls}


def work_of(returned: list[tuple[str, tuple, Any]], inputs: list[Any], result: Any) -> set[str]:
    """Return the names of the functions that got an input and returned this result, or all parts of it."""
    arrays = [one for one in inputs if isinstance(one, np.ndarray | Tensor)] or inputs
    pool = [
        (name, leaf)
        for name, arguments, value in returned
        if any(one is given or same(one, given) for one in arguments for given in arrays)
        for leaf in leaves(value)
    ]
    if not pool or result is None:
        return set()
    found: set[str] = set()
    for part in leaves(result):
        names = {name for name, leaf in pool if matches(leaf, part)}
        if not names:
            return set()
        found |= names
    return found


def leaves(value: Any) -> list[Any]:
    """Return the parts of a list, tuple or dictionary that is not made of numbers alone."""
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) and plain(value) is None else [value]


def matches(lent: Any, part: Any) -> bool:
    """Return whether a part of the result is what was lent, or one minus or minus it."""
    a, b = plain(lent), plain(part)
    if a is None or b is None or a.dtype == bool:
        return same(lent, part)
    return any(same(one, b) for one in (a, 1 - a.astype(np.result_type(a, float)), -1.0 * a))


@contextlib.contextmanager
def watched(gap: Gap, answer: Any) -> Iterator[tuple[Callable, set[str]]]:
    """Yield the answer to pass to the checks, and the set of names it borrows, complete at the end."""

    @functools.wraps(answer, updated=())
    def entry(*arguments: Any, **options: Any) -> Any:
        result = answer(*arguments, **options)
        if watch.returned:
            watch.judge([*arguments, *options.values()], result)
        else:
            watch.calls += 1
        return result

    watch = Watch(gap, entry.__code__)
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield entry, watch.borrowed
    finally:
        sys.setprofile(before)
        watch.close()


def is_of_library(frame: FrameType) -> bool:
    """Return whether a frame runs a function that a module of the library defines, no method."""
    name, code = frame.f_globals.get("__name__"), frame.f_code
    if not str(name).startswith("brainlab") or code.co_name.startswith("__"):
        return False
    function = frame.f_globals.get(code.co_name)
    return isinstance(function, FunctionType) and inspect.unwrap(function).__code__ is code


def from_answer(frame: FrameType | None, entry: CodeType) -> bool:
    """Return whether a call came from the answer, directly or through torch (as calls of layers do)."""
    while frame is not None and package_of(frame) == "torch":
        frame = frame.f_back
    if frame is None or frame.f_code is entry:
        return frame is not None
    return package_of(frame) not in ("brainlab", "grading_tests")


def package_of(frame: FrameType) -> str:
    """Return the package that a frame's code belongs to; `""` for the bank, which holds answers."""
    module = str(frame.f_globals.get("__name__"))
    return "" if module.startswith("grading_tests.bank") else module.split(".")[0]


def lenders_of(gap: Gap) -> dict[int, tuple[str, dict[str, Any]]]:
    """Return what an answer may not call: id of the code -> name, and the options for which a call counts.

    Of a class these are the methods defined in the library; of the checks all functions, because they know
    the right answers.
    """
    found = {}
    for module in [module for name, module in sys.modules.items() if name.startswith(CHECKS)]:
        for function in vars(module).values():
            if isinstance(function, FunctionType) and function.__module__.startswith(CHECKS):
                found[id(function.__code__)] = function.__name__, {}
    for item in (*gap.shortcuts, gap.reference):
        options = item.keywords if isinstance(item, partial) else {}
        lender = item.func if isinstance(item, partial) else item
        name = gap.answer if item is gap.reference else lender.__name__
        if isinstance(lender, type):
            own = [kind for kind in lender.__mro__ if kind.__module__.startswith("brainlab")]
            for function in [each for kind in own for each in vars(kind).values()]:
                if isinstance(function, FunctionType):
                    found[id(function.__code__)] = name, {}
        else:  # a function written in C, such as torch's, has no code
            found[id(getattr(lender, "__code__", lender))] = name, options
    return found
