"""Cross-entropy with class weights: weighted_cross_entropy(logits, target, weight)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import cross_entropy
from grading_tests.checks.nb03.contract import expect_large, expect_value, of_a_loss
from grading_tests.checks.nb03.pixels import any_surprise, right
from grading_tests.checks.nb03.suspects import CONSTANTS, KNOWN, Suspect
from grading_tests.gap import Gap, Property
from grading_tests.losses import scan
from grading_tests.networks import labels_like, noise


def weights(rng: np.random.Generator, classes: int = 4) -> Tensor:
    """Return one weight for each class, far apart, none of them 1."""
    values = 2.0 ** rng.permutation(np.arange(classes) * 2 - 2.5)
    return torch.as_tensor(values, dtype=torch.get_default_dtype())


def draw(rng: np.random.Generator, images: int, classes: int, *size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits, target and weights."""
    return *scan(rng, images, classes, *size), weights(rng, classes)


def weighted_values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((3, 4, 5, 6), (1, 4, 6, 2)):
        tried = f"random logits {shape}, a weight for each class"
        expect_value(answer, F.cross_entropy, draw(rng, *shape), tried)


def weighted_equally(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 4, 3)
    weight = torch.full((4,), float(rng.uniform(3, 9)))
    tried = "the same weight for all classes: the plain cross-entropy"
    expect_value(answer, F.cross_entropy, (logits, target, weight), tried)


def weighted_zero(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 4, 4)
    weight = torch.tensor([0.0, 1.0, 1.0, 1.0])
    tried = "weight 0 for the background: its pixels do not count"
    expect_value(answer, F.cross_entropy, (logits, target, weight), tried)


def weighted_scaled(answer: Any, rng: np.random.Generator) -> None:
    for factor in (1e-6, 1e5):
        logits, target, weight = draw(rng, 2, 4, 4, 3)
        tried = f"all weights times {factor:g}, which changes nothing"
        expect_value(answer, F.cross_entropy, (logits, target, factor * weight), tried)


def weighted_large_logits(answer: Any, rng: np.random.Generator) -> None:
    logits, target = 400 * noise(rng, 1, 4, 3, 3), labels_like(rng, 1, 3, 3)
    inputs = logits, target, weights(rng)
    expect_large(answer, F.cross_entropy, inputs, "logits of several hundreds")


def suspects() -> Iterator[Suspect]:
    def mean(loss: Tensor, target: Tensor, weight: Tensor, more: float = 0.0) -> Tensor:
        each = weight[target]
        return (each * loss).sum() / (each.sum() + more)

    for words, surprise in any_surprise():
        yield words, lambda z, t, w, s=surprise: mean(s(z, t), t, w)
    for constant in CONSTANTS:
        yield (
            f"{constant:.3g} is added to the sum of the weights: the loss then depends on their size.",
            lambda z, t, w, c=constant: mean(right(z, t), t, w, c),
        )
        yield (
            f"weights below {constant:.3g} are raised: a weight may be 0 or tiny.",
            lambda z, t, w, c=constant: mean(right(z, t), t, w.clamp_min(c)),
        )
    yield (
        "the sum is divided by the number of classes as well.",
        lambda z, t, w: mean(right(z, t), t, w) / z.shape[1],
    )


KNOWN[F.cross_entropy] = suspects

GAP = Gap(
    "g03_weighted_cross_entropy",
    "weighted_cross_entropy",
    minutes=5,
    points=4,
    reference=cross_entropy,
    properties=[
        Property("random logits and weights", weighted_values, share=2),
        Property("equal weights", weighted_equally),
        Property("a class of weight 0", weighted_zero),
        Property("very small and very large weights", weighted_scaled),
        Property("large logits", weighted_large_logits),
        *of_a_loss(F.cross_entropy, draw),
    ],
)
