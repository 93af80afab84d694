"""The output size of a convolution: conv_output_size(size, kernel, padding, stride, dilation)."""

from typing import Any

import numpy as np
import torch
from torch import nn

from brainlab.models import conv_output_size
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt


def expect_size(answer: Any, tried: str, step: str, *sizes: int, **options: int) -> None:
    """Compare with the formula; the result is a whole number, because sizes are counted."""
    expected = conv_output_size(*sizes, **options)
    got = attempt(tried, expected, answer, *sizes, **options)
    expect(got, expected, tried, step)
    if not isinstance(got, int | np.integer) or isinstance(got, bool):
        idea = "sizes are counted: the result is a whole number (int)."
        raise Wrong(f"{tried}: the type of the result", "a whole number (int)", type(got).__name__, idea=idea)


def valid_convolution(answer: Any, rng: np.random.Generator) -> None:
    for size, kernel in ((96, 3), (10, 5), (7, 1), (int(rng.integers(30, 600)), int(rng.integers(2, 9)))):
        expect_size(answer, f"size {size}, kernel {kernel}", "step 2", size, kernel)


def with_dilation(answer: Any, rng: np.random.Generator) -> None:
    for size, kernel, dilation in ((96, 3, 2), (40, 5, 3), (17, 3, 8), (int(rng.integers(60, 99)), 4, 5)):
        tried = f"size {size}, kernel {kernel}, dilation {dilation}"
        expect_size(answer, tried, "step 1", size, kernel, dilation=dilation)


def with_padding_and_stride(answer: Any, rng: np.random.Generator) -> None:
    cases = (
        (96, 3, 1, 1),
        (13, 2, 0, 5),
        (96, 3, 0, 2),
        (11, 2, 1, 3),
        (224, 7, 3, 2),
        (9, 3, 0, 4),
        (512, 2, 0, 2),
    )
    for size, kernel, padding, stride in cases:
        tried = f"size {size}, kernel {kernel}, padding {padding}, stride {stride}"
        expect_size(answer, tried, "step 2", size, kernel, padding, stride)


def as_torch_does(answer: Any, rng: np.random.Generator) -> None:
    """Everything at once: first three that are fixed, then random ones."""
    fixed = ((96, 3, 2, 2, 2), (40, 3, 4, 1, 4), (51, 5, 1, 3, 2))
    drawn = [tuple(map(int, rng.integers((20, 1, 0, 1, 1), (50, 6, 4, 4, 4)))) for _ in range(20)]
    for size, kernel, padding, stride, dilation in (*fixed, *drawn):
        convolution = nn.Conv1d(1, 1, kernel, stride, padding, dilation)
        expected = convolution(torch.zeros(1, 1, size)).shape[-1]
        tried = f"size {size}, kernel {kernel}, padding {padding}, stride {stride}, dilation {dilation}"
        got = attempt(tried, expected, answer, size, kernel, padding, stride, dilation)
        expect(got, expected, tried)


GAP = Gap(
    "g02_conv_output_size",
    "conv_output_size",
    minutes=5,
    points=3,
    reference=conv_output_size,
    properties=[
        Property("a valid convolution", valid_convolution),
        Property("dilation", with_dilation),
        Property("padding and stride", with_padding_and_stride),
        Property("all options together, against torch", as_torch_does),
    ],
)
