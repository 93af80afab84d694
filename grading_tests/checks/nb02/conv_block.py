"""The double convolution: ConvBlock(in_channels, out_channels, padded=True)."""

from typing import Any

import numpy as np

from brainlab.models import ConvBlock
from grading_tests.checks.nb02 import contract
from grading_tests.checks.nb02.contract import noises, on
from grading_tests.gap import Gap, Property


def conv_block_values(answer: Any, rng: np.random.Generator) -> None:
    reference, inputs = ConvBlock(3, 5), noises(rng, x=(2, 3, 9, 12))
    model = contract.twins(answer, reference, rng, inputs, "ConvBlock(3, 5)", 3, 5)
    contract.expect_output(model, reference, inputs, on("ConvBlock(3, 5)", inputs))


def conv_block_valid(answer: Any, rng: np.random.Generator) -> None:
    reference, inputs = ConvBlock(4, 2, padded=False), noises(rng, x=(1, 4, 11, 8))
    call = "ConvBlock(4, 2, padded=False)"
    model = contract.twins(answer, reference, rng, inputs, call, 4, 2, padded=False)
    contract.expect_output(model, reference, inputs, on(call, inputs))


def conv_block_training(answer: Any, rng: np.random.Generator) -> None:
    for size, padded in ((4, True), (3, False)):
        reference, inputs = ConvBlock(size, size, padded=padded), noises(rng, x=(3, size, 7, 6))
        inputs["x"] = 3 * inputs["x"] + 1
        call = f"ConvBlock({size}, {size}, padded={padded})"
        model = contract.twins(answer, reference, rng, inputs, call, size, size, padded=padded)
        contract.expect_training(model, reference, inputs, call)


def conv_block_calls(answer: Any, rng: np.random.Generator) -> None:
    reference = ConvBlock(2, 6)
    calls = [noises(rng, x=shape) for shape in ((2, 2, 8, 8), (1, 2, 5, 33), (3, 2, 7, 6))]
    model = contract.twins(answer, reference, rng, calls[0], "ConvBlock(2, 6)", 2, 6)
    contract.expect_calls_alike(model, reference, calls, "ConvBlock(2, 6)")


def conv_block_gradient(answer: Any, rng: np.random.Generator) -> None:
    reference, inputs = ConvBlock(3, 4), noises(rng, x=(2, 3, 6, 7))
    model = contract.twins(answer, reference, rng, inputs, "ConvBlock(3, 4)", 3, 4)
    contract.expect_gradients(model, reference, inputs, "ConvBlock(3, 4)")


def conv_block_fresh(answer: Any, rng: np.random.Generator) -> None:
    contract.expect_fresh(answer, noises(rng, x=(2, 4, 8, 8)), "ConvBlock(4, 8)", 4, 8)


GAP = Gap(
    "g02_conv_block",
    "ConvBlock",
    minutes=6,
    points=4,
    reference=ConvBlock,
    properties=[
        Property("the output with given weights", conv_block_values, share=2),
        Property("without padding", conv_block_valid),
        Property("training mode", conv_block_training),
        Property("calls in a row, float64", conv_block_calls),
        Property("the gradient", conv_block_gradient),
        Property("new weights", conv_block_fresh),
    ],
)
