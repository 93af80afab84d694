"""SRGAN's residual block: ResidualBlock(num_feat)."""

from typing import Any

import numpy as np

from brainlab.models import ResidualBlock
from grading_tests.checks.nb04.blocks import expect_output, expect_training
from grading_tests.gap import Gap, Property


def residual_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(ResidualBlock, answer, rng, 4, shape=(2, 4, 7, 9))


def residual_width(answer: Any, rng: np.random.Generator) -> None:
    expect_output(ResidualBlock, answer, rng, 6, shape=(1, 6, 5, 3))


def residual_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(ResidualBlock, answer, rng, 3, shape=(3, 3, 6, 5))


GAP = Gap(
    "g04_residual_block",
    "ResidualBlock",
    minutes=6,
    points=4,
    reference=ResidualBlock,
    properties=[
        Property("the output with given weights, x unchanged, a second call", residual_values, share=2),
        Property("another width", residual_width),
        Property("batch statistics and gradient while training", residual_training),
    ],
)
