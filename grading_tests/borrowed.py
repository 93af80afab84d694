"""Detect an answer that lets the library do what was asked.

The answer is watched while it runs (`sys.setprofile`), so it does not matter how it is written: another
name, a lambda, `functools.partial`, a subclass. A call of the reference, of one of the gap's shortcuts or of
a function of the checks counts if the answer made it, and not if the check or the library did.
"""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FrameType, FunctionType
from typing import Any

from grading_tests.gap import Gap

CHECKS = "grading_tests.checks."


@contextlib.contextmanager
def watched(gap: Gap, answer: Any) -> Iterator[tuple[Callable, set[str]]]:
    """Yield the answer to pass to the checks, and the set of names it borrows, which fills up as it runs."""
    lenders = lenders_of(gap)
    borrowed: set[str] = set()

    @functools.wraps(answer, updated=())
    def entry(*arguments: Any, **options: Any) -> Any:
        return answer(*arguments, **options)

    def note(frame: FrameType, event: str, function: Any) -> None:
        if event == "call":
            lender, options = lenders.get(id(frame.f_code), ("", {}))
            caller = frame.f_back
        elif event == "c_call":
            lender, options = lenders.get(id(function), ("", {}))
            caller = frame
        else:
            return
        if lender and from_answer(caller, entry.__code__):
            given = frame.f_locals if options else {}
            if all(given.get(name) == value for name, value in options.items()):
                borrowed.add(lender)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield entry, borrowed
    finally:
        sys.setprofile(before)


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
