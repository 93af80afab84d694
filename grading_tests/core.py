"""The three calls of a notebook: `check` for students, `grade` for nbgrader, `yours` to go on."""

import hashlib
import os
import sys
from typing import Any

from grading_tests.borrowed import watched
from grading_tests.checks import gaps_of
from grading_tests.gap import Gap, Wrong
from grading_tests.message import explain, refuse, succeed
from grading_tests.naming import SEED, name_mistake
from grading_tests.picture import beside
from grading_tests.running import TooSlow, outcomes


class CheckFailed(AssertionError):
    """The visible check failed; the message is all there is to read."""

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
        results = outcomes(gap, call, SEED, graded)
    error = next((result for result in results if result is not None), None)
    if error is None:
        return None, succeed(gap, borrowed)
    # An empty gap and an endless loop have no likely idea.
    plain = isinstance(error, NotImplementedError) or any(isinstance(one, TooSlow) for one in results)
    return error, explain(gap, error, None if plain else name_mistake(gap, results))


def check(gap_id: str, answer: Any) -> None:
    """Try an answer on small inputs and print what came of it.

    Under `nbgrader validate` a failed check raises, because that is how nbgrader notices.

    Raises
    ------
    CheckFailed
        Under `nbgrader validate` only.
    """
    gap = find_gap(gap_id)
    error, message = first_problem(gap, answer)
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
    """Return the points of an answer: the share of the properties that hold, on inputs of its own.

    The first property is the heart of the gap: where it fails, the others (input left unchanged, say) earn
    nothing. Nor does an answer that has the library do the work. The last expression of a graded cell is this
    plain float, which nbgrader takes as partial credit. What was lost is printed for the feedback.
    `BRAINLAB_GRADE_SEED` changes the inputs from year to year.
    """
    gap = find_gap(gap_id)
    with watched(gap, answer) as (call, borrowed):
        results = outcomes(gap, call, seed_of_the_year(gap_id), graded=True)
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
    empty = any(isinstance(result, NotImplementedError) for result in results)
    reason = f" Not yet: {', '.join(lost)}." if lost and not empty else ""
    print(f"graded: {points:g} of {gap.points} points.{reason}")
    return points


def seed_of_the_year(gap_id: str) -> int:
    """Return the seed of the graded inputs of a gap, which `BRAINLAB_GRADE_SEED` changes."""
    salt = os.environ.get("BRAINLAB_GRADE_SEED", "")
    return int(hashlib.sha256(f"{gap_id}/{salt}".encode()).hexdigest()[:8], 16)


def yours(gap_id: str, answer: Any) -> Any:
    """Return the answer if it passes the visible check, else the library's, so that the notebook goes on."""
    gap = find_gap(gap_id)
    if all(result is None for result in outcomes(gap, answer, SEED, graded=False)):
        return answer
    print(f"{gap_id} does not pass its check yet: from here on brainlab's own {gap.answer} is used.")
    return gap.reference
