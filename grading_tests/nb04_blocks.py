"""Checks of the parts of both generators: the same weights go into both networks, then the same input."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from brainlab.models import RRDB, DenseBlock, ResidualBlock
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


# --- ResidualBlock(num_feat)


def residual_like(answer: Any) -> Callable[[int], nn.Module]:
    """Return the maker of a block whose PReLU has as many slopes as the answer's.

    The paper does not say whether all channels share one.
    """

    def make(num_feat: int) -> nn.Module:
        block = ResidualBlock(num_feat)
        made = attempt(f"the layers of ResidualBlock({num_feat})", "a network", answer, num_feat)
        parts = made.modules() if isinstance(made, nn.Module) else ()
        if any(isinstance(part, nn.PReLU) and part.num_parameters == num_feat for part in parts):
            block.block[2] = nn.PReLU(num_feat)
        return block

    return make


def residual_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(residual_like(answer), answer, rng, 4, shape=(2, 4, 7, 9), step="forward")


def residual_width(answer: Any, rng: np.random.Generator) -> None:
    expect_output(residual_like(answer), answer, rng, 6, shape=(1, 6, 5, 3))


def residual_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(residual_like(answer), answer, rng, 3, shape=(3, 3, 6, 5))


# --- DenseBlock(num_feat, num_grow_ch)


def dense_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(DenseBlock, answer, rng, 4, 3, shape=(2, 4, 7, 9), step="forward")


def dense_widths(answer: Any, rng: np.random.Generator) -> None:
    expect_output(DenseBlock, answer, rng, 3, 5, shape=(1, 3, 4, 6))


def dense_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(DenseBlock, answer, rng, 5, 2, shape=(2, 5, 6, 4))


# --- RRDB(num_feat, num_grow_ch)


def rrdb_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(RRDB, answer, rng, 4, 3, shape=(2, 4, 6, 8), step="forward")


def rrdb_widths(answer: Any, rng: np.random.Generator) -> None:
    expect_output(RRDB, answer, rng, 3, 5, shape=(1, 3, 4, 5))


def rrdb_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(RRDB, answer, rng, 5, 2, shape=(2, 5, 5, 4))
