"""The message of a check: at most four short lines."""

import linecache
from typing import Any

import numpy as np

from grading_tests.gap import Gap, Wrong, plain
from grading_tests.naming import Known

WIDEST = 160


def explain(gap: Gap, error: BaseException, mistake: Known | None) -> str:
    """Return the message of a failed check: input, expected and returned values, and the likely mistake."""
    if isinstance(error, NotImplementedError):
        return f"○ {gap.id}: not filled in yet."
    lines = [f"✗ {gap.id}: not right yet."]
    if isinstance(error, Wrong):
        where = f"  (look at {error.step})" if error.step else ""
        lines.append(f"  tried: {one_line(error.tried)}")
        lines.append(f"  expected: {shown(error.expected)} · got: {shown(error.got)}{where}")
    else:
        lines.append(f"  your code stopped with {type(error).__name__}: {one_line(error)}")
        if place := place_of(error):
            lines.append(f"  in {place}")
    if mistake:
        lines.append(f"  likely: {one_line(mistake.message, 400)}")
    return "\n".join(lines)


def succeed(gap: Gap, borrowed: set[str]) -> str:
    """Return the message of a passed check: what was checked, and what the graded check tests in addition."""
    done = ", ".join(item.name for item in gap.properties if item.visible)
    more = ", ".join(item.name for item in gap.properties if not item.visible)
    rest = f" The graded check also tries: {more}." if more else " The graded check tries other inputs."
    warning = f"\n  But no points: {refuse(borrowed)}" if borrowed else ""
    return f"✓ {gap.id}: {done}.{rest}{warning}"


def refuse(borrowed: set[str]) -> str:
    """Return the reason why an answer that calls the library earns nothing."""
    names = ", ".join(sorted(borrowed))
    return (
        f"The library's own {names}, called or lent by yours(...), does the work: this gap is yours to fill."
    )


def shown(value: Any) -> str:
    """Return a value as a short text."""
    array = plain(value)
    if array is None:
        return one_line(value, 90)
    if array.size == 1:
        return f"{array.reshape(-1)[0]:.5g}"
    if array.size == 0:
        return f"nothing, shape {array.shape}"
    if array.size > 8:
        finite = array[np.isfinite(array)]
        return (
            f"shape {array.shape}, mean {finite.mean():.4g}"
            if finite.size
            else f"shape {array.shape}, no number"
        )
    return " ".join(np.array2string(array, precision=4, separator=", ").split())


def one_line(value: Any, width: int = WIDEST) -> str:
    """Return any object as text on one line; its own `str` may fail."""
    try:
        text = " ".join(str(value).split())
    except Exception:
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= width else f"{text[: width - 1]}…"


def place_of(error: BaseException) -> str:
    """Return the line of the student's cell where an error arose, or nothing if it arose elsewhere."""
    place, trace = "", error.__traceback__
    while trace:
        name, number = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        if "ipykernel_" in name or name.startswith("<ipython-input"):
            place = f"line {number} of the cell: {one_line(linecache.getline(name, number))}"
        trace = trace.tb_next
    return place
