"""What a wrong loss says about its cause: an argument that is not used, another default, another formula.

Everything that is said here was tried out: the answer was called again, or returns the value of the formula
that has this mistake. It is looked for only when a message is written.
"""

import contextlib
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grading_tests.gap import Wrong, plain
from grading_tests.networks import attempt

Formula = Callable[..., Any]
# What is wrong in words, and the formula that has it: with the arguments of the right one.
Suspect = tuple[str, Formula]

CONSTANTS = (
    *(10.0**-n for n in range(17)),
    0.5,
    0.01**0.5 / 2,
    *(torch.finfo(t).eps for t in (torch.float32, torch.float64)),
)
# The suspects of each right formula: a function that yields them.
KNOWN: dict[Formula, Callable[[], Iterable[Suspect]]] = {}

LAYOUT = "view() works only where the memory has the order of the axes: reshape() does everywhere."
SQUEEZED = "an axis of length 1 is lost: squeeze() without dim removes all of them."
ABSENT = "the number of classes is taken from the labels that occur: a class may be absent."
FIXED = "a number of classes is fixed; take it from the shape of the logits."
DIGITS = "digits are lost: some of it is computed in float32 (.float(), a new tensor without dtype)."
RANGE = "an exponential has left the range of numbers (0 or infinity) before the logarithm is taken."

SLOPE = "the slope of a logarithm, a root or a power below 1 is infinite at 0, and infinity times 0 is NaN."
CUT = "the value is right, but a part of it has no gradient, or a wrong one (detach, .data, no_grad)."
WRITES = "the function writes into {} (-=, .data, a method that ends in _): make a new tensor."


class Traced(Wrong):
    """A failure whose idea is looked for when it is asked for."""

    def __init__(self, tried: str, expected: Any, got: Any, step: str, find: Callable[[], str]) -> None:
        self._find, self._idea = find, ""
        super().__init__(tried, expected, got, step)

    @property
    def idea(self) -> str:
        if not self._idea:
            with contextlib.suppress(Exception):  # an answer may fail in another way when it is tried again
                self._idea = self._find()
        return self._idea

    @idea.setter
    def idea(self, value: str) -> None:
        self._idea = value


def number(value: Any) -> float | None:
    """Return a value as a number, None if it is none."""
    array = plain(value)
    if array is None or array.size != 1 or array.dtype.kind not in "fiu":
        return None
    return float(array.reshape(-1)[0])


def tried_again(call: Formula, *inputs: Tensor, **options: Any) -> float | None:
    """Return what a function makes of copies of the inputs; None if that is no number."""
    try:
        return number(call(*map(copied, inputs), **options))
    except Exception:
        return None


def copied(value: Tensor) -> Tensor:
    """Return a copy that lies in memory as the tensor does: clone() makes a crop contiguous."""
    return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype).copy_(value)


def alike(first: float | None, second: float | None, tolerance: float = 3e-6) -> bool:
    """Return whether two numbers agree, and are numbers."""
    if first is None or second is None:
        return False
    return bool(np.isclose(first, second, rtol=tolerance, atol=2e-7, equal_nan=True))


def relation(got: Any, expected: float, shape: tuple[int, ...]) -> str:
    """Return how a wrong value follows from the right one, such as "yours is minus that"; "" if unknown."""
    array = plain(got)
    if array is None or array.size == 0 or array.dtype.kind == "c":
        return ""
    if array.size > 1:
        return f"one number: yours has shape {array.shape}"
    value, close = float(array.reshape(-1)[0]), functools.partial(np.isclose, rtol=1e-4, atol=0)
    if np.isnan(value) or abs(expected) < 1e-3 or abs(value) < 1e-4:
        return ""
    images, classes, *size = shape
    pixels = int(np.prod(size))
    factors = {
        -1: "minus that",
        2: "twice that",
        100: "100 times that",
        images: "that times the number of images",
        classes: "that times the number of classes",
        pixels: "that times the pixels of an image",
        images * pixels: "that times the number of pixels: the sum",
        images * classes: "that times images x classes: the sum",
        1 / np.log(2): "that in the logarithm to base 2",
        1 / np.log(10): "that in the logarithm to base 10",
        1 / images: "that divided by the number of images",
        1 / classes: "that divided by the number of classes: a mean over too many",
        1 / 2: "half of that",
    }
    for factor, words in factors.items():
        if factor != 1 and close(value, factor * expected):
            return f"yours is {words}"
    if close(value, 1 - expected):
        return "yours is 1 minus that"
    return "yours is 1 less" if close(value, expected - 1) else ""


def idea_of(
    answer: Any, oracle: Formula, inputs: tuple[Tensor, ...], options: dict[str, Any], got: Any
) -> str:
    """Return why an answer has this value, "" if that is not found."""
    value = number(got)
    if value is None:
        return shape_idea(plain(got).shape) if plain(got) is not None and plain(got).size > 1 else ""
    again = functools.partial(tried_again, answer, *inputs)
    expected = tried_again(oracle, *inputs, **options)
    if alike(value, expected, 1e-5):
        # Only digits are wrong: the formulas would all fit.
        exact = [
            words
            for words, one in KNOWN.get(oracle, tuple)()
            if near(tried_again(one, *inputs, **options), value)
        ]
        return exact[0] if exact else DIGITS if inputs[0].dtype == torch.float64 else ""
    for name, one in options.items():
        found = [again(**context | {name: other}) for context in (options, {}) for other in around(one)]
        if all(alike(found[0], other) for other in found[1:3]) and all(
            alike(found[3], other) and np.isfinite(other) for other in found[4:]
        ):
            return f"the result is the same for every {name}: the argument is not used."
    for name, parameter in inspect.signature(oracle).parameters.items():
        default = parameter.default
        if not isinstance(default, float) or name in options or not takes(answer, name):
            continue
        others = [again(**options, **{name: other}) for other in around(default)]
        if np.isfinite(value) and all(alike(value, other) for other in others):
            return f"the result is the same for every {name}: the argument is not used."
        if alike(again(**options, **{name: default}), expected, 1e-5):
            return f"the result is right as soon as {name} = {default:g} is passed: its default was changed."
    return suspected(
        answer, oracle, inputs, lambda formula: tried_again(formula, *inputs, **options), value, **options
    )


