"""Predict before you run: print what a student expected beside the result.

Comparing a prediction with the result reveals misconceptions to the student, and later to the teacher. The
printed line is also the record: it stays in the notebook's output wherever the notebook is run (JupyterLab,
Colab, VS Code), and `courseware guesses` reads it from submitted notebooks.
"""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

__all__ = ["Said", "predicted", "read_lines"]

MARK = "▸"
NOTHING = ("", "?")
_NUMBER = re.compile(r"[-+]?(?:\d+/\d+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)", re.IGNORECASE)
_LINE = re.compile(rf"{MARK} (.+?): you said (.*?)(?: \(first (.*?)\))?, it was (.*?)(?:: ([^:]+))?")
# The first answers of this session: one that is typed after the result is known is no prediction.
_FIRST: dict[str, str] = {}


class Said(NamedTuple):
    """One prediction as read from an output: subject, the student's first answer, result, verdict."""

    what: str
    said: str
    was: str
    verdict: str


def predicted(what: str, said: Any, was: Any, form: str = ".4g", options: Sequence[str] = ()) -> None:
    """Print a prediction beside the result, and how far apart they are.

    Parameters
    ----------
    what : str
        What was to be predicted, in a few words without colons; unique in a notebook.
    said : number or str
        What the student typed: 90, "90 %", "1/16", "about 90" or words; "?" is no prediction.
    was : number or str
        The result: a number, an array or tensor of one number, or words.
    form : str
        How numbers are printed, as in `format`. With a form such as `".1%"`, 97 and 0.97 both mean 97 %.
    options : sequence of str, optional
        The possible answers, where the result is one or more of them: a prediction is correct if it names
        those of the result and no other, so "WT and TC" is not "TC".
    """
    truth = None if options else number_in(was)
    whole = form.endswith("d") and truth is not None  # `format` takes no float for a whole number
    shown = one_line(was) if truth is None else format(round(truth) if whole else truth, form)
    word = one_line(said)
    if word in NOTHING:
        print(f"{MARK} {what}: it was {shown} (no prediction)")
        return
    guess = None if truth is None else number_in(said)
    if guess is not None and truth is not None and form.endswith("%"):
        guess = as_share(guess, word, truth)
    first = _FIRST.setdefault(what, word)
    before = f" (first {first})" if first != word else ""
    if options:
        verdict = compare_options(word, shown, options)
    elif guess is None or truth is None:
        verdict = compare_words(word, shown)
    else:
        verdict = compare_numbers(guess, truth)
    print(f"{MARK} {what}: you said {word}{before}, it was {shown}{': ' * bool(verdict)}{verdict}")


def read_lines(text: str) -> list[Said]:
    """Return the predictions in a printed text; of a changed one, the first answer."""
    matches = [_LINE.fullmatch(line.strip()) for line in text.split("\n")]
    return [Said(m[1], m[3] or m[2], m[4], m[5] or "") for m in matches if m]


def number_in(value: Any) -> float | None:
    """Return the one number in a value or a text, or None."""
    if isinstance(value, str):
        found = _NUMBER.findall(re.sub(r"(?<=\d),(?=\d)", ".", value))
        try:
            return float(Fraction(found[0])) if len(found) == 1 else None
        except (ZeroDivisionError, OverflowError):
            return None
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError):  # a list, an array or a tensor of several
        return None
    return number if math.isfinite(number) else None


def as_share(guess: float, word: str, truth: float) -> float:
    """Return a fraction from 97, 0.97 or "97 %"; a bare number is read as what is nearer to the truth."""
    if "%" in word:
        return guess / 100
    return min(guess, guess / 100, key=lambda share: abs(share - truth))


def compare_numbers(guess: float, truth: float) -> str:
    """Return a verdict on a number: how near it is to the true one."""
    if math.isclose(guess, truth, rel_tol=0.01):
        return "correct"
    if math.isclose(guess, truth, rel_tol=0.1):
        return "within 10 %"
    if guess * truth > 0:
        size = "large" if abs(guess) > abs(truth) else "small"
        factor = float(f"{max(guess / truth, truth / guess):.2g}")  # 180, not 1.8e+02
        return f"a factor of {factor:,.10g} too {size}"
    return f"off by {abs(guess - truth):.2g}" + " and of the other sign" * (guess * truth < 0)


def compare_words(said: str, was: str) -> str:
    """Return "correct" if the answer has the words of the right one in their order, else "".

    Whether other words mean the same is left to the teacher.
    """
    wanted, rest = re.findall(r"\w+", was.lower()), iter(re.findall(r"\w+", said.lower()))
    return "correct" if wanted and all(word in rest for word in wanted) else ""


def compare_options(said: str, was: str, options: Sequence[str]) -> str:
    """Return "correct" if the answer names the options of the result and no other, else "".

    An answer with a negation ("not TC") is left to the teacher.
    """
    denied = re.search(r"\b(not?|neither|nor|none)\b|n't\b", said.lower())
    negation_is_asked = any(option.lower() in ("no", "none", "neither") for option in options)
    if denied and not negation_is_asked:
        return ""
    named = options_in(said, options)
    return "correct" if named and named == options_in(was, options) else ""


def options_in(text: str, options: Sequence[str]) -> set[str]:
    """Return which options a text names as whole words, whatever stands between the parts of a word.

    "cross-entropy", "cross entropy" and "crossentropy" are one; of "Dice" and "soft Dice" the longer counts.
    """
    found = set()
    for option in sorted(options, key=len, reverse=True):
        parts = re.findall(r"[^\W_]+", option)
        pattern = re.compile(r"(?<![^\W_])" + r"[\W_]*".join(parts) + r"(?![^\W_])", re.IGNORECASE)
        if parts and pattern.search(text):
            found.add(option)
            text = pattern.sub(" | ", text)
    return found


def one_line(value: Any) -> str:
    """Return an answer as a short text on one line."""
    return " ".join(str(value).split())[:80]
