"""Compare two losses by value and gradient, and check that they do not modify their inputs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grading_tests.gap import Wrong, expect
from grading_tests.networks import attempt

Loss = Callable[..., Tensor]


def expect_loss(
    answer: Any, oracle: Loss, logits: Tensor, target: Tensor, tried: str, step: str = "", **options: Any
) -> None:
    """Raise `Wrong` unless the answer returns the value of `oracle(logits, target, **options)`."""
    expected = oracle(logits, target, **options)
    got = attempt(tried, expected, answer, logits.clone(), target.clone(), **options)
    expect(got, expected, tried, step)


def expect_loss_gradient(
    answer: Any, oracle: Loss, logits: Tensor, target: Tensor, tried: str, step: str = "", **options: Any
) -> None:
    """Raise `Wrong` unless the answer has the gradient of the oracle and writes into neither input."""
    expected = gradient_of(oracle, logits, target, tried, **options)
    kept = target.clone()
    got = gradient_of(answer, logits, kept, tried, **options)
    expect(got, expected, tried, step)
    plain = logits.clone()
    attempt(tried, expected, answer, plain, kept, **options)
    expect(plain, logits, f"{tried}: are the logits still what they were?", "work on a copy")
    expect(kept, target, f"{tried}: is the target still what it was?", "work on a copy")


def gradient_of(loss_fn: Any, logits: Tensor, target: Tensor, tried: str, **options: Any) -> Tensor:
    """Return the gradient of a loss in the logits.

    Raises
    ------
    Wrong
        If there is none.
    """
    x = logits.clone().requires_grad_()
    loss = attempt(tried, "a gradient", loss_fn, x, target, **options)
    if not (isinstance(loss, Tensor) and loss.requires_grad):
        raise Wrong(tried, "a gradient", "none: the graph is cut")
    loss.sum().backward()
    return x.grad


def scan(
    rng: np.random.Generator, images: int, classes: int, height: int, width: int
) -> tuple[Tensor, Tensor]:
    """Return logits (B, C, H, W) and labels (B, H, W) in which every class occurs, and class 0 most often.

    The prediction is partly right and favours some classes, so that false positives and false negatives
    differ. The foreground shrinks from image to image, so that a mean over images and a ratio over the
    batch differ.
    """
    target = torch.zeros(images, height * width, dtype=torch.int64)
    for number in range(images):
        for label in range(1, classes):
            count = max(1, height * width // (2 * classes * (number + 1)) - label)
            places = rng.choice(height * width, count, replace=False)
            target[number, places] = label
        # The last pixels of an image hold one of each class, whatever the random places covered.
        target[number, -classes:] = torch.arange(classes)
    target = target.reshape(images, height, width)
    favoured = rng.normal(0, 1, (1, classes, 1, 1))
    noise = rng.normal(0, 1.5, (images, classes, height, width))
    logits = torch.as_tensor(noise + favoured, dtype=torch.get_default_dtype()) + one_hot(target, classes)
    return logits, target


def certain(target: Tensor, classes: int, size: float = 60.0) -> Tensor:
    """Return logits (B, C, H, W) of a correct and confident prediction: probabilities of exactly 0 and 1."""
    return size * (2 * one_hot(target, classes) - 1)


def one_hot(target: Tensor, classes: int) -> Tensor:
    """Return labels (B, H, W) as 0 and 1, (B, C, H, W) float32."""
    return torch.stack([target == label for label in range(classes)], dim=1).float()
