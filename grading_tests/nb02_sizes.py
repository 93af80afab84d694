"""Checks of the gaps about sizes: one convolution, and a whole U-Net without padding."""

from typing import Any

import numpy as np
import torch
from torch import nn

from brainlab.models import conv_output_size, valid_size
from grading_tests.gap import Wrong, expect


def valid_convolution(answer: Any, rng: np.random.Generator) -> None:
    for size, kernel in ((96, 3), (10, 5), (7, 1), (int(rng.integers(30, 600)), int(rng.integers(2, 9)))):
        expect(
            answer(size, kernel), conv_output_size(size, kernel), f"size {size}, kernel {kernel}", "step 2"
        )


def with_dilation(answer: Any, rng: np.random.Generator) -> None:
    for size, kernel, dilation in ((96, 3, 2), (40, 5, 3), (int(rng.integers(60, 99)), 4, 5)):
        expected = conv_output_size(size, kernel, dilation=dilation)
        got = answer(size, kernel, dilation=dilation)
        expect(got, expected, f"size {size}, kernel {kernel}, dilation {dilation}", "step 1")


def with_padding_and_stride(answer: Any, rng: np.random.Generator) -> None:
    for size, kernel, padding, stride in ((96, 3, 1, 1), (96, 3, 0, 2), (11, 2, 1, 3), (224, 7, 3, 2)):
        expected = conv_output_size(size, kernel, padding, stride)
        got = answer(size, kernel, padding, stride)
        tried = f"size {size}, kernel {kernel}, padding {padding}, stride {stride}"
        expect(got, expected, tried, "step 2")


def as_torch_does(answer: Any, rng: np.random.Generator) -> None:
    for _ in range(20):
        size, kernel, padding, stride, dilation = (
            int(n) for n in rng.integers((20, 1, 0, 1, 1), (50, 6, 4, 4, 4))
        )
        convolution = nn.Conv1d(1, 1, kernel, stride, padding, dilation)
        expected = convolution(torch.zeros(1, 1, size)).shape[-1]
        tried = f"size {size}, kernel {kernel}, padding {padding}, stride {stride}, dilation {dilation}"
        expect(answer(size, kernel, padding, stride, dilation), expected, tried)


def pair_of(answer: Any, size: int, depth: int) -> tuple[int, int]:
    """Return the two sizes of an answer as plain numbers."""
    got = answer(size, depth)
    try:
        below, above = (np.asarray(value, dtype=float).item() for value in got)  # shape () or (1,)
    except (TypeError, ValueError):
        raise Wrong(f"size {size}, depth {depth}", valid_size(size, depth), got) from None
    return below, above


def between_two(answer: Any, rng: np.random.Generator) -> None:
    for size, depth in ((570, 4), (int(rng.integers(300, 555)), 4), (200, 3)):
        expect(pair_of(answer, size, depth), valid_size(size, depth), f"size {size}, depth {depth}", "step 3")


def already_valid(answer: Any, rng: np.random.Generator) -> None:
    for size, depth in ((572, 4), (valid_size(int(rng.integers(200, 300)), 3)[1], 3)):
        expect(pair_of(answer, size, depth), (size, size), f"size {size}, depth {depth}", "step 3")


def other_depths(answer: Any, rng: np.random.Generator) -> None:
    for depth in (1, 2, 5):
        for size in rng.integers(400, 800, size=3):
            tried = f"size {size}, depth {depth}"
            expect(pair_of(answer, int(size), depth), valid_size(int(size), depth), tried, "step 1")
