"""SRGAN's residual block: ResidualBlock(num_feat)."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import ResidualBlock
from grading_tests.checks.nb04.blocks import expect_output, expect_training
from grading_tests.gap import Gap, Property


def layers(*places: int, times: float = 1.0) -> Callable[[nn.Module, Tensor], Tensor]:
    """Return the forward pass of x plus these of the five layers, one after another, times a number."""

    def forward(net: nn.Module, x: Tensor) -> Tensor:
        y = x
        for place in places:
            y = net.block[place](y)
        return x + times * y

    return forward


def first_half(net: nn.Module, x: Tensor) -> Tensor:
    return net.block[2](net.block[1](net.block[0](x)))


def second_half(net: nn.Module, y: Tensor) -> Tensor:
    return net.block[4](net.block[3](y))


def bent(act: Callable[[Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    """Return the forward pass with another activation than the PReLU."""
    return lambda net, x: x + second_half(net, act(net.block[1](net.block[0](x))))


def dilated(*places: int) -> Callable[[nn.Module, Tensor], Tensor]:
    def forward(net: nn.Module, x: Tensor) -> Tensor:
        y = x
        for place, layer in enumerate(net.block):
            y = F.conv2d(y, layer.weight, layer.bias, padding=2, dilation=2) if place in places else layer(y)
        return x + y

    return forward


def two_skips(net: nn.Module, x: Tensor) -> Tensor:
    middle = x + first_half(net, x)
    return middle + second_half(net, middle)


def from_the_middle(net: nn.Module, x: Tensor) -> Tensor:
    middle = first_half(net, x)
    return middle + second_half(net, middle)


# Idea to forward pass.
FORWARDS = {
    "a ReLU follows the sum, as in the first ResNet; here nothing follows it.": lambda net, x: net(x).relu(),
    "the PReLU comes after the sum; it belongs between the two halves of the block.": lambda net, x: (
        net.block[2](layers(0, 1, 3, 4)(net, x))
    ),
    "the PReLU comes at the end of the branch; it belongs between its two halves.": layers(0, 1, 3, 4, 2),
    "the PReLU comes after the second batch norm as well; it belongs between the halves only.": layers(
        0, 1, 2, 3, 4, 2
    ),
    "there is no activation between the two halves of the block.": layers(0, 1, 3, 4),
    "norm and activation come before the convolutions (pre-activation); here they follow them.": (
        layers(1, 2, 0, 4, 2, 3),
        layers(1, 2, 0, 4, 3),
    ),
    "the PReLU comes before the first batch norm; the order is convolution, norm, PReLU.": layers(
        0, 2, 1, 3, 4
    ),
    "the second batch norm comes before its convolution; it follows it.": layers(0, 1, 2, 4, 3),
    "both batch norms come before the convolutions; they follow them.": layers(1, 0, 2, 4, 3),
    "the branch is scaled by 0.2, as in ESRGAN's dense block; here it is added as it is.": layers(
        *range(5), times=0.2
    ),
    "the branch is scaled by 0.1; here it is added as it is.": layers(*range(5), times=0.1),
    "the branch is subtracted; it is added.": layers(*range(5), times=-1.0),
    "the input is subtracted from the branch; both are added.": lambda net, x: net.block(x) - x,
    "the input is added twice, after the first half too; it is added once, at the end.": (
        two_skips,
        lambda net, x: x + second_half(net, x + first_half(net, x)),
    ),
    "what is added is the output of the first half; it is x, the input of the block.": from_the_middle,
    "forward runs the first half only; two convolutions belong to the branch.": layers(0, 1, 2),
    "forward runs the second half only; two convolutions belong to the branch.": layers(3, 4),
    "the second convolution is dilated, so it skips pixels: all are plain 3 x 3.": dilated(3),
    "the first convolution is dilated, so it skips pixels: all are plain 3 x 3.": dilated(0),
    "both convolutions are dilated, so they skip pixels: all are plain 3 x 3.": dilated(0, 3),
    "the activation is another one than the PReLU that was made: forward does not use it.": (
        bent(torch.relu),
        bent(F.leaky_relu),
        bent(lambda y: F.leaky_relu(y, 0.2)),
        bent(lambda y: F.leaky_relu(y, 0.25)),
    ),
    "in evaluation mode a batch norm uses running statistics; this one takes the batch's.": (
        lambda net, x: copy.deepcopy(net).train()(x)
    ),
}


def residual_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(ResidualBlock, answer, rng, 4, shape=(2, 4, 7, 9), forwards=FORWARDS)


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
