"""Name the wrong idea behind an answer: does it fail in the same way as a known mistake?

The mistakes are code and stay with the instructor. Their fingerprints are shipped with the checks, in
`fingerprints/nbNN.json`: for each property whether the mistake fails it, and if so on which input, with sums
of the returned values or the kind of exception; and the message for the student. `courseware fingerprints`
writes them. What differs between processors is left out and marked "?".
"""

import functools
import json
import re
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from grading_tests.gap import Gap, Wrong
from grading_tests.values import plain, unfit

FOLDER = Path(__file__).with_name("fingerprints")
# Fingerprints are taken on the inputs of the visible check.
SEED = 0
# Stands for a part of a mark that is not the same on every machine.
UNSTABLE = "?"
# The share of properties in which an answer must agree with a known mistake that it does not equal.
MOST = 0.6


@dataclass(frozen=True)
class Known:
    """A known mistake as it is shipped: name, message, one mark per property, the step to look at or 0."""

    name: str
    message: str
    marks: list
    step: int = 0


@functools.cache
def known_mistakes(gap_id: str) -> list[Known]:
    """Return the known mistakes of a gap; none if no fingerprints were taken of its notebook."""
    path = FOLDER / f"nb{gap_id[1:3]}.json"
    if not path.exists():
        return []
    return [Known(**entry) for entry in json.loads(path.read_text(encoding="utf-8")).get(gap_id, [])]


def name_mistake(gap: Gap, results: list[BaseException | None]) -> Known | None:
    """Return the known mistake that fails as an answer did, if there is one.

    Of several the one with the fewest unstable parts is returned, the first of equals; without its step if
    theirs differ. None either where nothing fits exactly and the failure itself says what is wrong.

    Parameters
    ----------
    gap : Gap
        The gap.
    results : list
        What `outcomes` returned for the inputs of `SEED`, for all properties or for the visible ones.
    """
    numbers = [number for number, item in enumerate(gap.properties) if item.visible]
    if len(results) == len(gap.properties):
        numbers = list(range(len(results)))
    marks = [mark(result) for result in results]
    fitting = []
    for known in known_mistakes(gap.id):
        if len(known.marks) == len(gap.properties):
            kept = [known.marks[number] for number in numbers]
            if any(map(telling, kept)) and agree(kept, marks):
                fitting.append((json.dumps(kept).count(f'"{UNSTABLE}"'), known))
    if not fitting:
        failed = next((result for result in results if result is not None), None)
        return None if getattr(failed, "idea", "") else nearly(gap, numbers, marks)
    found = min(fitting, key=lambda pair: pair[0])[1]
    certain = len({known.step for _, known in fitting}) == 1  # mistakes of several steps may look alike
    return found if certain else replace(found, step=0)


def nearly(gap: Gap, numbers: list[int], marks: list) -> Known | None:
    """Return the known mistake that comes closest to an answer, if it is close enough.

    It must hold where the answer holds until the first failure, return the same value there, and agree in
    most properties: the same idea, written in another way, may return another type or stop elsewhere. The
    step is left out, because it is not certain.
    """
    first = next((place for place, one in enumerate(marks) if one is not None), None)
    if first is None or not isinstance(marks[first], list):
        return None
    best, most = None, MOST * len(marks)
    for known in known_mistakes(gap.id):
        if len(known.marks) == len(gap.properties):
            kept = [known.marks[number] for number in numbers]
            alike = telling(kept[first]) and agree(kept[: first + 1], marks[: first + 1])
            shared = sum(agree(one, other) for one, other in zip(kept, marks, strict=True))
            if alike and shared > most:
                best, most = replace(known, step=0), shared
    return best


def mark(result: BaseException | None) -> Any:
    """Return what is kept of one property's result, as plain JSON: null where it holds."""
    if result is None:
        return None
    if not isinstance(result, Wrong):
        return type(result).__name__
    return [digest(result.tried), outline(result.got)]


def telling(kept: Any) -> bool:
    """Return whether a mark says more than that something failed: a value or a kind of exception."""
    return telling(kept[-1]) if isinstance(kept, list) and kept else kept not in (None, UNSTABLE)


def outline(value: Any) -> Any:
    """Return a value in a few numbers or letters that tell it from others.

    Of numbers: shape, size, and sums with weights that differ from place to place. Rounding in the seventh
    digit hardly moves them. Of an error: its kind, its numbers and its words.
    """
    array = plain(value)
    if array is None:
        if isinstance(value, tuple | list) and unfit(value) is None:
            return [outline(part) for part in value]
        if not isinstance(value, str):
            return type(value).__name__
        if kind := re.match(r"\w+(Error|Exception)(?=:)", value):
            return " ".join([kind[0], *re.findall(r"\d+", value), *words_of(kind[0], value[kind.end() :])])
        return digest(value)
    finite = np.isfinite(array)
    shape = "x".join(map(str, array.squeeze().shape)) + f" {int((~finite).sum())}" * (not finite.all())
    values = np.where(finite, array, 0).astype(complex).ravel()
    waves = np.cos(np.outer([1, 2, 3], np.arange(values.size) + 0.5))  # (3, N)
    parts = [values.real, values.imag] if array.dtype.kind == "c" else [values.real]
    with np.errstate(over="ignore"):
        sums = [[np.sqrt(np.mean(x**2)), x.mean(), *(waves @ x) / np.sqrt(x.size)] for x in parts if x.size]
    if array.size == 1:  # is its own mean
        sums = [of_part[:2] for of_part in sums]
    return {"shape": shape, "sums": [float(f"{one:.7g}") for one in np.ravel(sums)]}


def words_of(kind: str, text: str) -> list[str]:
    """Return the digest of an error's words, without names that a student chose; none if there are no words.

    Left out are quoted names, names of functions, and all words of errors that Python itself raises: these
    are not the same in every version.
    """
    if kind in ("TypeError", "AttributeError", "NameError", "UnboundLocalError", "KeyError"):
        return []
    words = re.findall(r"[A-Za-z]+", re.sub(r"""'[^']*'|"[^"]*"|[\w.<>]+\(\)""", " ", text))
    return [digest(" ".join(words).lower())] if words else []


def agree(first: Any, second: Any, tolerance: float = 1e-4) -> bool:
    """Return whether two marks, or two lists of them, are the same within a tolerance.

    The tolerance is relative to the root mean square of the values; a hundredth of it counts as zero. An
    unstable part agrees with everything.
    """
    if first == UNSTABLE or second == UNSTABLE:
        return True
    if isinstance(first, dict) and isinstance(second, dict):
        a, b = np.array(first["sums"]), np.array(second["sums"])
        if first["shape"] != second["shape"] or a.shape != b.shape:
            return False
        size = max([0, *a[:1], *b[:1]])  # the root mean square
        return bool(np.allclose(a, b, rtol=0, atol=tolerance * (size + 0.01)))
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(
            agree(one, other, tolerance) for one, other in zip(first, second, strict=True)
        )
    return first == second


def digest(text: str) -> str:
    """Return eight letters that stand for a text."""
    return f"{zlib.crc32(text.encode()):08x}"
