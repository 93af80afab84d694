"""The attention gate: AttentionGate(skip_channels, gate_channels) on (skip, gate)."""

from typing import Any

import numpy as np
from torch import Tensor

from brainlab.models import AttentionGate
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt, expect_gradient, noise, twin


def gated(answer: Any, skip: Tensor, gate: Tensor, tried: str) -> tuple[Tensor, Tensor]:
    """Return the two tensors of an answer."""
    wanted = "a pair: the weighted skip connection and its weights"
    got = attempt(tried, wanted, answer, skip, gate)
    if not (isinstance(got, tuple | list) and len(got) == 2):
        raise Wrong(tried, wanted, f"{type(got).__name__} of shape {tuple(getattr(got, 'shape', ()))}")
    return got[0], got[1]


def weighted_skip(answer: Any, rng: np.random.Generator) -> None:
    reference = AttentionGate(4, 6)
    model = twin(answer, reference, rng, "the layers of AttentionGate(4, 6)", 4, 6)
    skip, gate = noise(rng, 2, 4, 8, 12), noise(rng, 2, 6, 4, 6)
    tried = "AttentionGate(4, 6) on skip (2, 4, 8, 12), gate (2, 6, 4, 6)"
    expected = reference(skip, gate)
    weighted, alpha = gated(model, skip, gate, tried)
    expect(weighted, expected[0], f"{tried}: the weighted skip connection", "step 4")
    expect(alpha, expected[1], f"{tried}: the weights", "step 3")


def weights_between_0_and_1(answer: Any, rng: np.random.Generator) -> None:
    """Strong features push the weights to both ends, and never beyond."""
    reference = AttentionGate(8, 4)
    model = twin(answer, reference, rng, "the layers of AttentionGate(8, 4)", 8, 4)
    skip, gate = 30 * noise(rng, 1, 8, 6, 6), 30 * noise(rng, 1, 4, 3, 3)
    tried = "AttentionGate(8, 4) on strong features"
    _, alpha = gated(model, skip, gate, tried)
    if tuple(alpha.shape) != (1, 1, 6, 6):
        raise Wrong(tried, "weights of shape (1, 1, 6, 6)", f"shape {tuple(alpha.shape)}", "step 3")
    bounds = [float(alpha.min()) >= 0, float(alpha.max()) <= 1]
    expect(bounds, [True, True], f"{tried}: weights at least 0, at most 1", "step 2")
    expect(alpha, reference(skip, gate)[1], f"{tried}: the weights", "step 2")


def odd_size(answer: Any, rng: np.random.Generator) -> None:
    reference = AttentionGate(2, 3)
    model = twin(answer, reference, rng, "the layers of AttentionGate(2, 3)", 2, 3)
    skip, gate = noise(rng, 1, 2, 9, 7), noise(rng, 1, 3, 4, 3)
    tried = "AttentionGate(2, 3) on skip (1, 2, 9, 7), gate (1, 3, 4, 3)"
    expect(gated(model, skip, gate, tried)[0], reference(skip, gate)[0], tried, "step 3")


def gradient(answer: Any, rng: np.random.Generator) -> None:
    reference = AttentionGate(4, 4)
    model = twin(answer, reference, rng, "the layers of AttentionGate(4, 4)", 4, 4)
    tried = "the gradient of AttentionGate(4, 4)"
    weighted, _ = gated(model, noise(rng, 1, 4, 6, 6), noise(rng, 1, 4, 3, 3), tried)
    expect_gradient(model, weighted, tried)


GAP = Gap(
    "g02_attention_gate",
    "AttentionGate",
    minutes=9,
    points=5,
    reference=AttentionGate,
    properties=[
        Property("output and weights with given layers", weighted_skip, share=2),
        Property("weights from 0 to 1", weights_between_0_and_1),
        Property("odd sizes", odd_size, visible=False),
        Property("the gradient", gradient, visible=False),
    ],
)
