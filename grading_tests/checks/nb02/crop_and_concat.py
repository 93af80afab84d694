"""The skip connection: crop_and_concat(skip, x)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab.models import crop_and_concat
from grading_tests.gap import Gap, Property, Wrong, expect, same
from grading_tests.networks import attempt, noise


def expect_crop(answer: Any, skip: Tensor, x: Tensor, tried: str, step: str) -> None:
    expected = crop_and_concat(skip, x)
    got = attempt(tried, f"shape {tuple(expected.shape)}", answer, skip, x)
    expect(got, expected, tried, step)


def crop_even(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 2, 3, 12, 12), noise(rng, 2, 5, 8, 8)
    expect_crop(answer, skip, x, "skip (2, 3, 12, 12), x (2, 5, 8, 8)", "step 2")


def crop_oblong(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 1, 2, 10, 16), noise(rng, 1, 2, 8, 6)
    expect_crop(answer, skip, x, "skip (1, 2, 10, 16), x (1, 2, 8, 6)", "step 1")


def crop_nothing(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 2, 3, 6, 7), noise(rng, 2, 4, 6, 7)
    expect_crop(answer, skip, x, "skip and x of the same height and width", "step 2")


def crop_odd(answer: Any, rng: np.random.Generator) -> None:
    """An odd border has no middle: both ways to share it are right."""
    skip, x = noise(rng, 1, 3, 15, 9), noise(rng, 1, 2, 14, 6)
    tried = "skip (1, 3, 15, 9), x (1, 2, 14, 6): an odd border"
    got = attempt(tried, "shape (1, 5, 14, 6)", answer, skip, x)
    ways = [
        torch.cat([skip[..., top : top + 14, left : left + 6], x], dim=1) for top in (0, 1) for left in (1, 2)
    ]
    if not any(same(got, way) for way in ways):
        raise Wrong(tried, ways[0], got, "step 2")


def crop_gradient(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 1, 1, 6, 6).requires_grad_(), noise(rng, 1, 1, 4, 4).requires_grad_()
    before = skip.detach().clone(), x.detach().clone()
    tried = "the gradient through the joined tensor"
    joined = attempt(tried, "shape (1, 2, 4, 4)", answer, skip, x)
    if not joined.requires_grad:
        raise Wrong(tried, "a gradient", "none: the graph is cut")
    joined.sum().backward()
    for tensor, original, expected in ((skip, before[0], 16.0), (x, before[1], 16.0)):
        expect(tensor.grad.sum() if tensor.grad is not None else 0.0, expected, tried)
        expect(tensor, original, "the inputs are unchanged")


GAP = Gap(
    "g02_crop_and_concat",
    "crop_and_concat",
    minutes=6,
    points=4,
    reference=crop_and_concat,
    properties=[
        Property("the centre, joined along the channels", crop_even),
        Property("a non-square image", crop_oblong),
        Property("equal sizes", crop_nothing),
        Property("an odd border", crop_odd),
        Property("gradient, inputs unchanged", crop_gradient, visible=False),
    ],
)
