"""The output size of a convolution: conv_output_size(size, kernel, padding, stride, dilation)."""

from typing import Any

import numpy as np
import torch
from torch import nn

from brainlab.models import conv_output_size
from grading_tests.gap import Gap, Property, expect


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
        Property("all options together, against torch", as_torch_does, visible=False),
    ],
)
