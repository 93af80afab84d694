"""The three calls of a notebook: `check` for students, `grade` for nbgrader, `yours` to go on."""

import hashlib
import importlib
import os
from typing import Any

from grading_tests.gap import Gap, Mistake, Wrong, same
from grading_tests.message import explain, succeed
from grading_tests.running import TooSlow, outcomes

# What `yours` gave out in place of an answer, by gap: brought back to be graded, it earns nothing.
_LENT: dict[str, Any] = {}


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
    name = f"grading_tests.nb{gap_id[1:3]}"
    try:
        gaps = importlib.import_module(name).GAPS
        return next(gap for gap in gaps if gap.id == gap_id)
    except (ModuleNotFoundError, StopIteration) as error:
        if isinstance(error, ModuleNotFoundError) and error.name != name:
            raise
        raise LookupError(f"there is no gap {gap_id!r}: expected an id such as 'g01_voxel_to_mm'") from None


def alike(first: list[BaseException | None], second: list[BaseException | None]) -> bool:
    """Tell whether two answers fail the same properties in the same way."""

    def one(a: BaseException | None, b: BaseException | None) -> bool:
        if isinstance(a, Wrong) and isinstance(b, Wrong):
            return a.tried == b.tried and same(a.got, b.got)
        return type(a) is type(b)

    return len(first) == len(second) and all(map(one, first, second))


def bank_of(gap: Gap) -> list[Mistake]:
    """Return the known mistakes of a gap; none where the bank is not installed, as on a student's machine."""
    name = f"grading_tests.bank.nb{gap.id[1:3]}"
    try:
        return importlib.import_module(name).WRONG.get(gap.id, [])
    except ModuleNotFoundError as error:
        if error.name not in (name, "grading_tests.bank"):
            raise
        return []


def name_mistake(gap: Gap, results: list[BaseException | None], seed: int, graded: bool) -> Mistake | None:
    """Return the first known mistake that behaves as this answer did, if there is one."""
    for mistake in bank_of(gap):
        if alike(results, outcomes(gap, mistake.answer, seed, graded)):
            return mistake
    return None


def first_problem(
    gap: Gap, answer: Any, seed: int = 0, graded: bool = False
) -> tuple[BaseException | None, str]:
    """Return the first failure of an answer (None if there is none) and the message about it."""
    results = outcomes(gap, answer, seed, graded)
    error = next((result for result in results if result is not None), None)
    if error is None:
        return None, succeed(gap)
    # An empty gap and an endless loop need no comparison, and the second would take its time.
    plain = isinstance(error, NotImplementedError) or any(isinstance(one, TooSlow) for one in results)
    mistake = None if plain else name_mistake(gap, results, seed, graded)
    return error, explain(gap, error, mistake)


def check(gap_id: str, answer: Any) -> None:
    """Try an answer on small inputs and print what came of it.

    Under `nbgrader validate` a failed check raises, because that is how nbgrader notices.

    Raises
    ------
    CheckFailed
        Under `nbgrader validate` only.
    """
    error, message = first_problem(find_gap(gap_id), answer)
    if error is not None and os.environ.get("NBGRADER_EXECUTION") == "validate":
        raise CheckFailed(message)
    print(message)


def grade(gap_id: str, answer: Any) -> float:
    """Return the points of an answer: the share of the properties that hold, on inputs of its own.

    The first property is the heart of the gap: where it fails, the others (input left unchanged, say) earn
    nothing. The last expression of a graded cell is this plain float, which nbgrader takes as partial credit.
    What was lost is printed for the feedback. `BRAINLAB_GRADE_SEED` changes the inputs from year to year.
    """
    gap = find_gap(gap_id)
    if gap_id in _LENT and answer is _LENT[gap_id]:
        print(f"graded: 0 of {gap.points} points. This is brainlab's own {gap.answer}, lent by yours(...).")
        return 0.0
    salt = os.environ.get("BRAINLAB_GRADE_SEED", "")
    seed = int(hashlib.sha256(f"{gap_id}/{salt}".encode()).hexdigest()[:8], 16)
    results = outcomes(gap, answer, seed, graded=True)
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


def yours(gap_id: str, answer: Any) -> Any:
    """Return the answer if it passes the visible check, else the library's, so that the notebook goes on."""
    gap = find_gap(gap_id)
    if all(result is None for result in outcomes(gap, answer, seed=0, graded=False)):
        return answer
    print(f"{gap_id} does not pass its check yet: from here on brainlab's own {gap.answer} is used.")
    _LENT[gap_id] = gap.reference
    return gap.reference
