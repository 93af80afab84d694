"""ESRGAN's dense block: DenseBlock(num_feat, num_grow_ch)."""

from typing import Any

import numpy as np

from brainlab.models import DenseBlock
from grading_tests.checks.nb04.blocks import expect_output, expect_training
from grading_tests.gap import Gap, Property


def dense_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(DenseBlock, answer, rng, 4, 3, shape=(2, 4, 7, 9))


def dense_widths(answer: Any, rng: np.random.Generator) -> None:
    expect_output(DenseBlock, answer, rng, 3, 5, shape=(1, 3, 4, 6))


def dense_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(DenseBlock, answer, rng, 5, 2, shape=(2, 5, 6, 4))


GAP = Gap(
    "g04_dense_block",
    "DenseBlock",
    minutes=8,
    points=5,
    reference=DenseBlock,
    properties=[
        Property("the output with given weights, x unchanged, a second call", dense_values, share=2),
        Property("other widths", dense_widths),
        Property("gradients while training", dense_training),
    ],
)
