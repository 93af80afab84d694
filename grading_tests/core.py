"""Run the properties of a gap against an answer, and say the result in at most four lines."""

import contextlib
import hashlib
import importlib
import io
import os
import warnings
from typing import Any

import numpy as np
import torch

from grading_tests.gap import Gap, Mistake, Wrong, plain, same


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
    number = gap_id[1:3]
    try:
        gaps = importlib.import_module(f"grading_tests.nb{number}").GAPS
        return next(gap for gap in gaps if gap.id == gap_id)
    except (ModuleNotFoundError, StopIteration):
        raise LookupError(f"there is no gap {gap_id!r}: expected an id such as 'g01_voxel_to_mm'") from None


def outcomes(gap: Gap, answer: Any, seed: int, graded: bool) -> list[Exception | None]:
    """Run every property and return what it raised, None where it holds.

    Warnings and text that the answer prints are swallowed: nbgrader takes any text on stderr for a failure.
    The global random state is left as it was, so that a check changes nothing for the rest of the notebook.
    """
    results: list[Exception | None] = []
    state = np.random.get_state()  # noqa: NPY002
    with (
        torch.random.fork_rng(devices=[]),
        torch.enable_grad(),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        for number, item in enumerate(gap.properties):
            if not (graded or item.visible):
                continue
            torch.manual_seed(seed)
            try:
                item.run(answer, np.random.default_rng([seed, number]))
                results.append(None)
            except Exception as error:
                results.append(error)
    np.random.set_state(state)  # noqa: NPY002
    return results


def alike(first: list[Exception | None], second: list[Exception | None]) -> bool:
    """Tell whether two answers fail the same properties in the same way."""

    def one(a: Exception | None, b: Exception | None) -> bool:
        if isinstance(a, Wrong) and isinstance(b, Wrong):
            return a.tried == b.tried and same(a.got, b.got)
        return type(a) is type(b)

    return len(first) == len(second) and all(map(one, first, second))


def bank_of(gap: Gap) -> list[Mistake]:
    """Return the known mistakes of a gap; none where the bank is not installed, as on a student's machine."""
    try:
        return importlib.import_module(f"grading_tests.bank.nb{gap.id[1:3]}").WRONG.get(gap.id, [])
    except ModuleNotFoundError:
        return []


def name_mistake(gap: Gap, results: list[Exception | None], seed: int, graded: bool) -> Mistake | None:
    """Return the known mistake that behaves as this answer did, if there is exactly such a one."""
    for mistake in bank_of(gap):
        if alike(results, outcomes(gap, mistake.answer, seed, graded)):
            return mistake
    return None


def shown(value: Any) -> str:
    """Return a value as one short piece of text."""
    array = plain(value)
    if array is None:
        return str(value).replace("\n", " ")[:90]
    if array.size == 1:
        return f"{array.reshape(-1)[0]:.5g}"
    if array.size > 8:
        return f"shape {array.shape}, mean {np.nanmean(array.astype(float)):.4g}"
    return np.array2string(array, precision=4, separator=", ").replace("\n", "")


def explain(gap: Gap, error: Exception, mistake: Mistake | None) -> str:
    """Return the message of a failed check: what was tried, expected and got, and the likely idea."""
    if isinstance(error, NotImplementedError):
        return f"○ {gap.id}: not filled in yet."
    lines = [f"✗ {gap.id}: not right yet."]
    if isinstance(error, Wrong):
        where = f"  (look at {error.step})" if error.step else ""
        lines.append(f"  tried: {error.tried}")
        lines.append(f"  expected: {shown(error.expected)} · got: {shown(error.got)}{where}")
    else:
        lines.append(
            f"  your code stopped with {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[
                :200
            ]
        )
    if mistake:
        lines.append(f"  likely: {mistake.message}")
    return "\n".join(lines)


def succeed(gap: Gap) -> str:
    """Return the message of a passed check: what was checked, and what the graded check adds."""
    done = ", ".join(item.name for item in gap.properties if item.visible)
    more = ", ".join(item.name for item in gap.properties if not item.visible)
    rest = f" The graded check also tries: {more}." if more else " The graded check tries other inputs."
    return f"✓ {gap.id}: {done}.{rest}"


def first_problem(gap: Gap, answer: Any, seed: int = 0, graded: bool = False) -> tuple[Exception | None, str]:
    """Return the first failure of an answer (None if there is none) and the message about it."""
    results = outcomes(gap, answer, seed, graded)
    error = next((result for result in results if result is not None), None)
    if error is None:
        return None, succeed(gap)
    mistake = None if isinstance(error, NotImplementedError) else name_mistake(gap, results, seed, graded)
    return error, explain(gap, error, mistake)


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


def grade(gap_id: str, answer: Any) -> float:
    """Return the points of an answer: the share of the properties that hold, on inputs of its own.

    The first property is the heart of the gap: where it fails, the others (input left unchanged, say) earn nothing.
    The last expression of a graded cell is this plain float, which nbgrader takes as partial credit.
    `BRAINLAB_GRADE_SEED` changes the inputs from one year to the next.
    """
    gap = find_gap(gap_id)
    salt = os.environ.get("BRAINLAB_GRADE_SEED", "")
    seed = int(hashlib.sha256(f"{gap_id}/{salt}".encode()).hexdigest()[:8], 16)
    results = outcomes(gap, answer, seed, graded=True)
    if results[0] is not None:
        return 0.0
    held = sum(item.share for item, result in zip(gap.properties, results, strict=True) if result is None)
    total = sum(item.share for item in gap.properties)
    # Three decimals keep the feedback readable; the full score is exact.
    return float(gap.points) if all(r is None for r in results) else round(gap.points * held / total, 3)


def yours(gap_id: str, answer: Any) -> Any:
    """Return the answer if it passes the visible check, else the library's, so that the notebook goes on."""
    gap = find_gap(gap_id)
    error, _ = first_problem(gap, answer)
    if error is None:
        return answer
    print(f"{gap_id} does not pass its check yet: from here on brainlab's own {gap.answer} is used.")
    return gap.reference
