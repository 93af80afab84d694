"""The focal loss: focal_loss(logits, target, gamma=2.0)."""

from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import focal_loss
from grading_tests.gap import Gap, Property
from grading_tests.losses import certain, expect_loss, expect_loss_gradient, scan
from grading_tests.networks import labels_like, noise


def focal(logits: Tensor, target: Tensor, gamma: float = 2.0) -> Tensor:
    """Lin et al. 2017 (arXiv:1708.02002), equation 4, without alpha."""
    surprise = F.cross_entropy(logits, target, reduction="none")  # (B, H, W)
    return ((1 - (-surprise).exp()) ** gamma * surprise).mean()


def focal_values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((2, 4, 3, 5), (1, 4, 6, 2)):
        expect_loss(answer, focal, *scan(rng, *shape), f"random logits {shape}", "step 3")


def focal_without_gamma(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 4, 3)
    expect_loss(answer, focal, logits, target, "gamma 0: the plain cross-entropy", "step 3", gamma=0.0)


def focal_other_gammas(answer: Any, rng: np.random.Generator) -> None:
    for gamma in (0.5, 1.0, 5.0):
        logits, target = scan(rng, 2, 4, 4, 3)
        expect_loss(answer, focal, logits, target, f"gamma {gamma:g}", "step 3", gamma=gamma)


def focal_large_logits(answer: Any, rng: np.random.Generator) -> None:
    logits, target = 400 * noise(rng, 1, 4, 3, 3), labels_like(rng, 1, 3, 3)
    expect_loss(answer, focal, logits, target, "logits of several hundreds", "step 1")


def focal_other_classes(answer: Any, rng: np.random.Generator) -> None:
    for classes in (2, 6):
        logits, target = scan(rng, 3, classes, 5, 3)
        expect_loss(answer, focal, logits.double(), target, f"{classes} classes, 3 images, float64")


def focal_gradient(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 3, 3)
    expect_loss_gradient(answer, focal, logits, target, "the gradient of the loss")
    expect_loss_gradient(answer, focal, certain(target, 4), target, "the gradient where all is right already")


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
        Property("other numbers of classes", focal_other_classes, visible=False),
        Property("the gradient, inputs unchanged", focal_gradient, visible=False),
    ],
)
