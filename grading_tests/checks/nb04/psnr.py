"""Peak signal-to-noise ratio: psnr(sr, hr), both (B, 1, H, W), hr in 0..1 -> (B,) in dB."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab.metrics import psnr
from grading_tests.checks.nb04.ideas import attempt, rival_of
from grading_tests.gap import Gap, Property, Wrong, expect, same
from grading_tests.networks import Given
from grading_tests.values import plain


def oracle(sr: Tensor, hr: Tensor) -> Tensor:
    """Image by image, pixel by pixel."""
    values = []
    for made, true in zip(sr.double(), hr.double(), strict=True):
        pixels = list(zip(made.flatten().tolist(), true.flatten().tolist(), strict=True))
        error = sum((min(max(a, 0.0), 1.0) - b) ** 2 for a, b in pixels) / len(pixels)
        values.append(math.inf if error == 0 else -10 * math.log10(error))
    return torch.tensor(values, dtype=sr.dtype)


PIXELS = (1, 2, 3)


def decibels(error: Tensor) -> Tensor:
    """Return the decibels of errors, of every pixel (B, 1, H, W) or already averaged (B,)."""
    return -10 * torch.log10(error.mean(dim=PIXELS) if error.ndim == 4 else error)


def per_image(sr: Tensor, hr: Tensor) -> dict[str, Any]:
    """Return other formulas, by the idea behind them."""
    error = (sr.clamp(0, 1) - hr).square()
    mean, count = error.mean(dim=PIXELS), hr[0].numel()
    low, high = sr.amin(dim=PIXELS, keepdim=True), sr.amax(dim=PIXELS, keepdim=True)

    def masked(of: Tensor) -> Tensor:
        return decibels((error * of).sum(dim=PIXELS) / of.sum(dim=PIXELS))

    return {
        "sr is not clipped: a value outside 0 to 1 counts as the nearest one inside.": lambda: decibels(
            (sr - hr).square()
        ),
        "values above 1 are not clipped.": lambda: decibels((sr.clamp(min=0) - hr).square()),
        "values below 0 are not clipped.": lambda: decibels((sr.clamp(max=1) - hr).square()),
        "the errors are averaged before they are squared, so positive and negative ones cancel.": lambda: (
            decibels((sr.clamp(0, 1) - hr).mean(dim=PIXELS).square())
        ),
        "the squared errors are divided by n - 1; a mean divides by the number of pixels, n.": lambda: (
            decibels(error.sum(dim=PIXELS) / (count - 1))
        ),
        "the squared errors are not divided by the number of pixels, height times width.": (
            lambda: decibels(error.sum(dim=PIXELS) / sr.shape[2] ** 2),
            lambda: decibels(error.sum(dim=PIXELS) / sr.shape[3] ** 2),
            lambda: decibels(error.sum(dim=PIXELS) / sr.shape[2]),
            lambda: decibels(error.sum(dim=PIXELS) / sr.shape[3]),
            lambda: decibels(error.sum(dim=PIXELS)),
        ),
        "the largest or the median error is taken; the mean is asked for.": (
            lambda: decibels(error.amax(dim=PIXELS)),
            lambda: decibels(error.flatten(1).median(dim=1).values),
        ),
        "sr is rescaled to its own range; it is clipped to 0 to 1 instead.": (
            lambda: decibels(((sr - low) / (high - low) - hr).square()),
            lambda: decibels((sr / high - hr).square()),
            lambda: decibels((sr / sr.max() - hr).square()),
            lambda: decibels((((sr - sr.min()) / (sr.max() - sr.min())) - hr).square()),
        ),
        "a sigmoid or tanh bends every value; clipping leaves those from 0 to 1 as they are.": (
            lambda: decibels((sr.sigmoid() - hr).square()),
            lambda: decibels((sr.tanh() - hr).square()),
        ),
        "the images are rounded to 8 bits; they stay as they are.": (
            lambda: decibels(((sr.clamp(0, 1) * 255).round() / 255 - (hr * 255).round() / 255).square()),
            lambda: decibels(((sr.clamp(0, 1) * 255).round() / 255 - hr).square()),
        ),
        "1 is added inside the logarithm.": (
            lambda: 10 * torch.log10(1 + 1 / mean),
            lambda: -10 * torch.log10(1 + mean),
        ),
        "that is the power of the image over the error, a signal-to-noise ratio; the peak is 1.": (
            lambda: decibels(mean / hr.square().mean(dim=PIXELS)),
            lambda: decibels(mean / hr.var(dim=PIXELS)),
        ),
        "the peak is taken from the image; it is 1, the largest value there can be.": (
            lambda: decibels(mean / hr.amax(dim=PIXELS).square()),
            lambda: decibels(mean / hr.amax(dim=PIXELS)),
            lambda: decibels(mean / (hr.amax(dim=PIXELS) - hr.amin(dim=PIXELS)).square()),
            lambda: decibels(mean / hr.max().square()),
        ),
        "sr is clipped to the range of hr; the range of an image is 0 to 1.": (
            lambda: decibels((sr.clamp(hr.min(), hr.max()) - hr).square()),
            lambda: decibels((sr.clamp(max=hr.max()) - hr).square()),
        ),
        "negative values are folded upwards (abs); they are clipped to 0.": lambda: decibels(
            (sr.abs().clamp(max=1) - hr).square()
        ),
        "the mean absolute error is taken; PSNR has the mean squared one.": (
            lambda: -20 * torch.log10((sr.clamp(0, 1) - hr).abs().mean(dim=PIXELS)),
        ),
        "the results are sorted: they stay in the order of the images.": (
            lambda: decibels(error).sort().values,
            lambda: decibels(error).sort(descending=True).values,
        ),
        "only part of the pixels counts; the background belongs to the image.": (
            lambda: masked(hr > 0),
            lambda: masked(hr > 0.5),
        ),
        "borders are left out; all pixels count.": lambda: decibels(error[..., 1:-1, 1:-1]),
    }


def idea_of(got: Any, sr: Tensor, hr: Tensor, expected: Tensor) -> str:
    """Return the idea behind wrong decibels: a formula, a shift or factor of all, or a made-up infinity."""
    if found := rival_of(got, expected, per_image(sr, hr)):
        return found
    array, right = plain(got), expected.numpy()
    if array is not None and same(array, expected, rtol=0, atol=0.6) and same(array, np.round(array, 3)):
        return "the decibels are rounded: return all their digits, and round when you print."
    if array is None or array.shape != right.shape:
        return ""
    inside = np.isfinite(right)
    if not np.allclose(array[inside], right[inside], rtol=1e-4):
        if inside.sum() < 2:
            return ""
        shift, times = array[inside] - right[inside], array[inside] / right[inside]
        if np.ptp(shift) < 1e-3:
            return f"every result is {shift[0]:+.4g} dB off: what is the largest possible value, the peak?"
        if np.ptp(times) < 1e-4 * abs(times[0]):
            return f"every result is {times[0]:.4g} times the right one: mind the factor and the base."
        return ""
    if np.isposinf(array[~inside]).all():
        return ""
    if np.isnan(array[~inside]).any():
        return "equal images give no number (NaN) instead of infinity: 0 is divided by 0."
    return "equal images have an infinite PSNR: no epsilon, floor or other number takes its place."


def expect_psnr(answer: Any, sr: Tensor, hr: Tensor, tried: str, step: str = "") -> None:
    expected, given = oracle(sr, hr), Given(sr, hr)
    got = attempt(tried, expected, answer, *given)
    try:
        expect(got, expected, tried, step, rtol=1e-6, atol=2e-4, like=True)
    except Wrong as wrong:
        wrong.idea = wrong.idea or idea_of(got, sr, hr, expected)
        raise


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
