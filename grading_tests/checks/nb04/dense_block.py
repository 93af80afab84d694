"""ESRGAN's dense block: DenseBlock(num_feat, num_grow_ch)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import DenseBlock
from grading_tests.checks.nb04.blocks import expect_output, expect_training
from grading_tests.gap import Gap, Property

Act = Callable[[Tensor], Tensor]


def leaky(slope: float) -> Act:
    return lambda y: F.leaky_relu(y, slope)


def as_it_is(y: Tensor) -> Tensor:
    return y


LEAKY = leaky(0.2)


def rival(
    after: Act = LEAKY,
    before: Act = as_it_is,
    fifth: Act = as_it_is,
    joined: Act = as_it_is,
    each: float = 1.0,
    added: Callable[[Tensor, Tensor, list[Tensor]], Tensor] = lambda x, last, outputs: x + 0.2 * last,
) -> Callable[[nn.Module, Tensor], Tensor]:
    """Return a forward pass with changes: activations after and before each convolution and of the joined
    features, one before the fifth, a factor of each output, and what is added up in the end."""

    def forward(net: nn.Module, x: Tensor) -> Tensor:
        features, outputs = x, []
        for conv in (net.conv1, net.conv2, net.conv3, net.conv4):
            outputs.append(each * after(conv(before(features))))
            features = joined(torch.cat([features, outputs[-1]], dim=1))
        return added(x, net.conv5(fifth(features)), [*outputs, features])

    return forward


def overwritten(net: nn.Module, x: Tensor) -> Tensor:
    """An activation in place on the features, the first of which is x."""
    features = x
    for conv in (net.conv1, net.conv2, net.conv3, net.conv4):
        features = LEAKY(features)
        features = torch.cat([features, conv(features)], dim=1)
    return LEAKY(x) + 0.2 * net.conv5(features)


SLOPE = "the slope of the LeakyReLU is {}; the text says 0.2."
ALL = "the activation bends all joined features, x too; it belongs to each convolution's output alone."
# Idea to forward pass.
FORWARDS = {
    **{SLOPE.format(slope): rival(leaky(slope)) for slope in (0.01, 0.02, 0.05, 0.1, 0.25, 0.3, 0.5, -0.2)},
    "the activation is a PReLU or LeakyReLU of slope 0: below 0 its slope is 0.2.": rival(torch.relu),
    "the activation is not a LeakyReLU, but another one.": tuple(
        map(rival, (F.elu, F.gelu, F.silu, torch.tanh, torch.sigmoid, F.softplus, F.selu, F.relu6))
    ),
    "an activation follows the fifth convolution; it follows the first four.": (
        rival(added=lambda x, last, outputs: x + 0.2 * last.relu()),
        rival(added=lambda x, last, outputs: x + 0.2 * LEAKY(last)),
    ),
    ALL: (rival(as_it_is, joined=leaky(0.2)), rival(joined=leaky(0.2)), overwritten),
    "the activation comes before each convolution; it follows the first four.": (
        rival(as_it_is, before=LEAKY),
        rival(as_it_is, before=LEAKY, fifth=LEAKY),
    ),
    "activations come before and after the convolutions; they follow the first four.": (
        rival(before=LEAKY),
        rival(before=LEAKY, fifth=LEAKY),
    ),
    "each output is scaled by 0.2; only the fifth is.": (
        rival(each=0.2),
        rival(each=0.2, added=lambda x, last, outputs: x + last),
    ),
    "the fifth output is scaled by 0.1; the factor is 0.2.": rival(
        added=lambda x, last, outputs: x + 0.1 * last
    ),
    "the fifth output is scaled twice, by 0.04; the factor is 0.2.": rival(
        added=lambda x, last, outputs: x + 0.04 * last
    ),
    "the fifth output is subtracted; it is added.": rival(added=lambda x, last, outputs: x - 0.2 * last),
    "the input is subtracted; it is added.": rival(added=lambda x, last, outputs: 0.2 * last - x),
    "an activation bends x before it is added; x is added as it is.": rival(
        added=lambda x, last, outputs: LEAKY(x) + 0.2 * last
    ),
    "not x is added in the end, but other features: keep the input under a name of its own.": rival(
        added=lambda x, last, outputs: outputs[-1][:, -x.shape[1] :] + 0.2 * last
    ),
    "the fifth output is added to itself instead of to x: keep the input under a name of its own.": rival(
        added=lambda x, last, outputs: last + 0.2 * last
    ),
}


def dense_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(DenseBlock, answer, rng, 4, 3, shape=(2, 4, 7, 9), forwards=FORWARDS)


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
