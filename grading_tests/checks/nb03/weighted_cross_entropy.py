"""Cross-entropy with class weights: weighted_cross_entropy(logits, target, weight)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import cross_entropy
from grading_tests.gap import Gap, Property
from grading_tests.losses import expect_loss, expect_loss_gradient, scan
from grading_tests.networks import labels_like, noise


def weights(rng: np.random.Generator, classes: int = 4) -> Tensor:
    """Return one weight for each class, far apart, none of them 1."""
    values = 2.0 ** rng.permutation(np.arange(classes) * 2 - 2.5)
    return torch.as_tensor(values, dtype=torch.get_default_dtype())


def weighted_values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((2, 4, 3, 5), (1, 4, 6, 2)):
        logits, target = scan(rng, *shape)
        tried = f"random logits {shape}, a weight for each class"
        expect_loss(answer, F.cross_entropy, logits, target, tried, "step 3", weight=weights(rng))


def weighted_equally(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 4, 3)
    weight = torch.full((4,), float(rng.uniform(3, 9)))
    tried = "the same weight for all classes: the plain cross-entropy"
    expect_loss(answer, F.cross_entropy, logits, target, tried, "step 4", weight=weight)


def weighted_zero(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 4, 4)
    weight = torch.tensor([0.0, 1.0, 1.0, 1.0])
    tried = "weight 0 for the background: its pixels do not count"
    expect_loss(answer, F.cross_entropy, logits, target, tried, "step 4", weight=weight)


def weighted_large_logits(answer: Any, rng: np.random.Generator) -> None:
    logits, target = 400 * noise(rng, 1, 4, 3, 3), labels_like(rng, 1, 3, 3)
    tried = "logits of several hundreds"
    expect_loss(answer, F.cross_entropy, logits, target, tried, "step 1", weight=weights(rng))


def weighted_other_classes(answer: Any, rng: np.random.Generator) -> None:
    for classes in (2, 6):
        logits, target = scan(rng, 3, classes, 5, 3)
        weight = weights(rng, classes).double()
        tried = f"{classes} classes, 3 images, float64"
        expect_loss(answer, F.cross_entropy, logits.double(), target, tried, weight=weight)
    logits, target = scan(rng, 2, 4, 1, 9)
    tried = "2 images of one row of pixels"
    expect_loss(answer, F.cross_entropy, logits, target, tried, "step 2", weight=weights(rng))


def weighted_gradient(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 3, 3)
    expect_loss_gradient(
        answer, F.cross_entropy, logits, target, "the gradient of the loss", weight=weights(rng)
    )


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
        Property("large logits", weighted_large_logits),
        Property("other numbers of classes", weighted_other_classes, visible=False),
        Property("the gradient, inputs unchanged", weighted_gradient, visible=False),
    ],
)
