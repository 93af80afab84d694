"""Checks of the gaps about the parts of a U-Net: both networks get the same weights, then the same input."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab.models import ConvBlock, UNet, UpBlock, crop_and_concat
from grading_tests.gap import Wrong, expect, same
from grading_tests.networks import attempt, expect_gradient, noise, twin

# --- ConvBlock(in_channels, out_channels, padded=True)


def conv_block_values(answer: Any, rng: np.random.Generator) -> None:
    reference = ConvBlock(3, 5)
    model = twin(answer, reference, rng, "the layers of ConvBlock(3, 5)", 3, 5)
    x = noise(rng, 2, 3, 9, 12)
    tried = "ConvBlock(3, 5) on x of (2, 3, 9, 12)"
    expect(attempt(tried, "(2, 5, 9, 12)", model, x.clone()), reference(x.clone()), tried)


def conv_block_valid(answer: Any, rng: np.random.Generator) -> None:
    reference = ConvBlock(2, 4, padded=False)
    model = twin(answer, reference, rng, "the layers of ConvBlock(2, 4, padded=False)", 2, 4, padded=False)
    x = noise(rng, 1, 2, 11, 8)
    tried = "ConvBlock(2, 4, padded=False) on x of (1, 2, 11, 8)"
    expect(attempt(tried, "(1, 4, 7, 4)", model, x.clone()), reference(x.clone()), tried, "padding")


def conv_block_training(answer: Any, rng: np.random.Generator) -> None:
    reference = ConvBlock(4, 4)
    model = twin(answer, reference, rng, "the layers of ConvBlock(4, 4)", 4, 4)
    model.train()
    reference.train()
    x = noise(rng, 3, 4, 6, 6) * 3 + 1
    tried = "ConvBlock(4, 4) while training"
    output = attempt(tried, "(3, 4, 6, 6)", model, x.clone())
    expect(output, reference(x.clone()), tried)
    expect_gradient(model, output, tried)


# --- crop_and_concat(skip, x)


def expect_crop(answer: Any, skip: Tensor, x: Tensor, tried: str, step: str) -> None:
    expected = crop_and_concat(skip, x)
    got = attempt(tried, f"shape {tuple(expected.shape)}", answer, skip, x)
    expect(got, expected, tried, step)


def crop_even(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 2, 3, 12, 12), noise(rng, 2, 5, 8, 8)
    expect_crop(answer, skip, x, "skip (2, 3, 12, 12), x (2, 5, 8, 8)", "step 2")


def crop_oblong(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 1, 2, 10, 16), noise(rng, 1, 2, 8, 6)
    expect_crop(answer, skip, x, "skip (1, 2, 10, 16), x (1, 2, 8, 6)", "step 1")


def crop_nothing(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 2, 3, 6, 7), noise(rng, 2, 4, 6, 7)
    expect_crop(answer, skip, x, "skip and x of the same height and width", "step 2")


def crop_odd(answer: Any, rng: np.random.Generator) -> None:
    """An odd border has no middle: both ways to share it are right."""
    skip, x = noise(rng, 1, 3, 15, 9), noise(rng, 1, 2, 14, 6)
    tried = "skip (1, 3, 15, 9), x (1, 2, 14, 6): an odd border"
    got = attempt(tried, "shape (1, 5, 14, 6)", answer, skip, x)
    ways = [
        torch.cat([skip[..., top : top + 14, left : left + 6], x], dim=1) for top in (0, 1) for left in (1, 2)
    ]
    if not any(same(got, way) for way in ways):
        raise Wrong(tried, ways[0], got, "step 2")


def crop_gradient(answer: Any, rng: np.random.Generator) -> None:
    skip, x = noise(rng, 1, 1, 6, 6).requires_grad_(), noise(rng, 1, 1, 4, 4).requires_grad_()
    before = skip.detach().clone(), x.detach().clone()
    tried = "the gradient through the joined tensor"
    joined = attempt(tried, "shape (1, 2, 4, 4)", answer, skip, x)
    if not joined.requires_grad:
        raise Wrong(tried, "a gradient", "none: the graph is cut")
    joined.sum().backward()
    for tensor, original, expected in ((skip, before[0], 16.0), (x, before[1], 16.0)):
        expect(tensor.grad.sum() if tensor.grad is not None else 0.0, expected, tried)
        expect(tensor, original, "the inputs are left as they were")


# --- UpBlock(in_channels, skip_channels, out_channels, padded=True)


def up_block_values(answer: Any, rng: np.random.Generator) -> None:
    reference = UpBlock(8, 3, 5)
    model = twin(answer, reference, rng, "the layers of UpBlock(8, 3, 5)", 8, 3, 5)
    x, skip = noise(rng, 2, 8, 4, 6), noise(rng, 2, 3, 8, 12)
    tried = "UpBlock(8, 3, 5) on x (2, 8, 4, 6), skip (2, 3, 8, 12)"
    expect(attempt(tried, "(2, 5, 8, 12)", model, x, skip), reference(x, skip), tried)


def up_block_valid(answer: Any, rng: np.random.Generator) -> None:
    reference = UpBlock(4, 2, 2, padded=False)
    model = twin(
        answer, reference, rng, "the layers of UpBlock(4, 2, 2, padded=False)", 4, 2, 2, padded=False
    )
    x, skip = noise(rng, 1, 4, 5, 6), noise(rng, 1, 2, 18, 16)
    tried = "UpBlock(4, 2, 2, padded=False) on x (1, 4, 5, 6), skip (1, 2, 18, 16)"
    expect(attempt(tried, "(1, 2, 6, 8)", model, x, skip), reference(x, skip), tried)


def up_block_gradient(answer: Any, rng: np.random.Generator) -> None:
    reference = UpBlock(3, 6, 4)
    model = twin(answer, reference, rng, "the layers of UpBlock(3, 6, 4)", 3, 6, 4)
    skip = noise(rng, 1, 6, 6, 8).requires_grad_()
    output = attempt("UpBlock(3, 6, 4)", "(1, 4, 6, 8)", model, noise(rng, 1, 3, 3, 4), skip)
    expect_gradient(model, output, "the gradient of UpBlock(3, 6, 4)")
    if skip.grad is None:
        raise Wrong("the gradient of UpBlock(3, 6, 4)", "a gradient for the skip connection", "none")


# --- UNet(in_channels, num_classes, width, depth, padded)


def unet_twins(answer: Any, rng: np.random.Generator, *sizes: Any) -> tuple[Any, UNet]:
    reference = UNet(*sizes)
    return twin(answer, reference, rng, f"the layers of UNet{sizes}", *sizes), reference


def unet_values(answer: Any, rng: np.random.Generator) -> None:
    model, reference = unet_twins(answer, rng, 4, 3, 3, 2, True)
    x = noise(rng, 2, 4, 16, 24)
    tried = "UNet(4, 3, width=3, depth=2) on x (2, 4, 16, 24)"
    expect(attempt(tried, "(2, 3, 16, 24)", model, x), reference(x), tried)


def unet_deeper(answer: Any, rng: np.random.Generator) -> None:
    model, reference = unet_twins(answer, rng, 1, 2, 2, 3, True)
    x = noise(rng, 1, 1, 24, 16)
    tried = "UNet(1, 2, width=2, depth=3) on x (1, 1, 24, 16)"
    expect(attempt(tried, "(1, 2, 24, 16)", model, x), reference(x), tried)


def unet_valid(answer: Any, rng: np.random.Generator) -> None:
    model, reference = unet_twins(answer, rng, 2, 2, 2, 2, False)
    x = noise(rng, 1, 2, 52, 44)
    tried = "UNet(2, 2, width=2, depth=2, padded=False) on x (1, 2, 52, 44)"
    expect(attempt(tried, "(1, 2, 12, 4)", model, x), reference(x), tried)


def unet_gradient(answer: Any, rng: np.random.Generator) -> None:
    model, reference = unet_twins(answer, rng, 3, 4, 2, 2, True)
    tried = "the gradient of UNet(3, 4, width=2, depth=2)"
    x = noise(rng, 1, 3, 8, 8).requires_grad_()
    output = attempt(tried, "(1, 4, 8, 8)", model, x)
    expect_gradient(model, output, tried)
    got = x.grad
    x.grad = None
    reference(x).square().sum().backward()
    expect(got, x.grad, f"{tried} in the image", rtol=1e-3)
