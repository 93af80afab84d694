"""The whole network: UNet(in_channels, num_classes, width, depth, padded)."""

from typing import Any

import numpy as np

from brainlab.models import UNet
from grading_tests.gap import Gap, Property, expect
from grading_tests.networks import attempt, expect_gradient, noise, twin


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


GAP = Gap(
    "g02_unet_forward",
    "UNet",
    minutes=9,
    points=5,
    reference=UNet,
    properties=[
        Property("the logits with given weights", unet_values, share=2),
        Property("three levels", unet_deeper, visible=False),
        Property("without padding", unet_valid),
        Property("gradient of every weight", unet_gradient, visible=False),
    ],
)
