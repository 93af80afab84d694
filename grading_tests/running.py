"""Run the properties of a gap on an answer that may print, warn, exit, hang or change global state."""

import contextlib
import functools
import io
import random
import signal
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from grading_tests.gap import Gap, Wrong
from grading_tests.values import unfit

# A right answer takes well under a second for all its properties, even on a loaded machine.
LONGEST_SECONDS = 20.0
# Inputs and networks are of this type, whatever the notebook has made torch's default.
DTYPE = torch.float32


class TooSlow(BaseException):
    """An answer ran too long. Not an `Exception`, so that `except Exception` in it catches nothing."""


def outcomes(gap: Gap, answer: Any, seed: int, graded: bool) -> list[BaseException | None]:
    """Run every property and return what it raised, None where it holds.

    Warnings and printed text are suppressed, because nbgrader treats any text on stderr as a failure. After
    an endless property the others are not run. Only KeyboardInterrupt is passed on.
    """
    results: list[BaseException | None] = []
    wanted = [(number, item) for number, item in enumerate(gap.properties) if graded or item.visible]
    with quiet(), state_kept(), torch.enable_grad():
        for number, item in wanted:
            torch.manual_seed(seed)
            try:
                with limit(LONGEST_SECONDS):
                    item.run(guarded(answer), np.random.default_rng([seed, number]))
                results.append(None)
            except KeyboardInterrupt:
                raise
            except TooSlow as error:
                return results + [error] * (len(wanted) - len(results))
            except BaseException as error:  # SystemExit too: `exit()` in an answer must not end the notebook
                results.append(error)
    return results


def guarded(answer: Any) -> Any:
    """Return the answer such that it raises `Wrong` for a result that no check can compare (`values.unfit`).

    An iterator without end or an object that equals everything never reaches a property.
    """
    if isinstance(answer, type) or not callable(answer):
        return answer

    @functools.wraps(answer, updated=())
    def call(*arguments: Any, **options: Any) -> Any:
        result = answer(*arguments, **options)
        odd = None if of_own_class(result, answer) else unfit(result)
        if odd is not None:
            raise Wrong("the kind of the result", "what the gap asks for", odd)
        return result

    return call


def of_own_class(result: Any, answer: Any) -> bool:
    """Return whether the answer is a class, and the result an object of it."""
    own = getattr(answer, "__wrapped__", answer)
    return isinstance(own, type) and issubclass(type(result), own)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings and what Python code prints."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def state_kept() -> Iterator[None]:
    """Run in `DTYPE`, then restore the default type and the states of all random generators.

    So a check neither depends on the state of the notebook nor changes it.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    dtype = torch.get_default_dtype()
    try:
        torch.set_default_dtype(DTYPE)
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_default_dtype(dtype)
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


@contextlib.contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in code that takes longer, where the system has alarms and this is the main thread."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise TooSlow(f"it was still running after {seconds:g} s: is there an endless loop?")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
