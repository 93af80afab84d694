"""The focal loss: focal_loss(logits, target, gamma=2.0)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import focal_loss
from grading_tests.checks.nb03.contract import expect_gradient, expect_large, expect_value, of_a_loss
from grading_tests.checks.nb03.pixels import any_factor
from grading_tests.checks.nb03.suspects import KNOWN, Suspect
from grading_tests.gap import Gap, Property
from grading_tests.losses import certain, scan
from grading_tests.networks import labels_like, noise


def focal(logits: Tensor, target: Tensor, gamma: float = 2.0) -> Tensor:
    """Lin et al. 2017 (arXiv:1708.02002), equation 4, without alpha."""
    surprise = F.cross_entropy(logits, target, reduction="none")  # (B, H, W)
    return ((1 - (-surprise).exp()) ** gamma * surprise).mean()


def focal_values(answer: Any, rng: np.random.Generator) -> None:
    # Not 4 classes: a mean over all of them is then no factor of 0.25.
    for shape in ((3, 5, 4, 6), (1, 3, 6, 2)):
        expect_value(answer, focal, scan(rng, *shape), f"random logits {shape}, gamma by default")


def focal_without_gamma(answer: Any, rng: np.random.Generator) -> None:
    inputs, tried = scan(rng, 2, 4, 4, 3), "gamma 0: the plain cross-entropy"
    expect_value(answer, focal, inputs, tried, gamma=0.0)


def focal_other_gammas(answer: Any, rng: np.random.Generator) -> None:
    for gamma in (0.5, 1.0, 2.5, 5.0):
        expect_value(answer, focal, scan(rng, 2, 4, 4, 3), f"gamma {gamma:g}", gamma=gamma)
    tried = "the gradient for gamma 3"
    expect_gradient(answer, focal, scan(rng, 2, 4, 4, 3), tried, gamma=3.0)


def focal_large_logits(answer: Any, rng: np.random.Generator) -> None:
    inputs = 400 * noise(rng, 1, 4, 3, 3), labels_like(rng, 1, 3, 3)
    expect_large(answer, focal, inputs, "logits of several hundreds")
    _, target = scan(rng, 1, 4, 3, 4)
    inputs = certain((target + 1) % 4, 4, 400.0), target
    tried = "all pixels confidently wrong, gamma 0.5: the gradient"
    expect_gradient(answer, focal, inputs, tried, gamma=0.5)


def focal_all_right(answer: Any, rng: np.random.Generator) -> None:
    _, target = scan(rng, 2, 4, 3, 3)
    inputs, tried = (certain(target, 4, 2.5), target), "all pixels correct, p = 0.98"
    expect_value(answer, focal, inputs, tried, atol=0)
    # In float64, where 1 - p still has its digits.
    inputs = certain(target, 4, 6.3).double(), target
    expect_value(
        answer, focal, inputs, "all pixels correct, 1 - p = 1e-5, gamma 1", rtol=1e-3, atol=0, gamma=1.0
    )
    tried = "all pixels correct and confident"
    expect_value(answer, focal, (certain(target, 4), target), tried)
    expect_gradient(answer, focal, (certain(target, 4), target), f"{tried}: the gradient")


def suspects() -> Iterator[Suspect]:
    for words, loss in any_factor():
        yield words, lambda logits, target, gamma=2.0, f=loss: f(logits, target, gamma).mean()


KNOWN[focal] = suspects

GAP = Gap(
    "g03_focal",
    "focal_loss",
    minutes=6,
    points=4,
    reference=focal_loss,
    properties=[
        Property("random logits", focal_values, share=2),
        Property("gamma 0", focal_without_gamma),
        Property("other gammas", focal_other_gammas),
        Property("large logits", focal_large_logits),
        Property("a perfect prediction", focal_all_right),
        *of_a_loss(focal),
    ],
)
