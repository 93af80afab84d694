"""The exponential-logarithmic loss of Wong et al. 2018: exponential_logarithmic_loss(logits, target, ...)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import exponential_logarithmic_loss
from grading_tests.checks.nb03.overlap import BATCH, counts
from grading_tests.gap import Gap, Property, Wrong
from grading_tests.losses import certain, expect_loss, expect_loss_gradient, gradient_of, scan
from grading_tests.networks import attempt, labels_like, noise


def exp_log(
    logits: Tensor, target: Tensor, dice_weight: float = 0.8, cross_weight: float = 0.2, gamma: float = 0.3
) -> Tensor:
    """Wong et al. 2018 (arXiv:1809.00076), equations 1 to 3, with equal class weights and eps 1e-6."""
    tp, fp, fn = counts(logits, target, BATCH)
    surprise = -((2 * tp + 1e-6) / (2 * tp + fp + fn + 1e-6)).log()  # (C,)
    pixels = F.cross_entropy(logits, target, reduction="none")  # (B, H, W)
    return dice_weight * (surprise**gamma).mean() + cross_weight * (pixels**gamma).mean()


def reference(
    logits: Tensor, target: Tensor, dice_weight: float = 0.8, cross_weight: float = 0.2, gamma: float = 0.3
) -> Tensor:
    """The library's loss with the arguments of the gap: one Dice for the batch, all classes of one weight."""
    equal = torch.ones(logits.shape[1])
    return exponential_logarithmic_loss(
        logits, target, dice_weight, cross_weight, gamma, gamma, equal, per_image=False
    )


def values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((2, 4, 5, 6), (1, 4, 6, 3)):
        expect_loss(answer, exp_log, *scan(rng, *shape), f"random logits {shape}")


def dice_part(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 3, 4, 5, 4)
    tried = "the Dice part alone: dice_weight 1, cross_weight 0"
    expect_loss(answer, exp_log, logits, target, tried, "step 2", dice_weight=1.0, cross_weight=0.0)


def cross_part(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 5, 4)
    tried = "the cross-entropy part alone: dice_weight 0, cross_weight 1"
    expect_loss(answer, exp_log, logits, target, tried, "step 4", dice_weight=0.0, cross_weight=1.0)


def large_logits(answer: Any, rng: np.random.Generator) -> None:
    # Confident and wrong everywhere, so that it does not matter how correct pixels are treated.
    target = labels_like(rng, 1, 4, 4)
    logits = certain((target + 1) % 4, 4, 500.0) + noise(rng, 1, 4, 4, 4)
    tried = "logits of several hundreds, cross-entropy part alone"
    expect_loss(answer, exp_log, logits, target, tried, "step 3", dice_weight=0.0, cross_weight=1.0)


def all_right(answer: Any, rng: np.random.Generator) -> None:
    _, target = scan(rng, 2, 4, 4, 5)
    logits, tried = certain(target, 4), "all pixels correct and confident"
    value = attempt(tried, "nearly 0", answer, logits.clone(), target)
    if not -1e-6 <= float(value) < 0.2:
        raise Wrong(tried, "nearly 0", value)
    grad = gradient_of(answer, logits, target, f"the gradient, {tried}")
    if not torch.isfinite(grad).all():
        raise Wrong(f"the gradient, {tried}", "finite numbers", grad, "steps 2 and 4: avoid 0 ** gamma")


def nowhere(answer: Any, rng: np.random.Generator) -> None:
    """Class 3 is neither present nor predicted, and a third of the other pixels are wrong."""
    target = labels_like(rng, 2, 6, 5, classes=3)
    logits = certain((target + (labels_like(rng, 2, 6, 5, classes=3) == 0).long()) % 3, 4, 5.0)
    logits[:, 3] = -200.0
    tried = "a class that is neither present nor predicted, gamma 1"
    expect_loss(answer, exp_log, logits, target, tried, "step 1", gamma=1.0)
    grad = gradient_of(answer, logits, target, f"the gradient, {tried}", gamma=1.0)
    if not torch.isfinite(grad).all():
        raise Wrong(f"the gradient, {tried}", "finite numbers", grad, "step 1: eps above and below")


def other_gammas(answer: Any, rng: np.random.Generator) -> None:
    for gamma in (1.0, 0.5, 2.0):
        logits, target = scan(rng, 2, 4, 5, 4)
        expect_loss(answer, exp_log, logits, target, f"gamma {gamma:g}", "steps 2 and 4", gamma=gamma)


def other_classes(answer: Any, rng: np.random.Generator) -> None:
    for classes in (2, 5):
        logits, target = scan(rng, 3, classes, 5, 3)
        expect_loss(answer, exp_log, logits.double(), target, f"{classes} classes, 3 images, float64")


def gradient(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 4, 3)
    expect_loss_gradient(answer, exp_log, logits, target, "the gradient of the loss")


GAP = Gap(
    "g03_exp_log",
    "exponential_logarithmic_loss",
    minutes=8,
    points=5,
    reference=reference,
    shortcuts=[exponential_logarithmic_loss],
    properties=[
        Property("random logits", values, share=2),
        Property("the Dice part alone", dice_part),
        Property("the cross-entropy part alone", cross_part),
        Property("a perfect prediction", all_right),
        Property("large logits", large_logits),
        Property("other gammas", other_gammas, visible=False),
        Property("an absent class", nowhere, visible=False),
        Property("other numbers of classes", other_classes, visible=False),
        Property("the gradient, inputs unchanged", gradient, visible=False),
    ],
)
