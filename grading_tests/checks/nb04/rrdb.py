"""The residual-in-residual dense block: RRDB(num_feat, num_grow_ch)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import RRDB
from grading_tests.checks.nb04.blocks import expect_output, expect_training
from grading_tests.gap import Gap, Property

Act = Callable[[Tensor], Tensor]


def blocks(net: nn.Module, x: Tensor, between: Act = lambda y: y, count: int = 3) -> Tensor:
    """Return what the first blocks make, with something between them."""
    y = net.rdb1(x)
    for block in (net.rdb2, net.rdb3)[: count - 1]:
        y = block(between(y))
    return y


def leaky(y: Tensor) -> Tensor:
    return F.leaky_relu(y, 0.2)


# Idea to forward pass.
FORWARDS = {
    "an activation comes between the dense blocks; each gets what the one before has made.": (
        lambda net, x: x + 0.2 * blocks(net, x, torch.relu),
        lambda net, x: x + 0.2 * blocks(net, x, leaky),
        lambda net, x: x + 0.2 * leaky(blocks(net, x, leaky)),
        lambda net, x: x + 0.2 * blocks(net, x, torch.relu).relu(),
    ),
    "an activation follows the sum; nothing comes after it.": (
        lambda net, x: leaky(net(x)),
        lambda net, x: net(x).relu(),
    ),
    "an activation follows the blocks; their output is scaled and added as it is.": (
        lambda net, x: x + 0.2 * leaky(blocks(net, x)),
        lambda net, x: x + 0.2 * blocks(net, x).relu(),
    ),
    "only two of the three blocks are run.": lambda net, x: x + 0.2 * blocks(net, x, count=2),
    "only one of the three blocks is run, or each gets x; they come one after another.": lambda net, x: (
        x + 0.2 * blocks(net, x, count=1)
    ),
    "four blocks are run, one of them twice.": lambda net, x: x + 0.2 * net.rdb1(blocks(net, x)),
    "x is overwritten before it is added: keep the input under a name of its own.": (
        lambda net, x: 1.2 * blocks(net, x)
    ),
    "the output of the first block is added; it is x, the input.": (
        lambda net, x: net.rdb1(x) + 0.2 * blocks(net, x)
    ),
    "the output of the second block is added; it is x, the input.": (
        lambda net, x: blocks(net, x, count=2) + 0.2 * blocks(net, x)
    ),
    "the branch is subtracted; it is added.": lambda net, x: x - 0.2 * blocks(net, x),
    "the branch is scaled by 0.1; the factor is 0.2.": lambda net, x: x + 0.1 * blocks(net, x),
}


def rrdb_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(RRDB, answer, rng, 4, 3, shape=(2, 4, 6, 8), forwards=FORWARDS)


def rrdb_widths(answer: Any, rng: np.random.Generator) -> None:
    expect_output(RRDB, answer, rng, 3, 5, shape=(1, 3, 4, 5))


def rrdb_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(RRDB, answer, rng, 5, 2, shape=(2, 5, 5, 4))


GAP = Gap(
    "g04_rrdb",
    "RRDB",
    minutes=5,
    points=3,
    reference=RRDB,
    properties=[
        Property("the output with given weights, x unchanged, a second call", rrdb_values, share=2),
        Property("other widths", rrdb_widths),
        Property("gradients while training", rrdb_training),
    ],
)
