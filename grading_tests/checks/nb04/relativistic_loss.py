"""The relativistic average loss: relativistic_loss(real_logits, fake_logits) -> (of D, of G)."""

from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import relativistic_discriminator_loss, relativistic_generator_loss
from grading_tests.checks.nb04.ideas import OVERFLOW, Rivals, attempt, expect_rival
from grading_tests.gap import Gap, Property, Wrong, expect, same
from grading_tests.networks import Given
from grading_tests.values import plain

NAMES = ("the discriminator's loss", "the generator's loss")


def reference(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    """The library's two losses."""
    return (
        relativistic_discriminator_loss(real_logits, fake_logits),
        relativistic_generator_loss(real_logits, fake_logits),
    )


def oracle(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Both losses by softplus, -log s(x) = softplus(-x)."""
    real_above, fake_above = real - fake.mean(), fake - real.mean()
    return two(real_above, fake_above)


def two(real_above: Tensor, fake_above: Tensor) -> tuple[Tensor, Tensor]:
    """Return both losses of compared logits."""
    return (
        F.softplus(-real_above).mean() + F.softplus(fake_above).mean(),
        F.softplus(-fake_above).mean() + F.softplus(real_above).mean(),
    )


def two_sums(real_above: Tensor, fake_above: Tensor) -> tuple[Tensor, Tensor]:
    return (
        F.softplus(-real_above).sum() + F.softplus(fake_above).sum(),
        F.softplus(-fake_above).sum() + F.softplus(real_above).sum(),
    )


def rivals(which: int, real: Tensor, fake: Tensor) -> Rivals:
    """Return other formulas of one of the two losses, by the idea behind them."""
    pairs, r, f = real - fake.T, real - fake.mean(), fake - real.mean()
    n = real.numel() + fake.numel()

    def pooled() -> Tensor:
        terms = (F.softplus(-r), F.softplus(f)) if which == 0 else (F.softplus(r), F.softplus(-f))
        return 2 * torch.cat(terms).sum() / n

    return {
        "every real image is compared with every generated one; here with their mean.": (
            lambda: two(pairs, -pairs)[which],
            lambda: two(pairs, -pairs)[which] / 2,
        ),
        "one mean is taken over all images of both kinds; it is one for each kind, then the sum.": pooled,
        "only the real images are compared with the others' mean; the generated ones are, too.": (
            lambda: two(r, fake)[which]
        ),
        "only the generated images are compared with the others' mean; the real ones are, too.": (
            lambda: two(real, f)[which]
        ),
        "the mean of the other kind is added; it is subtracted.": lambda: two(
            real + fake.mean(), fake + real.mean()
        )[which],
        "half of the loss: it is the sum of its two terms, not their mean.": lambda: two(r, f)[which] / 2,
        "the loss counts twice: it is the sum of its two terms.": lambda: two(r, f)[which] * 2,
        "both terms are divided by the same number of images; each is the mean over its own.": (
            lambda: two_sums(r, f)[which] / real.numel(),
            lambda: two_sums(r, f)[which] / fake.numel(),
        ),
        "the sign of the loss is the wrong way round.": lambda: -two(r, f)[which],
        "the differences are divided by a standard deviation; they stay as they are.": (
            lambda: two(r / fake.std(), f / real.std())[which],
            lambda: two(r / real.std(), f / fake.std())[which],
            lambda: two(r / torch.cat([real, fake]).std(), f / torch.cat([real, fake]).std())[which],
        ),
        "the largest or smallest logit of the other kind is subtracted; the text says the mean.": (
            lambda: two(real - fake.max(), fake - real.max())[which],
            lambda: two(real - fake.min(), fake - real.min())[which],
        ),
        "only the term of the real images counts; the loss has two.": lambda: F.softplus(
            r if which else -r
        ).mean(),
        "only the term of the generated images counts; the loss has two.": lambda: F.softplus(
            -f if which else f
        ).mean(),
        "squared errors, as in LSGAN; the task asks for the cross-entropy.": (
            lambda: (r - (1 - which)).square().mean() + (f - which).square().mean(),
            lambda: (r - (1 - 2 * which)).square().mean() + (f + (1 - 2 * which)).square().mean(),
        ),
        "a hinge loss; the task asks for the cross-entropy.": lambda: (
            (1 - r).relu().mean() + (1 + f).relu().mean()
            if which == 0
            else (1 - f).relu().mean() + (1 + r).relu().mean()
        ),
    }


def logits(rng: np.random.Generator, real: int, fake: int) -> tuple[Tensor, Tensor]:
    """Return logits (B, 1) of real and of generated images; the first are larger on average, but not all.

    Each batch is skewed, so that a mean, a sum of the batch and the other batch's mean all differ.
    """
    batches = rng.exponential(2, (real, 1)) - 0.5, 0.5 - rng.exponential(1, (fake, 1))
    return tuple(torch.as_tensor(batch, dtype=torch.get_default_dtype()) for batch in batches)


def both(answer: Any, real: Tensor, fake: Tensor, tried: str) -> tuple[Any, Any]:
    """Return the two losses of an answer.

    Raises
    ------
    Wrong
        If there are not two of them, or the logits have changed.
    """
    wanted = "two losses: of the discriminator, of the generator"
    if real.requires_grad or fake.requires_grad:
        got = attempt(tried, wanted, answer, real, fake)
    else:
        given = Given(real, fake)
        got = attempt(tried, wanted, answer, *given)
        given.expect_unchanged(tried)
    if isinstance(got, dict | set):  # its keys are no losses
        raise Wrong(tried, wanted, got)
    try:
        of_d, of_g = got
    except (TypeError, ValueError):
        alone = isinstance(got, Tensor) and got.numel() == 1
        idea = "one loss is returned; there are two, the discriminator's and the generator's." * alone
        if isinstance(got, list | tuple) and len(got) != 2:
            idea = f"{len(got)} values are returned; there are two losses, of D and of G."
        raise Wrong(tried, wanted, got, idea=idea) from None
    return of_d, of_g


def one_value(which: int, answer: Any, rng: np.random.Generator) -> None:
    real, fake = logits(rng, 5, 5)
    tried = f"random logits, 5 real and 5 generated images: {NAMES[which]}"
    got = both(answer, real, fake, tried)[which]
    expect_loss(got, which, real, fake, tried, f"step {which + 2}")


def expect_loss(got: Any, which: int, real: Tensor, fake: Tensor, tried: str, step: str = "") -> None:
    expected = oracle(real, fake)[which]
    if isinstance(got, Tensor) and got.numel() > 1:
        idea = "one number for each image; the loss is their mean, a scalar."
        raise Wrong(f"{tried}: the shape of the loss", "shape ()", f"shape {tuple(got.shape)}", idea=idea)
    expect_rival(got, expected, tried, step, rivals=rivals(which, real, fake), like=True)


def uneven_batches(answer: Any, rng: np.random.Generator) -> None:
    for sizes in ((2, 6), (7, 3)):
        real, fake = logits(rng, *sizes)
        tried = f"{sizes[0]} real and {sizes[1]} generated images"
        got = both(answer, real, fake, tried)
        for which, name in enumerate(NAMES):
            expect_loss(got[which], which, real, fake, f"{tried}: {name}", "step 1")


def confident(answer: Any, rng: np.random.Generator) -> None:
    """A discriminator that is confident and right: its loss is 0, the generator's large but finite."""
    real, fake = (200 + batch for batch in logits(rng, 3, 3))
    fake = fake - 400
    tried = "logits of about 200 and -200"
    got = both(answer, real, fake, tried)
    for name, value, expected in zip(NAMES, got, oracle(real, fake), strict=True):
        array = plain(value)
        cut = array is not None and array.size == 1 and not 0.9 * float(expected) <= float(array) < np.inf
        expect(value, expected, f"{tried}: {name}", "step 2", idea=OVERFLOW * cut)


def gradients(answer: Any, rng: np.random.Generator) -> None:
    """Of both losses in both kinds of logits: the generator's depends on the real images too."""
    values = logits(rng, 4, 3)
    for which, kind in ((0, "real"), (0, "generated"), (1, "generated"), (1, "real")):
        tried = f"the gradient of {NAMES[which]} in the logits of {kind} images"
        place = ("real", "generated").index(kind)
        got, expected = (gradient_of(each, values, which, place, tried) for each in (answer, oracle))
        cut = "the loss is right, but not its gradient: something on the way is detached or made a number."
        right = same(both(answer, *values, tried)[which], oracle(*values)[which])
        expect(got, expected, tried, idea=cut * right)


def gradient_of(loss_fn: Any, values: tuple[Tensor, Tensor], which: int, place: int, tried: str) -> Tensor:
    """Return the gradient of the first or second loss in the real or generated logits, 0 if none.

    Raises
    ------
    Wrong
        If the loss has no graph.
    """
    real, fake = (value.clone().requires_grad_() for value in values)
    loss = both(loss_fn, real, fake, tried)[which]
    if not (isinstance(loss, Tensor) and loss.requires_grad):
        raise Wrong(tried, "a gradient", "none: the graph is cut")
    loss.sum().backward()
    leaf = (real, fake)[place]
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def other_batches(answer: Any, rng: np.random.Generator) -> None:
    for sizes in ((1, 1), (9, 9)):
        real, fake = (batch.double() for batch in logits(rng, *sizes))
        tried = f"{sizes[0]} real and {sizes[1]} generated images, float64"
        got = both(answer, real, fake, tried)
        for name, value, expected in zip(NAMES, got, oracle(real, fake), strict=True):
            expect(value, expected, f"{tried}: {name}", like=True)


GAP = Gap(
    "g04_relativistic_loss",
    "relativistic_loss",
    minutes=7,
    points=4,
    reference=reference,
    shortcuts=[relativistic_discriminator_loss, relativistic_generator_loss],
    properties=[
        Property("the discriminator's loss", partial(one_value, 0), share=2),
        Property("the generator's loss", partial(one_value, 1), share=2),
        Property("batches of different sizes", uneven_batches),
        Property("a confident discriminator", confident),
        Property("the gradients", gradients),
        Property("one image and many, float64", other_batches),
    ],
)
