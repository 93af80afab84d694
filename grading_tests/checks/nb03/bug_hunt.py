"""The bug hunt: repaired_loss(logits, target), with one experiment for each of the three bugs.

Each experiment gives the right number as soon as its own bug is fixed, whatever the other two do.
"""

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from grading_tests.checks.nb03 import overlap
from grading_tests.checks.nb03.contract import (
    expect_eps,
    expect_large,
    expect_value,
    of_a_loss,
    tiny_area,
    value_of,
)
from grading_tests.checks.nb03.pixels import any_surprise
from grading_tests.checks.nb03.ratios import Score, any_dice, dice
from grading_tests.checks.nb03.suspects import KNOWN, Suspect, Traced, suspected
from grading_tests.gap import Gap, Property, Wrong, plain, same
from grading_tests.losses import certain, one_hot, scan


def repaired(logits: Tensor, target: Tensor) -> Tensor:
    """The oracle: cross-entropy + 1 - soft Dice of each image and class."""
    return F.cross_entropy(logits, target) + overlap.soft_dice(logits, target)


def broken(logits: Tensor, target: Tensor) -> Tensor:
    """The loss of the notebook with its three bugs."""
    prob = logits.softmax(dim=1)
    pred, truth = (
        F.one_hot(labels, logits.shape[1]).movedim(-1, 1) for labels in (prob.argmax(dim=1), target)
    )
    size = (pred + truth).sum((2, 3))
    dice = 2 * ((pred * truth).sum((2, 3)) + 1e-6) / (size + 1e-6)
    return F.cross_entropy(prob, target) + 1 - dice.mean()


def suspects() -> Iterator[Suspect]:
    def both(logits: Tensor, target: Tensor, cross: Tensor, prob: Tensor, score: Score = dice) -> Tensor:
        return cross + 1 - score(prob, one_hot(target, logits.shape[1]), overlap.IMAGE, 1e-6).mean()

    for words, score in any_dice():
        yield (
            f"in the Dice: {words}",
            lambda z, t, s=score: both(z, t, F.cross_entropy(z, t), z.softmax(1), s),
        )
    for words, surprise in any_surprise():
        yield (
            f"in the cross-entropy: {words}",
            lambda z, t, s=surprise: both(z, t, s(z, t).mean(), z.softmax(1)),
        )
    wrong_prob = {
        "the Dice takes a softmax of the softmax.": lambda z: z.softmax(1).softmax(1),
        "the Dice takes a sigmoid of each class in place of the softmax over the classes.": torch.sigmoid,
        "the Dice takes the logits; it needs probabilities.": lambda z: z,
        "the Dice takes log-probabilities; it needs probabilities.": lambda z: z.log_softmax(1),
        "the softmax of the Dice runs over the wrong axis.": lambda z: z.softmax(-1),
    } | {
        f"the Dice takes the softmax of {k} times the logits; it needs the probabilities themselves.": (
            lambda z, k=k: (k * z).softmax(1)
        )
        for k in (2, 5, 10, 20, 50, 100, 1000)
    }
    for words, prob in wrong_prob.items():
        yield words, lambda z, t, f=prob: both(z, t, F.cross_entropy(z, t), f(z))
    for factor in (0.5, 2):
        yield (
            f"the cross-entropy has the weight {factor:g}; it is the sum of both.",
            lambda z, t, k=factor: both(z, t, k * F.cross_entropy(z, t), z.softmax(1)),
        )
    yield (
        "the classes of the cross-entropy are weighted by their frequency; the plain mean is asked for.",
        lambda z, t: both(
            z,
            t,
            F.cross_entropy(z, t, weight=1 / one_hot(t, z.shape[1]).sum((0, 2, 3)).clamp_min(1).to(z)),
            z.softmax(1),
        ),
    )
    yield (
        "the cross-entropy takes decisions (argmax); it needs the logits.",
        lambda z, t: both(z, t, F.cross_entropy(one_hot(z.argmax(1), z.shape[1]), t), z.softmax(1)),
    )
    yield (
        "the cross-entropy lacks the logarithm of the softmax (nll_loss needs log-probabilities).",
        lambda z, t: both(z, t, F.nll_loss(z, t), z.softmax(1)),
    )
    yield (
        "the cross-entropy lacks the logarithm of the softmax (nll_loss needs log-probabilities).",
        lambda z, t: both(z, t, F.nll_loss(z.softmax(1), t), z.softmax(1)),
    )
    for dims in ((), (1, 2)):
        yield (
            "the cross-entropy is a sum over pixels; their mean is asked for.",
            lambda z, t, d=dims: both(
                z, t, F.cross_entropy(z, t, reduction="none").sum(d or None).mean(), z.softmax(1)
            ),
        )
    yield (
        "the Dice is added; a loss needs 1 - Dice.",
        lambda z, t: F.cross_entropy(z, t) + 1 - overlap.soft_dice(z, t),
    )
    yield "1 - is missing: minus the Dice.", lambda z, t: repaired(z, t) - 1
    yield "that is half of the sum.", lambda z, t: repaired(z, t) / 2
    yield "the cross-entropy is missing.", lambda z, t: both(z, t, torch.tensor(0.0), z.softmax(1))
    yield "the Dice is missing.", F.cross_entropy