def suspected(
    answer: Any,
    oracle: Formula,
    inputs: tuple[Tensor, ...],
    measure: Callable[[Formula], float | None],
    value: float,
    **options: Any,
) -> str:
    """Return the suspect that does what the answer does, "" if there is none.

    `measure` must give `value`, and the losses of further predictions must agree: different mistakes can give
    the same number where a prediction is perfect.
    """
    fitting = [(words, one) for words, one in KNOWN.get(oracle, tuple)() if alike(measure(one), value)]
    if not fitting:
        return ""
    trials = list(further(inputs))
    found = [tried_again(answer, *trial, **options) for trial in trials]
    for words, formula in fitting:
        if all(
            alike(tried_again(formula, *trial, **options), one)
            for trial, one in zip(trials, found, strict=True)
        ):
            return words
    return ""


def near(first: float | None, second: float) -> bool:
    """Return whether two numbers agree in nearly all digits of float64."""
    return first is not None and abs(first - second) <= 1e-11 * abs(second)


def idea_of_gradient(
    oracle: Formula, inputs: tuple[Tensor, ...], options: dict[str, Any], got: Tensor, right: bool
) -> str:
    """Return the suspect of an oracle that has this gradient; else what follows if the value is right."""
    logits, *rest = inputs
    for words, formula in KNOWN.get(oracle, tuple)():
        x = logits.clone().requires_grad_()
        try:
            (other,) = torch.autograd.grad(formula(x, *rest, **options), x)
        except Exception:
            continue
        if float((other - got).abs().max()) < 1e-5 * float(got.abs().max()):
            return words
    return CUT if right else ""


def further(inputs: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    """Yield a random prediction; the last class absent and hardly predicted; it is absent in one image."""
    logits, target, *rest = (one.double() if one.is_floating_point() else one for one in inputs)
    generator = torch.Generator().manual_seed(0)
    random = 2 * torch.randn(logits.shape, generator=generator, dtype=torch.float64)
    yield random, target, *rest
    classes = logits.shape[1]
    small = random.clone()
    small[:, -1] = -15.5 + (random[:, :-1].logsumexp(1) if classes > 1 else 0.0)
    absent = target % (classes - 1) if classes > 2 else 0 * target
    yield small, absent, *rest
    if len(target) > 1:
        yield random, torch.cat([absent[:1], target[1:]]), *rest


def around(value: float) -> tuple[float, float, float]:
    """Return a value of an argument, and two others."""
    return value, 2 * value + 0.1, value + 3


def shape_idea(shape: tuple[int, ...]) -> str:
    """Return why a loss has this shape and not ()."""
    if np.prod(shape) == 1:
        return "axes of length 1 are left: a mean or a sum without dim has the shape ()."
    return "a mean is missing: more than one number is returned."


def takes(answer: Any, name: str) -> bool:
    """Return whether a function has a parameter of this name."""
    try:
        return name in inspect.signature(answer).parameters
    except (TypeError, ValueError):
        return False


def bounded(answer: Any, inputs: tuple[Tensor, ...], expected: float, got: Any, **options: Any) -> str:
    """Return why the loss of large logits is wrong: it leaves the range of numbers, or is bounded."""
    value = number(got)
    if value is None or not np.isfinite(value):
        return "" if value is None else RANGE
    logits, *rest = inputs
    twice = tried_again(answer, 2 * logits, *rest, **options)
    if twice is not None and value < 0.9 * expected and twice < 1.2 * value:
        return (
            f"the loss stays near {value:.4g} if the logits are doubled: a small number inside the "
            "logarithm, or a clamp, bounds it."
        )
    return ""


def called(answer: Any, inputs: tuple[Tensor, ...], tried: str, expected: Any, **options: Any) -> Any:
    """Return what the answer makes of these inputs; an error that has one cause only says it."""
    try:
        return attempt(tried, expected, answer, *inputs, **options)
    except Wrong as error:
        error.idea = error.idea or idea_of_error(str(error.got), inputs)
        raise


def idea_of_error(text: str, inputs: tuple[Tensor, ...]) -> str:
    """Return what an error says about its cause, "" if that is not certain."""
    if "view size is not compatible" in text:
        return LAYOUT
    shape = inputs[0].shape
    if 1 in shape and re.search(r"Dimension out of range|too many indices|not enough values to unpack", text):
        return SQUEEZED
    classes, occurring = shape[1], len(inputs[1].unique())
    sizes = {int(size) for size in re.findall(r"\d+", text)}
    if "must match" in text and occurring < classes and {occurring, classes} <= sizes:
        return ABSENT
    beyond = "out of bounds" in text and 3 in sizes and classes < 4
    if classes not in (1, 4) and (
        beyond or ("must match" in text and 4 not in shape and {4, classes} <= sizes)
    ):
        return FIXED
    return ""
