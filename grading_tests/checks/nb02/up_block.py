"""One step up: UpBlock(in_channels, skip_channels, out_channels, padded=True)."""

from typing import Any

import numpy as np

from brainlab.models import UpBlock
from grading_tests.checks.nb02 import contract
from grading_tests.checks.nb02.contract import noises, on
from grading_tests.gap import Gap, Property

# No two sums, doubles or halves of these channel numbers are equal, so that a wrong count shows.
COUNTS = (11, 4, 6)


def up_block_values(answer: Any, rng: np.random.Generator) -> None:
    reference, inputs = UpBlock(*COUNTS), noises(rng, x=(2, 11, 4, 6), skip=(2, 4, 8, 12))
    model = contract.twins(answer, reference, rng, inputs, f"UpBlock{COUNTS}", *COUNTS)
    contract.expect_output(model, reference, inputs, on(f"UpBlock{COUNTS}", inputs))


def up_block_valid(answer: Any, rng: np.random.Generator) -> None:
    """A skip connection that is larger by odd and even numbers of pixels, by none, along one axis only."""
    reference, call = UpBlock(5, 3, 2, padded=False), "UpBlock(5, 3, 2, padded=False)"
    x = (1, 5, 5, 6)
    cases = [noises(rng, x=x, skip=(1, 3, *size)) for size in ((19, 15), (10, 12), (10, 14), (11, 12))]
    model = contract.twins(answer, reference, rng, cases[0], call, 5, 3, 2, padded=False)
    for inputs in cases:
        contract.expect_output(model, reference, inputs, on(call, inputs))


def up_block_training(answer: Any, rng: np.random.Generator) -> None:
    reference, inputs = UpBlock(8, 4, 4), noises(rng, x=(3, 8, 3, 4), skip=(3, 4, 6, 8))
    model = contract.twins(answer, reference, rng, inputs, "UpBlock(8, 4, 4)", 8, 4, 4, padded=True)
    contract.expect_training(model, reference, inputs, "UpBlock(8, 4, 4)")
    call, reference = "UpBlock(4, 4, 4, padded=False)", UpBlock(4, 4, 4, padded=False)
    inputs = noises(rng, x=(2, 4, 4, 5), skip=(2, 4, 9, 10))
    model = contract.twins(answer, reference, rng, inputs, call, 4, 4, 4, padded=False)
    contract.expect_training(model, reference, inputs, call)


def up_block_calls(answer: Any, rng: np.random.Generator) -> None:
    reference = UpBlock(3, 5, 7)
    shapes = (((2, 3, 4, 4), (2, 5, 8, 8)), ((1, 3, 5, 2), (1, 5, 10, 4)), ((3, 3, 2, 3), (3, 5, 4, 6)))
    calls = [noises(rng, x=x, skip=skip) for x, skip in shapes]
    model = contract.twins(answer, reference, rng, calls[0], "UpBlock(3, 5, 7)", 3, 5, 7)
    contract.expect_calls_alike(model, reference, calls, "UpBlock(3, 5, 7)")


def up_block_gradient(answer: Any, rng: np.random.Generator) -> None:
    reference, inputs = UpBlock(3, 6, 4), noises(rng, x=(2, 3, 3, 4), skip=(2, 6, 6, 8))
    model = contract.twins(answer, reference, rng, inputs, "UpBlock(3, 6, 4)", 3, 6, 4)
    contract.expect_gradients(model, reference, inputs, "UpBlock(3, 6, 4)")


def up_block_fresh(answer: Any, rng: np.random.Generator) -> None:
    inputs = noises(rng, x=(1, 6, 4, 4), skip=(1, 3, 8, 8))
    contract.expect_fresh(answer, inputs, "UpBlock(6, 3, 3)", 6, 3, 3)


GAP = Gap(
    "g02_up_block",
    "UpBlock",
    minutes=8,
    points=4,
    reference=UpBlock,
    properties=[
        Property("the output with given weights", up_block_values, share=2),
        Property("without padding", up_block_valid),
        Property("training mode", up_block_training),
        Property("calls in a row, float64", up_block_calls),
        Property("gradient through both inputs", up_block_gradient),
        Property("new weights", up_block_fresh),
    ],
)
