"""Oracles and properties that soft Dice (per image and per batch) and Tversky share.

Each property takes the oracle first.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from grading_tests.checks.nb03.contract import expect_value, of_a_loss, tiny_area
from grading_tests.checks.nb03.ratios import Axes, Score, any_dice, any_score, dice, errors, tversky_of
from grading_tests.checks.nb03.suspects import KNOWN, Formula, Suspect
from grading_tests.gap import Property
from grading_tests.losses import Loss, certain, one_hot, scan

IMAGE, BATCH = (2, 3), (0, 2, 3)


def loss(logits: Tensor, target: Tensor, axes: Axes, eps: float, score: Score = dice) -> Tensor:
    """Return 1 - the mean score of the softmax."""
    return 1 - score(logits.softmax(dim=1), one_hot(target, logits.shape[1]), axes, eps).mean()


def soft_dice(logits: Tensor, target: Tensor, eps: float = 1e-6) -> Tensor:
    """Milletari et al. 2016 (arXiv:1606.04797), with the sum of the areas below instead of their squares."""
    return loss(logits, target, IMAGE, eps)


def batch_dice(logits: Tensor, target: Tensor, eps: float = 1e-6) -> Tensor:
    """Soft Dice with the images of a batch laid side by side, as one large image."""
    return loss(logits, target, BATCH, eps)


def tversky(
    logits: Tensor, target: Tensor, alpha: float = 0.3, beta: float = 0.7, eps: float = 1e-6
) -> Tensor:
    """Salehi et al. 2017 (arXiv:1706.05721), equation 4, of each image and class."""
    return loss(logits, target, IMAGE, eps, tversky_of(alpha, beta))


def suspects(axes: Axes) -> Iterator[Suspect]:
    for words, score in any_dice():
        yield words, lambda logits, target, eps=1e-6, s=score: loss(logits, target, axes, eps, s)


def tversky_suspects() -> Iterator[Suspect]:
    def of(score_of: Callable[[float, float], Score]) -> Formula:
        def wrong(logits, target, alpha=0.3, beta=0.7, eps=1e-6):  # type: ignore[no-untyped-def]
            return loss(logits, target, IMAGE, eps, score_of(alpha, beta))

        return wrong

    for number, (words, _) in enumerate(any_score(dice)):
        yield (
            words,
            of(lambda a, b, n=number: next(itertools.islice(any_score(tversky_of(a, b)), n, None))[1]),
        )
    for words, index in TVERSKY.items():

        def score(a: float, b: float, f: Callable[..., Tensor] = index) -> Score:
            return lambda p, t, axes, eps: f(*errors(p, t, axes), p, t, a, b, eps)

        yield words, of(score)


# Wrong indices of TP, FP, FN, the probabilities, the truth, alpha, beta and eps.
TVERSKY = {
    "alpha weighs both errors; beta belongs to the false negatives.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * (fp + fn) + e)
    ),
    "beta weighs both errors; alpha belongs to the false positives.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + b * (fp + fn) + e)
    ),
    "alpha and beta are exchanged.": lambda tp, fp, fn, p, t, a, b, e: (tp + e) / (tp + b * fp + a * fn + e),
    "the weighted errors are multiplied; they are added.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * fp * b * fn + e)
    ),
    "TP has the weight alpha + beta above only.": lambda tp, fp, fn, p, t, a, b, e: (
        ((a + b) * tp + e) / (tp + a * fp + b * fn + e)
    ),
    "eps is added more than once below.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * fp + b * fn + 2 * e)
    ),
    "eps is added to FP and so multiplied by alpha.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * (fp + e) + b * fn + e)
    ),
    "eps is added to FN and so multiplied by beta.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * fp + b * (fn + e) + e)
    ),
    "eps is a lower bound here (max, clamp); it is added.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * fp + b * fn).clamp_min(e)
    ),
    "eps is only a lower bound (max, clamp); it is added.": lambda tp, fp, fn, p, t, a, b, e: (
        tp.clamp_min(e) / (tp + a * fp + b * fn).clamp_min(e)
    ),
    "FN is the difference truth - probability, with its sign.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * fp + b * (fn - fp) + e)
    ),
    "FP is the difference probability - truth, with its sign.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * (fp - fn) + b * fn + e)
    ),
    "(1 - prob)(1 - truth) is TN, not FP.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * ((1 - p) * (1 - t)).sum(IMAGE) + b * fn + e)
    ),
    "(1 - prob)(1 - truth) is TN, not FN.": lambda tp, fp, fn, p, t, a, b, e: (
        (tp + e) / (tp + a * fp + b * ((1 - p) * (1 - t)).sum(IMAGE) + e)
    ),
}


KNOWN[soft_dice] = partial(suspects, IMAGE)
KNOWN[batch_dice] = partial(suspects, BATCH)
KNOWN[tversky] = tversky_suspects


def values(oracle: Loss, answer: Any, rng: np.random.Generator) -> None:
    for shape in ((3, 4, 5, 6), (2, 4, 7, 4)):
        tried = f"random logits {shape}, large and small areas"
        expect_value(answer, oracle, scan(rng, *shape), tried)


def nowhere(oracle: Loss, answer: Any, rng: np.random.Generator) -> None:
    """A class that is neither present nor predicted scores 1: eps in numerator and denominator."""
    _, target = scan(rng, 2, 3, 4, 5)
    tried = "all pixels correct and confident, class 3 neither present nor predicted: loss 0"
    expect_value(answer, oracle, (certain(target, 4), target), tried)


def only_predicted(oracle: Loss, answer: Any, rng: np.random.Generator) -> None:
    logits, _ = scan(rng, 2, 4, 4, 5)
    _, target = scan(rng, 2, 3, 4, 5)
    expect_value(answer, oracle, (logits, target), "class 3 predicted in places, but absent")


def in_one_image(oracle: Loss, answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 6, 5)
    target[1] = 0
    expect_value(answer, oracle, (logits, target), "2 images, the second has no tumour")


def eps_by_default(oracle: Loss, answer: Any, rng: np.random.Generator) -> None:
    # Neither area times the number of images or classes is a multiple of eps.
    for area in (3.7e-6, 0.23e-6):
        tried = f"an absent class, {area:g} pixels of it predicted in each of 3 images, eps by default (1e-6)"
        expect_value(answer, oracle, tiny_area(rng, 3, 4, area), tried)


def other_eps(oracle: Loss, answer: Any, rng: np.random.Generator) -> None:
    for eps in (1.0, 0.1):
        expect_value(answer, oracle, scan(rng, 2, 4, 4, 5), f"eps {eps:g}", eps=eps)


def properties(oracle: Loss, *own: Property) -> list[Property]:
    """Return what holds for a loss of areas: the main property, its own ones, and those of all."""
    return [
        Property("large and small areas", partial(values, oracle), share=2),
        *own,
        Property("an absent class", partial(nowhere, oracle)),
        Property("a class that is predicted but absent", partial(only_predicted, oracle)),
        Property("an image without tumour", partial(in_one_image, oracle)),
        Property("eps by default", partial(eps_by_default, oracle)),
        Property("another eps", partial(other_eps, oracle)),
        *of_a_loss(oracle),
    ]
