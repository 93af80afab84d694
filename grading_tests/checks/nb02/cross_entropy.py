"""Cross-entropy from logits: cross_entropy(logits, target)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses import cross_entropy
from grading_tests.checks.nb02.contract import CUT, FIXED_TYPE
from grading_tests.gap import Gap, Property, Wrong, because, expect, same
from grading_tests.networks import IN_PLACE, attempt, labels_like, noise


def expect_loss(answer: Any, logits: Tensor, target: Tensor, tried: str, step: str = "", **how: Any) -> None:
    expected = F.cross_entropy(logits, target)
    given = logits.clone(), target.clone()
    got = attempt(tried, expected, answer, *given)
    for name, now, before in zip(("logits", "target"), given, (logits, target), strict=True):
        if now.shape != before.shape or not same(now, before):
            tried = f"{tried}: {'are' if name == 'logits' else 'is'} {name} unchanged?"
            raise Wrong(tried, before, now, idea=IN_PLACE)
    expect(got, expected, tried, step, **how)


def loss_values(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((2, 4, 3, 5), (1, 4, 6, 2)):
        logits = 2 * noise(rng, *shape)
        target = labels_like(rng, shape[0], *shape[2:])
        expect_loss(answer, logits, target, f"random logits {shape}")


def loss_of_equal_logits(answer: Any, rng: np.random.Generator) -> None:
    logits = torch.full((1, 4, 3, 3), float(rng.normal()))
    expect_loss(answer, logits, labels_like(rng, 1, 3, 3), "the same logit for all 4 classes: log 4")


def loss_of_large_logits(answer: Any, rng: np.random.Generator) -> None:
    """Several hundred, apart from each other and all together: then only their differences matter."""
    target = labels_like(rng, 1, 3, 3)
    expect_loss(answer, 400 * noise(rng, 1, 4, 3, 3), target, "logits of several hundred", "step 1")
    for shift in (500.0, -500.0):
        logits = noise(rng, 1, 4, 3, 3) + shift
        expect_loss(answer, logits, target, f"logits around {shift:g}", "step 1")
    logits = noise(rng, 1, 4, 3, 3) + 300 * noise(rng, 1, 1, 3, 3)  # one level for each pixel
    expect_loss(answer, logits, target, "logits around another level in each pixel", "step 1")
    sure = 12 * F.one_hot(target, 4).movedim(-1, 1).to(logits.dtype)
    expect_loss(answer, sure, target, "a confident, correct prediction", "step 1", atol=4e-6)


def loss_other_classes(answer: Any, rng: np.random.Generator) -> None:
    for classes in (2, 5):
        target = labels_like(rng, 3, 4, 4, classes=classes)
        expect_loss(answer, noise(rng, 3, classes, 4, 4), target, f"{classes} classes, 3 images")
    target = labels_like(rng, 2, 5, 3, classes=3)
    expect_loss(answer, noise(rng, 2, 6, 5, 3), target, "6 classes, of which the last 3 do not occur")
    expect_loss(answer, noise(rng, 1, 4, 1, 7), torch.full((1, 1, 7), 2), "one row of pixels, all of class 2")


def loss_of_a_slice(answer: Any, rng: np.random.Generator) -> None:
    """Images larger than 64 pixels along each axis; most pixels are background.

    One image of few pixels more, since an answer that indexes with the whole target takes their square.
    """
    target = torch.zeros(1, 66, 70, dtype=torch.int64)
    target[:, 20:40, 20:50] = labels_like(rng, 1, 20, 30)
    expect_loss(answer, 3 * noise(rng, 1, 4, 66, 70), target, "a slice of 66 x 70 pixels")


def loss_form(answer: Any, rng: np.random.Generator) -> None:
    logits, target = noise(rng, 2, 4, 3, 3), labels_like(rng, 2, 3, 3)
    expect_loss(answer, logits, target, "what is returned", "step 3", like=True)
    exact = torch.as_tensor(rng.normal(size=(2, 3, 4, 2)))
    target = labels_like(rng, 2, 4, 2, classes=3)
    with because(FIXED_TYPE):
        expect_loss(answer, exact, target, "float64 logits", rtol=1e-9, atol=1e-10)
    idea = "the loss is less precise than the logits."
    loss = answer(exact.clone(), target.clone())
    if loss.dtype != exact.dtype:
        raise Wrong("the dtype of the loss of float64 logits", str(exact.dtype), str(loss.dtype), idea=idea)


def loss_gradient(answer: Any, rng: np.random.Generator) -> None:
    for scale, words in ((1.0, ""), (400.0, ", logits of several hundred")):
        logits, target = scale * noise(rng, 2, 4, 3, 3), labels_like(rng, 2, 3, 3)
        tried = f"the gradient of the loss{words}"
        pairs = []
        for loss_fn in (F.cross_entropy, answer):
            x = logits.clone().requires_grad_()
            loss = attempt(tried, "a gradient", loss_fn, x, target.clone())
            if not (isinstance(loss, Tensor) and loss.requires_grad):
                raise Wrong(tried, "a gradient", "none: the graph is cut", idea=CUT)
            loss.sum().backward()
            if x.grad is None:
                raise Wrong(tried, "a gradient in the logits", "none: the graph is cut", idea=CUT)
            pairs.append(x.grad)
        expect(pairs[1], pairs[0], tried, rtol=1e-3, atol=1e-6)


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
        Property("other numbers of classes", loss_other_classes),
        Property("a slice", loss_of_a_slice),
        Property("a scalar tensor, float64", loss_form),
        Property("the gradient", loss_gradient),
    ],
)