KNOWN[repaired] = suspects


def number(answer: Any, logits: Tensor, target: Tensor, tried: str) -> float:
    """Return the loss as a plain number.

    Raises
    ------
    Wrong
        If it is none.
    """
    got = value_of(answer, (logits, target), tried, "a number")
    array = plain(got)
    if array is None or array.size != 1:
        raise Wrong(tried, "one number", f"{type(got).__name__} of shape {getattr(got, 'shape', ())}")
    return float(array.reshape(-1)[0])


def expect_repairs(answer: Any) -> None:
    """Raise `Wrong` if the answer does what the broken loss does, and say no more than the notebook shows."""
    logits, target = scan(np.random.default_rng(5), 2, 4, 5, 4)
    pairs = (logits, target), (certain(target, 4), target), (certain(0 * target, 4), 0 * target)
    expected = np.array([float(broken(*pair)) for pair in pairs])
    if same(np.array([number(answer, *pair, "a loss") for pair in pairs]), expected):
        raise Wrong("the experiments (a), (b) and (c) above", "other results", "those of broken_loss")


def still_a_loss(answer: Any, rng: np.random.Generator) -> None:
    expect_repairs(answer)
    logits, target = scan(rng, 2, 4, 5, 4)
    tried = "random logits, then a correct and confident prediction"
    bad, good = number(answer, logits, target, tried), number(answer, certain(target, 4), target, tried)
    if not bad > good:
        got = f"{bad:.3g}, then {good:.3g}"

        def measure(loss: Any) -> float:
            return number(loss, logits, target, tried)

        raise Traced(tried, "a loss that decreases", got, "", partial(traced, answer, measure, bad))


def mended(run: Callable[[Any, np.random.Generator], None]) -> Callable[[Any, np.random.Generator], None]:
    """Return a property that says nothing about single bugs as long as all three are there."""

    def of_partly_mended(answer: Any, rng: np.random.Generator) -> None:
        expect_repairs(answer)
        run(answer, rng)

    return of_partly_mended


def perfect_prediction(answer: Any, rng: np.random.Generator) -> None:
    """Softmax twice leaves log(e + 3) - 1."""
    _, target = scan(rng, 2, 4, 4, 6)
    tried = "(a) all 4 classes present, all pixels correct and confident: loss 0"

    def measure(loss: Any) -> float:
        return number(loss, certain(target, 4), target, tried)

    expect_experiment(answer, measure, tried, 0.0)


def expect_experiment(
    answer: Any, measure: Callable[[Any], float], tried: str, expected: float, rtol: float = 1e-4
) -> None:
    """Raise `Wrong` unless an experiment with the answer gives the expected number."""
    got = measure(answer)
    if not same(got, expected, rtol, 1e-4):
        raise Traced(tried, expected, got, "", partial(traced, answer, measure, got))


