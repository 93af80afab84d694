"""The whole network: UNet(in_channels, num_classes, width, depth, padded)."""

from typing import Any

import numpy as np

from brainlab.models import UNet
from grading_tests.checks.nb02 import contract
from grading_tests.checks.nb02.contract import Inputs, noises, on
from grading_tests.gap import Gap, Property
from grading_tests.networks import expect_layers


def unet_twins(answer: Any, rng: np.random.Generator, inputs: Inputs, *sizes: Any) -> tuple[Any, UNet]:
    reference = UNet(*sizes)
    return contract.twins(answer, reference, rng, inputs, f"UNet{sizes}", *sizes), reference


def unet_values(answer: Any, rng: np.random.Generator) -> None:
    inputs = noises(rng, x=(2, 4, 16, 24))
    model, reference = unet_twins(answer, rng, inputs, 4, 3, 3, 2, True)
    contract.expect_output(model, reference, inputs, on("UNet(4, 3, width=3, depth=2)", inputs))


def unet_depths(answer: Any, rng: np.random.Generator) -> None:
    for depth, classes, shape in ((1, 1, (2, 1, 6, 8)), (4, 5, (1, 1, 16, 32))):
        inputs = noises(rng, x=shape)
        model, reference = unet_twins(answer, rng, inputs, 1, classes, 2, depth, True)
        tried = on(f"UNet(1, {classes}, width=2, depth={depth})", inputs)
        contract.expect_output(model, reference, inputs, tried)


def unet_valid(answer: Any, rng: np.random.Generator) -> None:
    inputs = noises(rng, x=(1, 2, 52, 44))
    model, reference = unet_twins(answer, rng, inputs, 2, 2, 2, 2, False)
    tried = on("UNet(2, 2, width=2, depth=2, padded=False)", inputs)
    contract.expect_output(model, reference, inputs, tried)


def unet_training(answer: Any, rng: np.random.Generator) -> None:
    inputs = noises(rng, x=(2, 4, 8, 8))
    model, reference = unet_twins(answer, rng, inputs, 4, 4, 2, 2, True)
    contract.expect_training(model, reference, inputs, "UNet(width=2, depth=2)")
    inputs = noises(rng, x=(2, 2, 20, 24))
    model, reference = unet_twins(answer, rng, inputs, 2, 2, 2, 1, False)
    contract.expect_training(model, reference, inputs, "UNet(width=2, depth=1, padded=False)")


def unet_calls(answer: Any, rng: np.random.Generator) -> None:
    calls = [noises(rng, x=shape) for shape in ((2, 3, 8, 12), (1, 3, 16, 8), (1, 3, 8, 12))]
    model, reference = unet_twins(answer, rng, calls[0], 3, 2, 2, 2, True)
    contract.expect_calls_alike(model, reference, calls, "UNet(3, 2, width=2, depth=2)")


def unet_gradient(answer: Any, rng: np.random.Generator) -> None:
    inputs = noises(rng, x=(2, 3, 8, 12))
    model, reference = unet_twins(answer, rng, inputs, 3, 4, 3, 2, True)
    contract.expect_gradients(model, reference, inputs, "UNet(3, 4, width=3, depth=2)")


def unet_defaults(answer: Any, rng: np.random.Generator) -> None:
    """What is not given is as in the first line of the notebook; new weights are random."""
    for options in ({"width": 1}, {"depth": 1}):
        words = f"UNet({', '.join(f'{name}={value}' for name, value in options.items())})"
        model = contract.made(answer, words, **options)
        expect_layers(UNet(**options), model, f"the layers of {words}")
    inputs = noises(rng, x=(1, 2, 8, 8))
    contract.expect_fresh(answer, inputs, "UNet(2, 3, 2, 2)", 2, 3, 2, 2)


GAP = Gap(
    "g02_unet_forward",
    "UNet",
    minutes=9,
    points=5,
    reference=UNet,
    properties=[
        Property("the logits with given weights", unet_values, share=2),
        Property("other depths", unet_depths),
        Property("without padding", unet_valid),
        Property("training mode", unet_training),
        Property("calls in a row, float64", unet_calls),
        Property("gradient of every weight", unet_gradient),
        Property("default arguments, new weights", unet_defaults),
    ],
)
