"""The exponential-logarithmic loss of Wong et al. 2018: exponential_logarithmic_loss(logits, target, ...)."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import exponential_logarithmic_loss
from grading_tests.checks.nb03.contract import (
    expect_eps,
    expect_gradient,
    expect_large,
    expect_value,
    gradient_of,
    of_a_loss,
    tiny_area,
    value_of,
)
from grading_tests.checks.nb03.ratios import Score, any_dice, dice
from grading_tests.checks.nb03.suspects import KNOWN, Suspect
from grading_tests.gap import Gap, Property, Wrong, plain
from grading_tests.losses import certain, one_hot, scan
from grading_tests.networks import labels_like, noise


def exp_log(
    logits: Tensor,
    target: Tensor,
    dice_weight: float = 0.8,
    cross_weight: float = 0.2,
    gamma: float = 0.3,
    eps: float = 1e-6,
) -> Tensor:
    """Wong et al. 2018 (arXiv:1809.00076), equations 1 to 3, with equal class weights."""
    score = scores(logits, target, eps)
    return (
        dice_weight * ((-score.log()) ** gamma).mean()
        + cross_weight * (pixels(logits, target) ** gamma).mean()
    )


def scores(logits: Tensor, target: Tensor, eps: float, score: Score = dice) -> Tensor:
    """Return the Dice of each class in the whole batch, (C,)."""
    return score(logits.softmax(dim=1), one_hot(target, logits.shape[1]), (0, 2, 3), eps)


def pixels(logits: Tensor, target: Tensor) -> Tensor:
    """Return -log p of the true classes, (B, H, W)."""
    return F.cross_entropy(logits, target, reduction="none")


def suspects() -> Iterator[Suspect]:
    def of_parts(
        parts: Callable[[Tensor, Tensor, float, float], tuple[Tensor, Tensor]],
    ) -> Callable[..., Tensor]:
        def wrong(  # type: ignore[no-untyped-def]
            logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3, eps=1e-6
        ):
            of_classes, of_pixels = parts(logits, target, gamma, eps)
            return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()

        return wrong

    for words, score in any_dice():
        yield (
            words,
            of_parts(lambda z, t, g, e, s=score: (of_score(scores(z, t, e, s), g), pixels(z, t) ** g)),
        )
    for bound in (k * 10.0**-n for n in range(6) for k in (1, 2, 5)):
        for change in (lambda x, b: x.clamp_min(b), lambda x, b: x + b):
            for both in ((1, 1), (0, 1), (1, 0)):
                yield (
                    f"the small number that bounds -log, {bound:g}, is so large that it changes the loss.",
                    of_parts(
                        lambda z, t, g, e, b=bound, f=change, k=both: tuple(
                            (f(x, b) if on else x) ** g
                            for x, on in zip((-scores(z, t, e).log(), pixels(z, t)), k, strict=True)
                        )
                    ),
                )
    yield (
        "1 - p in place of -log p.",
        of_parts(lambda z, t, g, e: (of_score(scores(z, t, e), g), (1 - (-pixels(z, t)).exp()) ** g)),
    )
    yield (
        "the weights stand inside the power; they multiply the means.",
        lambda z, t, dice_weight=0.8, cross_weight=0.2, gamma=0.3: (
            ((dice_weight * -scores(z, t, 1e-6).log()) ** gamma).mean()
            + ((cross_weight * pixels(z, t)) ** gamma).mean()
        ),
    )
    yield (
        "the sum over the classes leaves out the background, but the number of classes counts it.",
        of_parts(
            lambda z, t, g, e: (
                (-scores(z, t, e).log() * (torch.arange(z.shape[1]) > 0)) ** g,
                pixels(z, t) ** g,
            )
        ),
    )
    yield (
        "a sum over the pixels in place of the mean.",
        of_parts(lambda z, t, g, e: (of_score(scores(z, t, e), g), pixels(z, t).flatten(1).pow(g).sum(1))),
    )
    yield (
        "the Dice is bounded below: only the 1e-6 above and below keeps its logarithm finite.",
        of_parts(lambda z, t, g, e: (of_score(scores(z, t, e).clamp_min(0.01), g), pixels(z, t) ** g)),
    )
    yield (
        "classes that are nowhere true add 0; all count.",
        of_parts(
            lambda z, t, g, e: (
                of_score(scores(z, t, e), g) * (one_hot(t, z.shape[1]).sum((0, 2, 3)) > 0),
                pixels(z, t) ** g,
            )
        ),
    )
    yield (
        "the bound is the wrong way round (clamp_max, minimum): it makes all values small.",
        of_parts(lambda z, t, g, e: ((-scores(z, t, e).log()).clamp_max(1e-6) ** g, pixels(z, t) ** g)),
    )
    yield (
        "the bound is the wrong way round (clamp_max, minimum): it makes all values small.",
        of_parts(lambda z, t, g, e: (of_score(scores(z, t, e), g), pixels(z, t).clamp_max(1e-6) ** g)),
    )
    yield (
        "the mean of the pixels runs over all classes, too many by that factor.",
        of_parts(lambda z, t, g, e: (of_score(scores(z, t, e), g), pixels(z, t) ** g / z.shape[1])),
    )


def of_score(score: Tensor, gamma: float) -> Tensor:
    """Return (-log score)**gamma, bounded as an answer needs it for its gradient."""
    return (-score.log()).clamp_min(1e-6) ** gamma


KNOWN[exp_log] = suspects


def reference(
    logits: Tensor, target: Tensor, dice_weight: float = 0.8, cross_weight: float = 0.2, gamma: float = 0.3
) -> Tensor:
    """The library's loss with the arguments of the gap: one Dice for the batch, all classes of one weight."""
    equal = torch.ones(logits.shape[1])
    return exponential_logarithmic_loss(
        logits, target, dice_weight, cross_weight, gamma, gamma, equal, per_image=False
    )


