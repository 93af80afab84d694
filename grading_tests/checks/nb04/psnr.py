"""Peak signal-to-noise ratio: psnr(sr, hr), both (B, 1, H, W), hr in 0..1 -> (B,) in dB."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab.metrics import psnr
from grading_tests.gap import Gap, Property, expect
from grading_tests.networks import Given, attempt


def oracle(sr: Tensor, hr: Tensor) -> Tensor:
    """Image by image, pixel by pixel."""
    values = []
    for made, true in zip(sr.double(), hr.double(), strict=True):
        pixels = list(zip(made.flatten().tolist(), true.flatten().tolist(), strict=True))
        error = sum((min(max(a, 0.0), 1.0) - b) ** 2 for a, b in pixels) / len(pixels)
        values.append(math.inf if error == 0 else -10 * math.log10(error))
    return torch.tensor(values, dtype=sr.dtype)


def expect_psnr(answer: Any, sr: Tensor, hr: Tensor, tried: str, step: str = "") -> None:
    expected, given = oracle(sr, hr), Given(sr, hr)
    got = attempt(tried, expected, answer, *given)
    expect(got, expected, tried, step, like=True)


def pair(rng: np.random.Generator, *shape: int, errors: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """Return generated and true images in 0..1; `errors` gives the size of the errors of each image."""
    hr = torch.as_tensor(rng.uniform(0.3, 0.6, shape), dtype=torch.get_default_dtype())
    sizes = torch.tensor(errors).reshape(-1, 1, 1, 1)
    sr = hr + sizes * torch.as_tensor(rng.uniform(-1, 1, shape), dtype=torch.get_default_dtype())
    return sr.clamp(0, 1), hr


def each_image(answer: Any, rng: np.random.Generator) -> None:
    sr, hr = pair(rng, 3, 1, 6, 8, errors=(0.02, 0.3, 0.1))
    expect_psnr(answer, sr, hr, "3 images, the errors of the first are small", "step 2")


def twenty_decibels(answer: Any, rng: np.random.Generator) -> None:
    hr = torch.as_tensor(rng.uniform(0.3, 0.6, (2, 1, 5, 5)), dtype=torch.get_default_dtype())
    signs = torch.as_tensor(rng.choice([-1, 1], (2, 1, 5, 5)), dtype=torch.get_default_dtype())
    sr = hr + torch.tensor([0.1, 0.01]).reshape(2, 1, 1, 1) * signs
    expect_psnr(answer, sr, hr, "2 images, every pixel wrong by 0.1 and by 0.01", "step 3")


def out_of_range(answer: Any, rng: np.random.Generator) -> None:
    """Clipped, as the image is when it is shown or stored."""
    sr, hr = pair(rng, 2, 1, 6, 6, errors=(0.1, 0.1))
    sr[0, 0, :2], hr[0, 0, :2] = 1.4, 0.9
    sr[1, 0, 3:], hr[1, 0, 3:] = -0.3, 0.05
    expect_psnr(answer, sr, hr, "2 images, one partly above 1, one partly below 0", "step 1")


def identical(answer: Any, rng: np.random.Generator) -> None:
    sr, hr = pair(rng, 2, 1, 4, 4, errors=(0.2, 0.2))
    sr[1] = hr[1]
    expect_psnr(answer, sr, hr, "2 images, the second equal to its target", "step 3")


def other_shapes(answer: Any, rng: np.random.Generator) -> None:
    for batch, height, width in ((1, 3, 11), (4, 9, 2)):
        sr, hr = pair(rng, batch, 1, height, width, errors=tuple(rng.uniform(0.02, 0.3, batch)))
        tried = f"{batch} image{'s' * (batch > 1)} of {height} x {width}"
        expect_psnr(answer, sr, hr, tried)
        expect_psnr(answer, sr.double(), hr.double(), f"{tried}, float64")


def large(answer: Any, rng: np.random.Generator) -> None:
    sr, hr = pair(rng, 1, 1, 96, 80, errors=(0.004,))
    expect_psnr(answer, sr, hr, "an image of 96 x 80")


def inputs_left_alone(answer: Any, rng: np.random.Generator) -> None:
    sr, hr = pair(rng, 2, 1, 4, 6, errors=(0.2, 0.1))
    given = Given(sr + 0.6, hr)
    attempt("2 images", "2 numbers", answer, *given)
    given.expect_unchanged("psnr(sr, hr)")


GAP = Gap(
    "g04_psnr",
    "psnr",
    minutes=5,
    points=3,
    reference=psnr,
    properties=[
        Property("each image of a batch", each_image, share=2),
        Property("every pixel wrong by 0.1", twenty_decibels),
        Property("values outside 0 to 1", out_of_range),
        Property("a perfect image", identical),
        Property("one image, other shapes, float64", other_shapes),
        Property("inputs unchanged", inputs_left_alone),
        Property("a larger image", large, visible=False),
    ],
)
