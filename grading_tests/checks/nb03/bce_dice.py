"""BCE + Dice for one channel: bce_dice_loss(logits, target, alpha)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import alpha_bce_dice_loss
from grading_tests.checks.nb03.contract import (
    expect_eps,
    expect_gradient,
    expect_large,
    expect_value,
    of_a_loss,
    tiny_area,
)
from grading_tests.checks.nb03.ratios import Score, any_dice, dice
from grading_tests.checks.nb03.suspects import KNOWN, Formula, Suspect
from grading_tests.gap import Gap, Property


def bce_dice(logits: Tensor, target: Tensor, alpha: float = 0.5, eps: float = 1e-6) -> Tensor:
    """The oracle: BCE by softplus, and the mean over the images of the soft Dice of the tumour."""
    truth = target[:, None].to(logits)
    return alpha * bce(logits, truth).mean() + (1 - alpha) * (1 - scores(logits, truth, eps).mean())


def bce(logits: Tensor, truth: Tensor) -> Tensor:
    """Return the cross-entropy of each pixel."""
    return F.softplus(logits) - logits * truth


def scores(logits: Tensor, truth: Tensor, eps: float = 1e-6, score: Score = dice) -> Tensor:
    """Return the Dice of each image, (B, 1)."""
    return score(logits.sigmoid(), truth, (2, 3), eps)


def suspects() -> Iterator[Suspect]:
    def of_parts(parts: Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]) -> Formula:
        def wrong(logits, target, alpha=0.5, eps=1e-6):  # type: ignore[no-untyped-def]
            of_pixels, of_images = parts(logits, target[:, None].to(logits), eps)
            return alpha * of_pixels.mean() + (1 - alpha) * (1 - of_images.mean())

        return wrong

    for words, score in any_dice():
        yield words, of_parts(lambda z, t, e, s=score: (bce(z, t), scores(z, t, e, s)))
    yield (
        "the images of the batch are pooled into one Dice.",
        of_parts(lambda z, t, e: (bce(z, t), dice(z.sigmoid(), t, (0, 2, 3), e))),
    )
    yield (
        "the background has a Dice too; that of the tumour alone is asked for.",
        of_parts(lambda z, t, e: (bce(z, t), (scores(z, t, e) + scores(-z, 1 - t, e)) / 2)),
    )
    axes = "(B, 1, H, W) and (B, H, W) are combined to (B, B, H, W): give the truth the axis of the channel."
    yield axes, of_parts(lambda z, t, e: (bce(z, t[None, :, 0]), scores(z, t, e)))
    yield (
        axes,
        of_parts(
            lambda z, t, e: (
                bce(z, t[None, :, 0]),
                (2 * (z.sigmoid() * t[:, 0]).sum((1, 2, 3)) + e)
                / ((z.sigmoid() + t[:, 0]).sum((1, 2, 3)) + e),
            )
        ),
    )
    wrong_pixels = {
        "the tumour has a weight in the BCE (pos_weight); the plain mean is asked for.": lambda z, t: (
            F.softplus(z) - z * t + (pixels_ratio(t) - 1) * t * F.softplus(-z)
        ),
        "the BCE is the mean over the pixels of the tumour; all pixels count.": lambda z, t: (
            (bce(z, t) * t).sum() / t.sum().clamp_min(1)
        ),
        "the BCE is the mean over the background; all pixels count.": lambda z, t: (
            (bce(z, t) * (1 - t)).sum() / (1 - t).sum().clamp_min(1)
        ),
        "the second term of the BCE is missing, that of the background.": lambda z, t: t * F.softplus(-z),
        "the first term of the BCE is missing, that of the tumour.": lambda z, t: (1 - t) * F.softplus(z),
        "in the BCE, tumour and background are exchanged.": lambda z, t: bce(z, 1 - t),
        "the background is not -logit in this BCE: a pixel of it always costs log 2.": lambda z, t: (
            F.softplus(-z * t)
        ),
        "BCE with logits is given probabilities: it takes the sigmoid itself.": lambda z, t: bce(
            z.sigmoid(), t
        ),
        "the BCE is a sum over the pixels of an image; the mean is asked for.": lambda z, t: bce(z, t).sum(
            (1, 2, 3)
        ),
    }
    for words, formula in wrong_pixels.items():
        yield words, of_parts(lambda z, t, e, f=formula: (f(z, t), scores(z, t, e)))
    wrong_logits = {
        "tanh is a sigmoid of twice the logit: the sigmoid itself is asked for.": lambda z: 2 * z,
        "the Dice takes the probability of the background.": lambda z: -z,
        "the Dice applies the sigmoid twice.": torch.sigmoid,
    }
    for words, formula in wrong_logits.items():
        yield words, of_parts(lambda z, t, e, f=formula: (bce(z, t), scores(f(z), t, e)))
    yield (
        "the two losses are multiplied; their sum is asked for.",
        lambda z, target, alpha=0.5: (
            alpha * bce(z, target[:, None]).mean() * (1 - alpha) * (1 - scores(z, target[:, None]).mean())
        ),
    )
    yield "alpha and 1 - alpha are exchanged.", lambda z, target, alpha=0.5: bce_dice(z, target, 1 - alpha)
    for low in (0.01, 0.05, 0.1, 0.2, 0.25):
        yield (
            f"alpha is kept away from 0 and 1 (by {low:g}): both ends are allowed.",
            lambda z, target, alpha=0.5, low=low: bce_dice(z, target, min(max(alpha, low), 1 - low)),
        )


def pixels_ratio(truth: Tensor) -> Tensor:
    """Return the number of background pixels for each of tumour."""
    return (1 - truth).sum() / truth.sum().clamp_min(1)


KNOWN[bce_dice] = suspects


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
    expect_large(answer, bce_dice, (200 * logits.sign(), target), tried, alpha=0.5)


def nothing_there(answer: Any, rng: np.random.Generator) -> None:
    logits = torch.full((2, 1, 4, 3), -200.0)
    target = torch.zeros(2, 4, 3, dtype=torch.int64)
    tried = "no tumour, and none predicted: loss 0"
    expect_value(answer, bce_dice, (logits, target), tried, alpha=0.5)


def eps_given(answer: Any, rng: np.random.Generator) -> None:
    for area in (3.7e-6, 0.23e-6):
        tried = f"no tumour, {area:g} pixels of it predicted in each of 3 images, alpha 0"
        expect_eps(answer, bce_dice, tiny_area(rng, 3, 1, area), tried, alpha=0.0)


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
