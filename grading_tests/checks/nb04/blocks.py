"""Properties that the generators' building blocks share: with the same weights, the same output."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from grading_tests.gap import expect
from grading_tests.networks import attempt, expect_gradient, noise, twin


def twins(
    make: Callable[..., nn.Module], answer: Any, rng: np.random.Generator, *widths: int
) -> tuple[nn.Module, nn.Module, str]:
    """Return the answer's network and the library's, with the same random weights, and their name."""
    reference = make(*widths)
    name = f"{type(reference).__name__}{widths if len(widths) > 1 else f'({widths[0]})'}"
    return twin(answer, reference, rng, f"the layers of {name}", *widths), reference, name


def expect_output(
    make: Callable[..., nn.Module],
    answer: Any,
    rng: np.random.Generator,
    *widths: int,
    shape: tuple[int, ...],
    step: str = "",
) -> None:
    """Raise `Wrong` unless both networks return the same for an image (B, C, H, W), and leave it alone."""
    model, reference, name = twins(make, answer, rng, *widths)
    x = noise(rng, *shape)
    before = x.clone()
    tried = f"{name} on x of {shape}"
    got = attempt(tried, f"shape {shape}", model, x)
    expect(got, reference(before.clone()), tried, step)
    expect(x, before, f"{tried}: is x still what it was?", "work on a copy")


def expect_training(
    make: Callable[..., nn.Module],
    answer: Any,
    rng: np.random.Generator,
    *widths: int,
    shape: tuple[int, ...],
) -> None:
    """Raise `Wrong` unless the networks agree while training, and in the gradient in x."""
    model, reference, name = twins(make, answer, rng, *widths)
    model.train()
    reference.train()
    x = (noise(rng, *shape) * 3 + 1).requires_grad_()
    tried = f"{name} while training"
    output = attempt(tried, f"shape {shape}", model, x)
    expect(output, reference(x), tried)
    expect_gradient(model, output, tried)
    got, x.grad = x.grad, None
    reference(x).square().sum().backward()
    expect(got, x.grad, f"{tried}: the gradient in x", rtol=1e-3, atol=1e-3)
