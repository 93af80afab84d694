"""The message of a check: at most four short lines."""

import linecache
import re
from typing import Any

import numpy as np

from grading_tests.gap import Gap, Wrong, is_stub
from grading_tests.naming import Known
from grading_tests.values import first_difference, form, plain, same, unfit

WIDEST = 160
NUMBERED = re.compile(r"steps? \d")


def explain(gap: Gap, error: BaseException, mistake: Known | None) -> str:
    """Return the message of a failed check: input, expected and returned values, and the likely mistake."""
    if is_stub(error):
        return f"○ {gap.id}: not filled in yet."
    lines = [f"✗ {gap.id}: not right yet."]
    if isinstance(error, Wrong):
        step = step_of(error, mistake)
        look = "look at " * bool(NUMBERED.search(step))
        where = f"  ({look}{step})" if step else ""
        lines.append(f"  tried: {one_line(error.tried)}")
        expected, got = contrast(error.expected, error.got)
        lines.append(f"  expected: {expected} · got: {got}{where}")
    else:
        lines.append(f"  your code stopped with {type(error).__name__}: {one_line(error)}")
        if place := place_of(error):
            lines.append(f"  in {place}")
    if idea := mistake.message if mistake else getattr(error, "idea", ""):
        lines.append(f"  likely: {one_line(idea, 400)}")
    return "\n".join(lines)


def step_of(error: Wrong, mistake: Known | None) -> str:
    """Return where to look, or nothing: a numbered step only if the mistake or the property tells it."""
    if mistake is not None and mistake.step:
        return f"step {mistake.step}"
    return error.step if error.certain or not NUMBERED.search(error.step) else ""


def contrast(expected: Any, got: Any) -> tuple[str, str]:
    """Return two values as short texts that differ: of many numbers the first place where they differ."""
    a, b = plain(got), plain(expected)
    texts = shown(expected), shown(got)
    if a is None or b is None:
        return parted(expected, got) or told_apart(texts, expected, got)
    if a.squeeze().shape != b.squeeze().shape:
        return tuple(
            text if text.startswith(("shape", "nothing")) else f"shape {array.shape}: {text}"
            for array, text in zip((b, a), texts, strict=True)
        )
    if max(a.size, b.size) > 8:
        place, count = first_difference(a, b)
        if count == 0:
            return form(expected), form(got)
        there = np.unravel_index(np.ravel_multi_index(place, b.shape), a.shape)
        pair = told_apart((shown(b[place]), shown(a[there])), b[place], a[there])
        where = f"[{', '.join(map(str, place))}]"
        return (
            f"{pair[0]} at {where}",
            f"{pair[1]} there ({count} of {b.size} places differ, shape {b.shape})",
        )
    return told_apart(texts, expected, got)


def parted(expected: Any, got: Any) -> tuple[str, str] | None:
    """Return the contrast of the first part in which two lists or dictionaries differ, if there is one."""
    if unfit(got) is not None or not isinstance(expected, list | tuple | dict):
        return None
    if isinstance(expected, dict):
        if not isinstance(got, dict) or got.keys() != expected.keys():
            return None
        pairs = [(key, expected[key], got[key]) for key in expected]
    else:
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return None
        pairs = list(zip(range(len(expected)), expected, got, strict=True))
    for key, one, other in pairs:
        if not same(other, one):
            first, second = contrast(one, other)
            return f"[{key!r}] {first}", second
    return None


def told_apart(texts: tuple[str, str], expected: Any, got: Any) -> tuple[str, str]:
    """Return the texts of two values, with more digits, or with their forms, if they read alike.

    Of two long texts the parts from shortly before the first difference.
    """
    if isinstance(expected, str) and isinstance(got, str) and texts[0] == texts[1] and expected != got:
        first = next(i for i in range(len(expected + got)) if expected[: i + 1] != got[: i + 1])
        return tuple(f"…{one_line(text[max(first - 20, 0) :], 90)}" for text in (expected, got))
    for digits in (8, 17):
        if texts[0] != texts[1]:
            return texts
        texts = shown(expected, digits), shown(got, digits)
    return texts if texts[0] != texts[1] else (form(expected), form(got))


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


def shown(value: Any, digits: int = 4) -> str:
    """Return a value as a short text; numbers with `digits` decimals, a single one with one digit more."""
    array = plain(value)
    if array is None:
        return one_line(value, 90)
    if array.size == 1:
        one = array.reshape(-1)[0]
        whole = array.dtype.kind in "iub"
        return str(one) if whole else f"{one:.{min(digits + 1, 17)}g}"
    if array.size == 0:
        return f"nothing, shape {array.shape}"
    if array.size > 8:
        finite = array[np.isfinite(array)]
        return (
            f"shape {array.shape}, mean {finite.mean():.4g}"
            if finite.size
            else f"shape {array.shape}, no number"
        )
    return " ".join(np.array2string(array, precision=digits, separator=", ").split())


def one_line(value: Any, width: int = WIDEST) -> str:
    """Return any object as text on one line; its own `str` may fail or never end."""
    text = None if isinstance(value, BaseException) else unfit(value)
    if text is None:
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