def draw(rng: np.random.Generator, *shape: int) -> tuple[Tensor, Tensor]:
    """Return inputs without very confident pixels, so that it does not matter how those are bounded."""
    logits, target = scan(rng, *shape)
    return logits / 2, target


def values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((3, 4, 5, 6), (1, 4, 6, 3)):
        expect_value(answer, exp_log, draw(rng, *shape), f"random logits {shape}")


def dice_part(answer: Any, rng: np.random.Generator) -> None:
    tried = "the Dice part alone: dice_weight 1, cross_weight 0"
    expect_value(answer, exp_log, draw(rng, 3, 4, 5, 4), tried, dice_weight=1.0, cross_weight=0.0)


def cross_part(answer: Any, rng: np.random.Generator) -> None:
    tried = "the cross-entropy part alone: dice_weight 0, cross_weight 1"
    expect_value(answer, exp_log, draw(rng, 2, 4, 5, 4), tried, dice_weight=0.0, cross_weight=1.0)


def both_weights(answer: Any, rng: np.random.Generator) -> None:
    tried = "dice_weight 1.5, cross_weight 0.9"
    expect_value(answer, exp_log, draw(rng, 2, 4, 5, 4), tried, dice_weight=1.5, cross_weight=0.9)


def large_logits(answer: Any, rng: np.random.Generator) -> None:
    # Confident and wrong everywhere, so that it does not matter how correct pixels are treated.
    target = labels_like(rng, 1, 4, 4)
    logits = certain((target + 1) % 4, 4, 500.0) + noise(rng, 1, 4, 4, 4)
    tried = "logits of several hundreds, cross-entropy part alone"
    options = {"dice_weight": 0.0, "cross_weight": 1.0}
    expect_large(answer, exp_log, (logits, target), tried, **options)


def small_losses(answer: Any, rng: np.random.Generator) -> None:
    """The bound near 0 is at most 1e-5, and what is added at most 1e-6."""
    _, target = scan(rng, 2, 4, 4, 5)
    tried = "all pixels right, with -log p near 0.0005"
    expect_value(answer, exp_log, (certain(target, 4, 4.35), target), tried, rtol=2e-3)
    for near in (5e-5, 2e-5):
        logits = certain(target, 4, np.log(3 / near) / 2).double()
        tried = f"all pixels right, with -log p near {near:g}"
        try:
            expect_value(answer, exp_log, (logits, target), tried, rtol=0.025)
        except Wrong as error:
            error.idea = "values above 1e-5 are changed, by a bound that is too large or a case of their own."
            raise


def all_right(answer: Any, rng: np.random.Generator) -> None:
    _, target = scan(rng, 2, 4, 4, 5)
    inputs, tried = (certain(target, 4), target), "all pixels correct and confident"
    value = value_of(answer, inputs, tried, "nearly 0")
    number = plain(value)
    if number is None or number.size != 1 or not -1e-6 <= float(number.reshape(-1)[0]) < 0.1:
        raise Wrong(tried, "nearly 0", value)
    grad, _ = gradient_of(answer, inputs, f"the gradient, {tried}")
    if not torch.isfinite(grad).all():
        count = int((~torch.isfinite(grad)).sum())
        got = f"{count} of {grad.numel()} are NaN or infinite: the slope of x**gamma at x = 0"
        raise Wrong(f"the gradient, {tried}", "finite numbers", got)


def nowhere(answer: Any, rng: np.random.Generator) -> None:
    """Class 3 is neither present nor predicted, and a third of the other pixels are wrong."""
    target = labels_like(rng, 2, 6, 5, classes=3)
    logits = certain((target + (labels_like(rng, 2, 6, 5, classes=3) == 0).long()) % 3, 4, 5.0)
    logits[:, 3] = -200.0
    tried = "a class that is neither present nor predicted, gamma 1"
    expect_value(answer, exp_log, (logits, target), tried, gamma=1.0)
    expect_gradient(answer, exp_log, (logits, target), f"the gradient, {tried}", gamma=1.0)


def eps_given(answer: Any, rng: np.random.Generator) -> None:
    for area in (1.3e-6, 8.7e-6):
        logits, target = tiny_area(rng, 3, 4, area)
        tried = f"an absent class of which {3 * area:g} pixels are predicted in all"
        expect_eps(answer, exp_log, (logits, target), tried)


def other_gammas(answer: Any, rng: np.random.Generator) -> None:
    for gamma in (1.0, 0.5, 2.0):
        expect_value(answer, exp_log, draw(rng, 2, 4, 5, 4), f"gamma {gamma:g}", gamma=gamma)


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
        Property("other weights of the two parts", both_weights),
        Property("a perfect prediction", all_right),
        Property("pixels that are nearly right", small_losses),
        Property("large logits", large_logits),
        Property("other gammas", other_gammas),
        Property("an absent class", nowhere),
        Property("eps of 1e-6", eps_given),
        *of_a_loss(exp_log, draw, precise=1e-4, sharp=0.0, slope=2e-3),
    ],
)
