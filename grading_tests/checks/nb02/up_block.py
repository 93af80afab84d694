"""One step up: UpBlock(in_channels, skip_channels, out_channels, padded=True)."""

from typing import Any

import numpy as np

from brainlab.models import UpBlock
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt, expect_gradient, noise, twin


def up_block_values(answer: Any, rng: np.random.Generator) -> None:
    reference = UpBlock(8, 3, 5)
    model = twin(answer, reference, rng, "the layers of UpBlock(8, 3, 5)", 8, 3, 5)
    x, skip = noise(rng, 2, 8, 4, 6), noise(rng, 2, 3, 8, 12)
    tried = "UpBlock(8, 3, 5) on x (2, 8, 4, 6), skip (2, 3, 8, 12)"
    expect(attempt(tried, "(2, 5, 8, 12)", model, x, skip), reference(x, skip), tried)


def up_block_valid(answer: Any, rng: np.random.Generator) -> None:
    reference = UpBlock(4, 2, 2, padded=False)
    model = twin(
        answer, reference, rng, "the layers of UpBlock(4, 2, 2, padded=False)", 4, 2, 2, padded=False
    )
    x, skip = noise(rng, 1, 4, 5, 6), noise(rng, 1, 2, 18, 16)
    tried = "UpBlock(4, 2, 2, padded=False) on x (1, 4, 5, 6), skip (1, 2, 18, 16)"
    expect(attempt(tried, "(1, 2, 6, 8)", model, x, skip), reference(x, skip), tried)


def up_block_gradient(answer: Any, rng: np.random.Generator) -> None:
    reference = UpBlock(3, 6, 4)
    model = twin(answer, reference, rng, "the layers of UpBlock(3, 6, 4)", 3, 6, 4)
    skip = noise(rng, 1, 6, 6, 8).requires_grad_()
    output = attempt("UpBlock(3, 6, 4)", "(1, 4, 6, 8)", model, noise(rng, 1, 3, 3, 4), skip)
    expect_gradient(model, output, "the gradient of UpBlock(3, 6, 4)")
    if skip.grad is None:
        raise Wrong("the gradient of UpBlock(3, 6, 4)", "a gradient for the skip connection", "none")


GAP = Gap(
    "g02_up_block",
    "UpBlock",
    minutes=8,
    points=4,
    reference=UpBlock,
    properties=[
        Property("the output with given weights", up_block_values, share=2),
        Property("without padding", up_block_valid),
        Property("gradient through both inputs", up_block_gradient, visible=False),
    ],
)
