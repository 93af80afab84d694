"""SRGAN's residual block: ResidualBlock(num_feat)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from brainlab.models import ResidualBlock
from grading_tests.checks.nb04.blocks import expect_output, expect_training
from grading_tests.gap import Gap, Property
from grading_tests.networks import attempt


def residual_like(answer: Any) -> Callable[[int], nn.Module]:
    """Return the maker of a block whose PReLU has as many slopes as the answer's.

    The paper does not say whether all channels share one.
    """

    def make(num_feat: int) -> nn.Module:
        block = ResidualBlock(num_feat)
        made = attempt(f"the layers of ResidualBlock({num_feat})", "a network", answer, num_feat)
        parts = made.modules() if isinstance(made, nn.Module) else ()
        if any(isinstance(part, nn.PReLU) and part.num_parameters == num_feat for part in parts):
            block.block[2] = nn.PReLU(num_feat)
        return block

    return make


def residual_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(residual_like(answer), answer, rng, 4, shape=(2, 4, 7, 9), step="forward")


def residual_width(answer: Any, rng: np.random.Generator) -> None:
    expect_output(residual_like(answer), answer, rng, 6, shape=(1, 6, 5, 3))


def residual_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(residual_like(answer), answer, rng, 3, shape=(3, 3, 6, 5))


GAP = Gap(
    "g04_residual_block",
    "ResidualBlock",
    minutes=6,
    points=4,
    reference=ResidualBlock,
    properties=[
        Property("the output with given weights", residual_values, share=2),
        Property("another width", residual_width),
        Property("batch statistics and gradient while training", residual_training, visible=False),
    ],
)
