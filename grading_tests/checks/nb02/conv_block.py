"""The double convolution: ConvBlock(in_channels, out_channels, padded=True)."""

from typing import Any

import numpy as np

from brainlab.models import ConvBlock
from grading_tests.gap import Gap, Property, expect
from grading_tests.networks import attempt, expect_gradient, noise, twin


def conv_block_values(answer: Any, rng: np.random.Generator) -> None:
    reference = ConvBlock(3, 5)
    model = twin(answer, reference, rng, "the layers of ConvBlock(3, 5)", 3, 5)
    x = noise(rng, 2, 3, 9, 12)
    tried = "ConvBlock(3, 5) on x of (2, 3, 9, 12)"
    expect(attempt(tried, "(2, 5, 9, 12)", model, x.clone()), reference(x.clone()), tried)


def conv_block_valid(answer: Any, rng: np.random.Generator) -> None:
    reference = ConvBlock(2, 4, padded=False)
    model = twin(answer, reference, rng, "the layers of ConvBlock(2, 4, padded=False)", 2, 4, padded=False)
    x = noise(rng, 1, 2, 11, 8)
    tried = "ConvBlock(2, 4, padded=False) on x of (1, 2, 11, 8)"
    expect(attempt(tried, "(1, 4, 7, 4)", model, x.clone()), reference(x.clone()), tried, "padding")


def conv_block_training(answer: Any, rng: np.random.Generator) -> None:
    reference = ConvBlock(4, 4)
    model = twin(answer, reference, rng, "the layers of ConvBlock(4, 4)", 4, 4)
    model.train()
    reference.train()
    x = noise(rng, 3, 4, 6, 6) * 3 + 1
    tried = "ConvBlock(4, 4) while training"
    output = attempt(tried, "(3, 4, 6, 6)", model, x.clone())
    expect(output, reference(x.clone()), tried)
    expect_gradient(model, output, tried)


GAP = Gap(
    "g02_conv_block",
    "ConvBlock",
    minutes=6,
    points=4,
    reference=ConvBlock,
    properties=[
        Property("the output with given weights", conv_block_values, share=2),
        Property("without padding", conv_block_valid),
        Property("batch statistics and gradient while training", conv_block_training, visible=False),
    ],
)
