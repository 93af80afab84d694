"""The three functions that notebooks call: `check`, `grade` and `yours`."""

import contextlib
import hashlib
import os
import sys
from typing import Any

from grading_tests.borrowed import watched
from grading_tests.checks import gaps_of
from grading_tests.gap import Gap, Wrong, is_stub
from grading_tests.message import explain, refuse, succeed
from grading_tests.naming import SEED, name_mistake
from grading_tests.picture import beside
from grading_tests.running import LONGEST_SECONDS, TooSlow, limit, outcomes, quiet


class CheckFailed(AssertionError):
    """The visible check failed; the notebook shows the message without a traceback."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this in place of a traceback through our code.
        return str(self).split("\n")


def find_gap(gap_id: str) -> Gap:
    """Return the gap with this id.

    Raises
    ------
    LookupError
        If there is none.
    """
    try:
        return gaps_of(gap_id[1:3])[gap_id]
    except LookupError:
        pass
    raise LookupError(f"there is no gap {gap_id!r}: expected an id such as 'g01_voxel_to_mm'")


def first_problem(gap: Gap, answer: Any, graded: bool = False) -> tuple[BaseException | None, str]:
    """Return the first failure of an answer (None if there is none) and the message about it."""
    with watched(gap, answer) as (call, borrowed):
        results = outcomes(gap, call, SEED, graded)  # `borrowed` is complete only after the block
    error = next((result for result in results if result is not None), None)
    if error is None:
        return None, succeed(gap, borrowed)
    # An empty gap and an endless loop have no known mistake behind them.
    plain = is_stub(error) or any(isinstance(one, TooSlow) for one in results)
    with quiet(), limit(LONGEST_SECONDS):
        return error, explain(gap, error, None if plain else name_mistake(gap, results))


def beyond_words(gap: Gap, error: BaseException) -> str:
    """Return the message about an answer on which the check itself stopped."""
    kind = type(error).__name__
    return f"✗ {gap.id}: not right yet.\n  it returns something that cannot be compared ({kind})."


def check(gap_id: str, answer: Any) -> None:
    """Test an answer on small inputs and print the result.

    Under `nbgrader validate` a failed check raises, because nbgrader looks for exceptions.

    Raises
    ------
    CheckFailed
        Under `nbgrader validate` only.
    """
    gap = find_gap(gap_id)
    try:
        error, message = first_problem(gap, answer)
    except (Exception, TooSlow) as stopped:  # no answer may stop a notebook
        error, message = stopped, beyond_words(gap, stopped)
    if error is not None and os.environ.get("NBGRADER_EXECUTION") == "validate":
        raise CheckFailed(message)
    print(message)
    if isinstance(error, Wrong) and in_notebook() and (picture := beside(gap, answer)) is not None:
        from IPython.display import display

        display(picture)


def in_notebook() -> bool:
    """Return whether pictures can be shown: in a kernel, and not while nbgrader runs it."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel") and "NBGRADER_EXECUTION" not in os.environ


def grade(gap_id: str, answer: Any) -> float:
    """Return the points of an answer: the share of the properties that hold, on other inputs than `check`.

    The first property is the main one: where it fails, the others (such as an unchanged input) earn nothing.
    Neither does an answer that lets the library do the work. This plain float is the last expression of a
    graded cell, and nbgrader takes it as partial credit. The properties that fail are printed for the
    feedback. `BRAINLAB_GRADE_SEED` changes the inputs from year to year.
    """
    gap = find_gap(gap_id)
    try:
        with watched(gap, answer) as (call, borrowed):
            results = outcomes(gap, call, seed_of_the_year(gap_id), graded=True)
    except (Exception, TooSlow) as stopped:  # no answer may stop the grading
        print(f"graded: 0 of {gap.points} points. The answer cannot be tried ({type(stopped).__name__}).")
        return 0.0
    if borrowed:
        print(f"graded: 0 of {gap.points} points. {refuse(borrowed)}")
        return 0.0
    lost = [item.name for item, result in zip(gap.properties, results, strict=True) if result is not None]
    held = sum(item.share for item, result in zip(gap.properties, results, strict=True) if result is None)
    total = sum(item.share for item in gap.properties)
    if not lost:
        points = float(gap.points)
    else:
        # Three decimals keep the feedback readable; the full score is exact.
        points = 0.0 if results[0] is not None else round(gap.points * held / total, 3)
    empty = any(result is not None and is_stub(result) for result in results)
    reason = f" Not yet: {', '.join(lost)}." if lost and not empty else ""
    print(f"graded: {points:g} of {gap.points} points.{reason}")
    return points


def seed_of_the_year(gap_id: str) -> int:
    """Return the seed of the graded inputs of a gap, which `BRAINLAB_GRADE_SEED` changes."""
    salt = os.environ.get("BRAINLAB_GRADE_SEED", "")
    return int(hashlib.sha256(f"{gap_id}/{salt}".encode()).hexdigest()[:8], 16)


def yours(gap_id: str, answer: Any) -> Any:
    """Return the answer if it passes the visible check, else the library's, so that later cells work."""
    gap = find_gap(gap_id)
    with contextlib.suppress(Exception, TooSlow):
        if all(result is None for result in outcomes(gap, answer, SEED, graded=False)):
            return answer
    print(f"{gap_id} does not pass its check yet: from here on brainlab's own {gap.answer} is used.")
    return gap.reference
