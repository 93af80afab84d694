"""The skip connection: crop_and_concat(skip, x)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab.models import crop_and_concat
from grading_tests.checks.nb02.contract import CUT
from grading_tests.gap import Gap, Property, Wrong, because, expect, same
from grading_tests.networks import IN_PLACE, attempt, noise

Shape = tuple[int, ...]


def expect_crop(answer: Any, rng: np.random.Generator, skip: Shape, x: Shape, tried: str, step: str) -> None:
    given = noise(rng, *skip), noise(rng, *x)
    expect_joined(answer, *given, f"skip {skip}, x {x}{tried}", step)


def expect_joined(answer: Any, skip: Tensor, x: Tensor, tried: str, step: str = "") -> None:
    """Compare values, shape and dtype, and see that the inputs are unchanged."""
    expected = crop_and_concat(skip, x)
    given = skip.clone(), x.clone()
    got = attempt(tried, f"shape {tuple(expected.shape)}", answer, *given)
    for name, now, before in zip(("skip", "x"), given, (skip, x), strict=True):
        if now.shape != before.shape or not same(now, before):
            raise Wrong(f"{tried}: is {name} unchanged?", before, now, idea=IN_PLACE)
    with because(idea_of_shape(got, skip.shape, x.shape)):
        expect(got, expected, tried, step, like=True)
    if got.dtype != expected.dtype:
        idea = "the result has the type of the inputs: no .float(), .half() or new tensor."
        raise Wrong(f"{tried}: the dtype", str(expected.dtype), str(got.dtype), idea=idea)


def idea_of_shape(got: Any, skip: Shape, x: Shape) -> str:
    """Return what a wrong shape says about an answer; nothing of a right one."""
    shape = tuple(getattr(got, "shape", ()))
    if len(shape) != 4 or shape == (skip[0], skip[1] + x[1], *x[2:]):
        return ""
    if shape[0] != skip[0]:
        return "the images of the batch are mixed: channels are axis 1."
    if shape[2:] != tuple(x[2:]):
        return "the result has the height and width of x, to which the skip connection is cropped."
    if skip[1] != x[1] and shape[1] in (skip[1], x[1]):
        return (
            f"only the channels of {'the skip connection' if shape[1] == skip[1] else 'x'} are in the result."
        )
    return "the result has all channels of the skip connection and all of x."


def crop_even(answer: Any, rng: np.random.Generator) -> None:
    expect_crop(answer, rng, (2, 3, 12, 12), (2, 5, 8, 8), "", "step 2")


def crop_oblong(answer: Any, rng: np.random.Generator) -> None:
    expect_crop(answer, rng, (1, 2, 10, 16), (1, 2, 8, 6), "", "step 1")
    expect_crop(answer, rng, (2, 4, 14, 8), (2, 1, 6, 8), ": only the height differs", "step 2")
    expect_crop(answer, rng, (3, 1, 8, 20), (3, 2, 8, 10), ": only the width differs", "step 2")


def crop_nothing(answer: Any, rng: np.random.Generator) -> None:
    expect_crop(answer, rng, (2, 3, 6, 7), (2, 4, 6, 7), ": same height and width", "step 2")
    expect_crop(answer, rng, (1, 4, 6, 6), (1, 4, 6, 6), ": the same shape", "step 2")


def crop_odd(answer: Any, rng: np.random.Generator) -> None:
    """Of an odd difference the extra pixel is cropped at the end, as the text says."""
    for skip, x in (((1, 3, 15, 9), (1, 2, 14, 6)), ((1, 1, 12, 13), (1, 1, 7, 6))):
        expect_crop(answer, rng, skip, x, ": an odd difference", "step 1")


def crop_float64(answer: Any, rng: np.random.Generator) -> None:
    for dtype in (torch.float64, torch.float16):
        skip, x = noise(rng, 2, 1, 9, 7).to(dtype), noise(rng, 2, 3, 4, 6).to(dtype)
        expect_joined(answer, skip, x, f"skip (2, 1, 9, 7), x (2, 3, 4, 6), {str(dtype)[6:]}")


def crop_gradient(answer: Any, rng: np.random.Generator) -> None:
    """Every place of the result has its own weight, so that the gradient tells where it came from."""
    skip, x = noise(rng, 2, 2, 7, 8), noise(rng, 2, 3, 4, 4)
    weight = noise(rng, 2, 5, 4, 4)
    grads = []
    for function in (crop_and_concat, answer):
        leaves = [value.clone().requires_grad_() for value in (skip, x)]
        joined = attempt("the gradient", "shape (2, 5, 4, 4)", function, *leaves)
        if not (isinstance(joined, Tensor) and joined.requires_grad):
            raise Wrong("the gradient of the result", "a gradient", "none: the graph is cut", idea=CUT)
        (joined * weight).sum().backward()
        grads.append([leaf.grad for leaf in leaves])
    for name, expected, got in zip(("skip", "x"), *grads, strict=True):
        tried = f"the gradient of the result in {name}"
        if got is None:
            raise Wrong(tried, "a gradient", f"none: the graph is cut at {name}", idea=f"{name}: {CUT}")
        expect(got, expected, tried)


GAP = Gap(
    "g02_crop_and_concat",
    "crop_and_concat",
    minutes=6,
    points=4,
    reference=crop_and_concat,
    properties=[
        Property("the centre, joined along the channels", crop_even),
        Property("non-square images", crop_oblong),
        Property("equal sizes", crop_nothing),
        Property("an odd difference", crop_odd),
        Property("float64 and float16", crop_float64),
        Property("the gradient in both inputs", crop_gradient),
    ],
)
