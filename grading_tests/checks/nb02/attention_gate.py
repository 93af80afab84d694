"""The attention gate: AttentionGate(skip_channels, gate_channels) on (skip, gate)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.models import AttentionGate
from grading_tests.checks.nb02 import contract
from grading_tests.checks.nb02.contract import Inputs, noises, on
from grading_tests.gap import Gap, Property, Wrong, same

OUTPUTS = ("the weighted skip connection", "alpha")


class CornersAligned(AttentionGate):
    """The same with the other convention of bilinear upsampling, which the text leaves open."""

    def forward(self, skip: Tensor, gate: Tensor) -> tuple[Tensor, Tensor]:
        first, second = self.from_skip(skip), self.from_gate(gate)
        small = self.psi((first + second).relu()).sigmoid()
        large = F.interpolate(small, skip.shape[-2:], mode="bilinear", align_corners=True)
        return large * skip, large


def aligns_corners(model: nn.Module, aligned: nn.Module, inputs: Inputs) -> bool:
    """Return whether an answer upsamples with aligned corners."""
    try:
        with torch.no_grad():
            got = model(*(value.clone() for value in inputs.values()))
            return same(got[1], aligned(*inputs.values())[1])
    except Exception:  # whatever the answer does wrongly is said by the property
        return False


def gates(
    answer: Any, rng: np.random.Generator, inputs: Inputs, *sizes: int
) -> tuple[nn.Module, AttentionGate]:
    reference = AttentionGate(*sizes)
    model = contract.twins(answer, reference, rng, inputs, f"AttentionGate{sizes}", *sizes)
    counts = [sum(weight.numel() for weight in network.parameters()) for network in (reference, model)]
    if counts[0] != counts[1]:
        raise Wrong(f"the number of weights of AttentionGate{sizes}", *counts, "the given layers")
    aligned = CornersAligned(*sizes).eval()
    aligned.load_state_dict(reference.state_dict())
    return model, aligned if aligns_corners(model, aligned, inputs) else reference


def weighted_skip(answer: Any, rng: np.random.Generator) -> None:
    inputs = noises(rng, skip=(2, 4, 8, 12), gate=(2, 6, 4, 6))
    model, reference = gates(answer, rng, inputs, 4, 6)
    contract.expect_output(model, reference, inputs, on("AttentionGate(4, 6)", inputs), OUTPUTS)


def weights_between_0_and_1(answer: Any, rng: np.random.Generator) -> None:
    """Strong features push the weights to both ends, and never beyond."""
    inputs = {name: 30 * value for name, value in noises(rng, skip=(1, 8, 6, 6), gate=(1, 4, 3, 3)).items()}
    model, reference = gates(answer, rng, inputs, 8, 4)
    contract.expect_output(model, reference, inputs, "AttentionGate(8, 4) on strong features", OUTPUTS)


def odd_size(answer: Any, rng: np.random.Generator) -> None:
    for skip, gate in (((1, 2, 9, 7), (1, 3, 4, 3)), ((2, 2, 8, 5), (2, 3, 4, 2))):
        inputs = noises(rng, skip=skip, gate=gate)
        model, reference = gates(answer, rng, inputs, 2, 3)
        contract.expect_output(model, reference, inputs, on("AttentionGate(2, 3)", inputs), OUTPUTS)


def gate_calls(answer: Any, rng: np.random.Generator) -> None:
    shapes = (((2, 5, 8, 8), (2, 3, 4, 4)), ((1, 5, 6, 10), (1, 3, 3, 5)), ((3, 5, 4, 4), (3, 3, 2, 2)))
    calls = [noises(rng, skip=skip, gate=gate) for skip, gate in shapes]
    model, reference = gates(answer, rng, calls[0], 5, 3)
    contract.expect_calls_alike(model, reference, calls, "AttentionGate(5, 3)", OUTPUTS)


def gradient(answer: Any, rng: np.random.Generator) -> None:
    inputs = noises(rng, skip=(2, 6, 6, 8), gate=(2, 4, 3, 4))
    model, reference = gates(answer, rng, inputs, 6, 4)
    contract.expect_training(model, reference, inputs, "AttentionGate(6, 4)", OUTPUTS)
    contract.expect_gradients(model, reference, inputs, "AttentionGate(6, 4)", OUTPUTS)


GAP = Gap(
    "g02_attention_gate",
    "AttentionGate",
    minutes=9,
    points=5,
    reference=AttentionGate,
    properties=[
        Property("output and weights with given layers", weighted_skip, share=2),
        Property("weights from 0 to 1", weights_between_0_and_1),
        Property("odd sizes", odd_size),
        Property("calls in a row, float64", gate_calls),
        Property("the gradient in both inputs", gradient),
    ],
)
