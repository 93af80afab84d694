"""BCE + Dice for one channel: bce_dice_loss(logits, target, alpha)."""

from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import alpha_bce_dice_loss
from grading_tests.checks.nb03.contract import expect_eps, expect_gradient, expect_value, of_a_loss, tiny_area
from grading_tests.gap import Gap, Property


def bce_dice(logits: Tensor, target: Tensor, alpha: float = 0.5, eps: float = 1e-6) -> Tensor:
    """The oracle: BCE by softplus, and the mean over the images of the soft Dice of the tumour."""
    x, truth = logits.flatten(1), target.flatten(1).to(logits)  # (B, H W)
    prob = x.sigmoid()
    dice = (2 * (prob * truth).sum(1) + eps) / (prob.sum(1) + truth.sum(1) + eps)  # (B,)
    return alpha * (F.softplus(x) - x * truth).mean() + (1 - alpha) * (1 - dice.mean())


def masks(
    rng: np.random.Generator, images: int, channels: int, height: int, width: int
) -> tuple[Tensor, Tensor]:
    """Return logits (B, 1, H, W) and masks (B, H, W) of a tumour that gets smaller from image to image."""
    logits = torch.as_tensor(
        rng.normal(-0.5, 2, (images, channels, height, width)), dtype=torch.get_default_dtype()
    )
    share = 0.6 / 2 ** np.arange(images)[:, None, None]
    target = torch.as_tensor(rng.random((images, height, width)) < share, dtype=torch.int64)
    target[:, 0, 0] = 1
    return logits, target


def both_weighted(answer: Any, rng: np.random.Generator) -> None:
    expect_value(answer, bce_dice, masks(rng, 3, 1, 5, 6), "random logits (3, 1, 5, 6), alpha by default")
    for shape, alpha in (((2, 1, 4, 5), 0.5), ((3, 1, 6, 4), 0.25)):
        expect_value(
            answer, bce_dice, masks(rng, *shape), f"random logits {shape}, alpha {alpha:g}", alpha=alpha
        )


def dice_alone(answer: Any, rng: np.random.Generator) -> None:
    tried = "alpha 0: the Dice part alone, 3 images"
    expect_value(answer, bce_dice, masks(rng, 3, 1, 5, 7), tried, alpha=0.0)
    expect_gradient(answer, bce_dice, masks(rng, 2, 1, 4, 3), "alpha 0: the gradient", alpha=0.0)


def bce_alone(answer: Any, rng: np.random.Generator) -> None:
    tried = "alpha 1: the BCE part alone, 3 images"
    expect_value(answer, bce_dice, masks(rng, 3, 1, 5, 7), tried, alpha=1.0)
    expect_gradient(answer, bce_dice, masks(rng, 2, 1, 4, 3), "alpha 1: the gradient", alpha=1.0)


def large_logits(answer: Any, rng: np.random.Generator) -> None:
    logits, target = masks(rng, 2, 1, 3, 4)
    tried = "logits of 200 and -200, some of the wrong sign"
    expect_value(answer, bce_dice, (200 * logits.sign(), target), tried, alpha=0.5)


def nothing_there(answer: Any, rng: np.random.Generator) -> None:
    logits = torch.full((2, 1, 4, 3), -200.0)
    target = torch.zeros(2, 4, 3, dtype=torch.int64)
    tried = "no tumour, and none predicted: loss 0"
    expect_value(answer, bce_dice, (logits, target), tried, alpha=0.5)


def eps_given(answer: Any, rng: np.random.Generator) -> None:
    for area in (1e-6, 5e-6):
        tried = f"no tumour, {area:g} pixels of it predicted, alpha 0"
        expect_eps(answer, bce_dice, tiny_area(rng, 2, 1, area), tried, alpha=0.0)


def one_image_without(answer: Any, rng: np.random.Generator) -> None:
    logits, target = masks(rng, 2, 1, 4, 5)
    target[1] = 0
    expect_value(
        answer, bce_dice, (logits, target), "2 images, one of them without tumour, alpha 0", alpha=0.0
    )


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
        Property("eps of 1e-6", eps_given),
        Property("an image without tumour", one_image_without),
        *of_a_loss(bce_dice, masks, classes=1, others=(1,), precise=1e-6),
    ],
)
