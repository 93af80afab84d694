"""The idea behind a wrong value: the value that a rival formula gives, or the words of an exception."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from grading_tests.gap import Wrong, expect, same
from grading_tests.networks import attempt as plain_attempt

# Idea to one or several ways to the value that it leads to.
Rivals = Mapping[str, Callable[[], Any] | tuple[Callable[[], Any], ...]]

OVERFLOW = (
    "for large logits the logarithm of a sigmoid overflows or is cut off: take the loss made for logits."
)
# What an exception says, and the idea behind it.
ERRORS = {
    r"cannot assign (module|parameters?) before": "super().__init__() must come first: before it, a network "
    "cannot hold layers.",
    r"Target size .* must be the same as input size": "the targets have another shape than the logits: make "
    "each target from the logits that it belongs to.",
    r"view size is not compatible": "view needs the order of the memory, and permute has changed it: reshape "
    "copies where it has to.",
    r"Can't call numpy\(\) on Tensor that requires grad": "NumPy knows no gradient: stay with tensors.",
    r"in-?place operation|modified by an inplace": "a value that backward needs was overwritten in place "
    "(+=, inplace=True, a method that ends in _).",
    r"missing \d+ required positional argument|takes \d+ positional arguments? but": "a function is called "
    "with other arguments than it takes: the error names it.",
    r"does not require grad and does not have a grad_fn": "the loss has no graph: something before it is "
    "detached, under no_grad, or made a number.",
    r"backward through the graph a second time": "backward was called twice through the same graph: add the "
    "terms first, or make the images once for each.",
}


def idea_of_error(text: str, errors: Mapping[str, str] = {}) -> str:
    """Return the idea behind an exception, or nothing; `errors` are more words and ideas."""
    return next((idea for words, idea in {**ERRORS, **errors}.items() if re.search(words, text)), "")


class Attempt:
    """`networks.attempt`, whose `Wrong` has an idea where the exception is a known one."""

    def __init__(self, **errors: str) -> None:
        self.errors = errors

    def __call__(self, tried: str, expected: Any, call: Any, *inputs: Any, **named: Any) -> Any:
        try:
            return plain_attempt(tried, expected, call, *inputs, **named)
        except Wrong as wrong:
            if not wrong.idea and isinstance(wrong.got, str):
                wrong.idea = idea_of_error(wrong.got, self.errors)
            raise


attempt = Attempt()


def rival_of(got: Any, expected: Any, rivals: Rivals, rtol: float = 1e-4, atol: float = 1e-5) -> str:
    """Return the idea of the only rival that gives the returned value, or nothing.

    Rivals that give the right value here, or stop, do not count; where two ideas fit, neither is certain.
    """
    found = []
    ways = [
        (idea, make)
        for idea, makes in rivals.items()
        for make in (makes if isinstance(makes, tuple) else (makes,))
    ]
    for idea, make in ways:
        try:
            value = make()
        except Exception:  # not for these shapes
            continue
        if same(got, value, rtol, atol) and not same(value, expected, rtol, atol):
            found.append(idea)
    return found[0] if len(set(found)) == 1 else ""


def expect_rival(
    got: Any,
    expected: Any,
    tried: str,
    step: str = "",
    *,
    rivals: Rivals,
    like: bool = False,
    **tolerance: float,
) -> None:
    """Raise `Wrong` as `expect` does, with the idea of the rival that gives the returned value."""
    try:
        expect(got, expected, tried, step, like=like, **tolerance)
    except Wrong as wrong:
        wrong.idea = wrong.idea or rival_of(got, expected, rivals, **tolerance)
        raise