def traced(answer: Any, measure: Callable[[Any], float], got: float) -> str:
    """Return the mistake of an answer for which an experiment gives this number, "" if it is not found."""

    def of(formula: Any) -> float | None:
        try:
            return measure(formula)
        except Wrong:
            return None

    return suspected(answer, repaired, scan(np.random.default_rng(7), 2, 4, 5, 6), of, got)


def healthy_slice(answer: Any, rng: np.random.Generator) -> None:
    """Twice eps above and once below gives absent classes 2. The cross-entropy is the same for both."""
    _, tumour = scan(rng, 1, 4, 5, 5)
    healthy = torch.zeros_like(tumour)
    tried = "(b) loss of a healthy slice minus loss of a slice with all classes, both predicted correctly"

    def measure(loss: Any) -> float:
        first, second = (number(loss, certain(target, 4), target, tried) for target in (healthy, tumour))
        return first - second

    expect_experiment(answer, measure, tried, 0.0)


def same_doubt_elsewhere(answer: Any, rng: np.random.Generator) -> None:
    """Cross-entropy does not depend on which pixel is uncertain, argmax on no probability; soft Dice does."""
    target = torch.zeros(2, 5, 6, dtype=torch.int64)
    target[0, 2, 2], target[1, 1:4, 1:4] = 1, 1
    doubt = float(rng.uniform(0.1, 0.4))
    tried = f"logit {doubt:.2f} for one tumour pixel: in a tumour of 1 pixel minus in one of 9"

    def measure(loss: Any) -> float:
        losses = []
        for image in (0, 1):
            logits = certain(target, 2, 2.0)
            logits[image, :, 2, 2] = torch.tensor([0.0, doubt])
            losses.append(number(loss, logits, target, tried))
        return losses[0] - losses[1]

    expect_experiment(answer, measure, tried, measure(repaired), rtol=1e-3)


def large_logits(answer: Any, rng: np.random.Generator) -> None:
    _, target = scan(rng, 2, 4, 4, 5)
    logits = certain(target, 4, 200.0)
    logits[0, :, 1, 1] = logits[0, :, 1, 1].roll(1)
    expect_large(answer, repaired, (logits, target), "logits of 200, one pixel of the wrong class")


def given_eps(answer: Any, rng: np.random.Generator) -> None:
    for area in (3.7e-6, 0.23e-6):
        tried = f"an absent class of which {area:g} pixels are predicted in each of 3 images"
        expect_eps(answer, with_eps, tiny_area(rng, 3, 4, area), tried)


def with_eps(logits: Tensor, target: Tensor, eps: float = 1e-6) -> Tensor:
    return F.cross_entropy(logits, target) + overlap.soft_dice(logits, target, eps)


KNOWN[with_eps] = suspects


def whole_loss(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 3, 4, 5, 6)
    target[2] = 0
    tried = "random logits (3, 4, 5, 6), no tumour in the last image"
    expect_value(answer, repaired, (logits, target), tried)
    logits[2] = certain(target[2:], 4)[0]
    expect_value(answer, repaired, (logits, target), f"{tried}, and none predicted there")


GAP = Gap(
    "g03_bug_hunt",
    "repaired_loss",
    minutes=10,
    points=6,
    reference=repaired,
    properties=[
        # Without a share: it only tells the unchanged loss from a repaired one.
        Property("no longer the broken loss", still_a_loss, share=0),
        Property("(a) a perfect prediction", mended(perfect_prediction), share=2),
        Property("(b) a healthy slice", mended(healthy_slice), share=2),
        Property("(c) an uncertain pixel", mended(same_doubt_elsewhere), share=2),
        Property("the whole loss", mended(whole_loss)),
        Property("large logits", mended(large_logits), share=0.5),
        Property("eps of 1e-6", mended(given_eps), share=0.5),
        *(
            dataclasses.replace(item, run=mended(item.run), share=item.share / 2)
            for item in of_a_loss(repaired, precise=1e-6)
        ),
    ],
)
