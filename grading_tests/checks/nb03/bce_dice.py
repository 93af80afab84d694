"""BCE + Dice for one channel: bce_dice_loss(logits, target, alpha)."""

from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import alpha_bce_dice_loss
from grading_tests.gap import Gap, Property
from grading_tests.losses import expect_loss, expect_loss_gradient


def bce_dice(logits: Tensor, target: Tensor, alpha: float = 0.5) -> Tensor:
    """The oracle: BCE by softplus, and the mean over the images of the soft Dice of the tumour."""
    x, truth = logits.flatten(1), target.flatten(1).to(logits)  # (B, H W)
    prob = x.sigmoid()
    dice = (2 * (prob * truth).sum(1) + 1e-6) / (prob.sum(1) + truth.sum(1) + 1e-6)  # (B,)
    return alpha * (F.softplus(x) - x * truth).mean() + (1 - alpha) * (1 - dice.mean())


def masks(rng: np.random.Generator, images: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return logits (B, 1, H, W) and masks (B, H, W) of a tumour that gets smaller from image to image."""
    logits = torch.as_tensor(rng.normal(-0.5, 2, (images, 1, height, width)), dtype=torch.get_default_dtype())
    share = 0.6 / 2 ** np.arange(images)[:, None, None]
    target = torch.as_tensor(rng.random((images, height, width)) < share, dtype=torch.int64)
    target[:, 0, 0] = 1
    return logits, target


def both_weighted(answer: Any, rng: np.random.Generator) -> None:
    for shape, alpha in (((2, 4, 5), 0.5), ((3, 6, 4), 0.3)):
        tried = f"random logits ({shape[0]}, 1, {shape[1]}, {shape[2]}), alpha {alpha:g}"
        expect_loss(answer, bce_dice, *masks(rng, *shape), tried, alpha=alpha)


def dice_alone(answer: Any, rng: np.random.Generator) -> None:
    tried = "alpha 0: the Dice part alone, 2 images"
    expect_loss(answer, bce_dice, *masks(rng, 2, 5, 7), tried, "step 4", alpha=0.0)


def bce_alone(answer: Any, rng: np.random.Generator) -> None:
    tried = "alpha 1: the BCE part alone, 2 images"
    expect_loss(answer, bce_dice, *masks(rng, 2, 5, 7), tried, "step 2", alpha=1.0)


def large_logits(answer: Any, rng: np.random.Generator) -> None:
    logits, target = masks(rng, 2, 3, 4)
    tried = "logits of 200 and -200, some of the wrong sign"
    expect_loss(answer, bce_dice, 200 * logits.sign(), target, tried, "step 2", alpha=0.5)


def nothing_there(answer: Any, rng: np.random.Generator) -> None:
    logits = torch.full((2, 1, 4, 3), -200.0)
    target = torch.zeros(2, 4, 3, dtype=torch.int64)
    tried = "no tumour, and none predicted: loss 0"
    expect_loss(answer, bce_dice, logits, target, tried, "step 4", alpha=0.5)


def other_batches(answer: Any, rng: np.random.Generator) -> None:
    logits, target = masks(rng, 1, 7, 3)
    expect_loss(answer, bce_dice, logits.double(), target, "1 image, float64, alpha by default")
    logits, target = masks(rng, 4, 4, 4)
    expect_loss(answer, bce_dice, logits, target, "4 images of 4 x 4, alpha 0.8", alpha=0.8)


def gradient(answer: Any, rng: np.random.Generator) -> None:
    expect_loss_gradient(answer, bce_dice, *masks(rng, 2, 4, 3), "the gradient of the loss", alpha=0.4)


GAP = Gap(
    "g03_bce_dice",
    "bce_dice_loss",
    minutes=7,
    points=4,
    reference=partial(alpha_bce_dice_loss, alpha=0.5),
    properties=[
        Property("both parts, weighted", both_weighted, share=2),
        Property("the Dice part alone", dice_alone),
        Property("the BCE part alone", bce_alone),
        Property("logits of 200", large_logits),
        Property("no tumour", nothing_there),
        Property("one image, four images", other_batches, visible=False),
        Property("the gradient, inputs unchanged", gradient, visible=False),
    ],
)
