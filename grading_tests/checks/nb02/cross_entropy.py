"""Cross-entropy from logits: cross_entropy(logits, target)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import cross_entropy
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt, labels_like, noise


def expect_loss(answer: Any, logits: Tensor, target: Tensor, tried: str, step: str = "") -> None:
    expected = F.cross_entropy(logits, target)
    expect(attempt(tried, expected, answer, logits.clone(), target.clone()), expected, tried, step)


def loss_values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((2, 4, 3, 5), (1, 4, 6, 2)):
        logits = 2 * noise(rng, *shape)
        target = labels_like(rng, shape[0], *shape[2:])
        expect_loss(answer, logits, target, f"random logits {shape}")


def loss_of_equal_logits(answer: Any, rng: np.random.Generator) -> None:
    logits = torch.full((1, 4, 3, 3), float(rng.normal()))
    expect_loss(answer, logits, labels_like(rng, 1, 3, 3), "the same logit for all 4 classes: log 4")


def loss_of_large_logits(answer: Any, rng: np.random.Generator) -> None:
    logits = 400 * noise(rng, 1, 4, 3, 3)
    expect_loss(answer, logits, labels_like(rng, 1, 3, 3), "logits of several hundreds", "step 1")


def loss_other_classes(answer: Any, rng: np.random.Generator) -> None:
    for classes in (2, 5):
        target = labels_like(rng, 3, 4, 4, classes=classes)
        expect_loss(answer, noise(rng, 3, classes, 4, 4), target, f"{classes} classes, 3 images")


def loss_gradient(answer: Any, rng: np.random.Generator) -> None:
    logits, target = noise(rng, 2, 4, 3, 3), labels_like(rng, 2, 3, 3)
    pairs = []
    for loss_fn in (answer, F.cross_entropy):
        x = logits.clone().requires_grad_()
        loss = loss_fn(x, target)
        if not (isinstance(loss, Tensor) and loss.requires_grad):
            raise Wrong("the gradient of the loss", "a gradient", "none: the graph is cut")
        loss.sum().backward()
        pairs.append(x.grad)
    expect(pairs[0], pairs[1], "the gradient of the loss")


GAP = Gap(
    "g02_cross_entropy",
    "cross_entropy",
    minutes=6,
    points=4,
    reference=cross_entropy,
    properties=[
        Property("random logits", loss_values, share=2),
        Property("equal logits", loss_of_equal_logits),
        Property("large logits", loss_of_large_logits),
        Property("other numbers of classes", loss_other_classes, visible=False),
        Property("the gradient", loss_gradient, visible=False),
    ],
)
