"""Truncation of k-space: kspace_crop(hr (B, 1, H, W), size) -> (B, 1, size, size)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab.data import kspace_crop
from grading_tests.gap import Gap, Property, Wrong, expect, first_largest, plain, same
from grading_tests.networks import Given, attempt
from grading_tests.picture import head
from grading_tests.values import form, same_form


def wave_matrix(full: int, kept: int) -> Tensor:
    """Return (kept, full) complex: the mean over the pixels of each wave that is kept, at the new pixels.

    No FFT: each of the waves -kept // 2 ... is measured and drawn again, at the middle of every new pixel.
    """
    waves = torch.arange(kept) - kept // 2
    old = torch.arange(full, dtype=torch.float64) + 0.5
    new = (torch.arange(kept, dtype=torch.float64) + 0.5) * full / kept
    place = new[:, None] - old[None, :]  # (kept, full), in old pixels
    return torch.exp(2j * torch.pi * waves[:, None, None] * place / full).sum(0) / full


def ways(hr: Tensor, size: int) -> list[Tensor]:
    """Return both magnitudes that are right: of the complex image, and of its real part.

    They differ for even sizes, which keep one wave without its mirror image.
    """
    rows, columns = (wave_matrix(full, size) for full in hr.shape[-2:])
    low = rows @ hr.to(torch.complex128) @ columns.T  # (B, 1, size, size)
    return [low.abs(), low.real.abs()]


def expect_crop(answer: Any, hr: Tensor, size: int, tried: str, step: str = "") -> None:
    expected, given = ways(hr, size), Given(hr)
    got = attempt(tried, f"shape {tuple(expected[0].shape)}", answer, *given, size)
    if not same_form(got, expected[0]):
        raise Wrong(f"{tried}: the kind and shape of the result", form(expected[0].float()), form(got))
    given.expect_unchanged(tried)
    # The contract leaves open whether ringing above 1 is clipped.
    if any(same(got, way.clamp(max=top), atol=1e-4) for way in expected for top in (1, torch.inf)):
        return
    image = plain(got)
    if image is None or image.shape != expected[0].shape:
        raise Wrong(tried, expected[0], got, step)
    rows = [values.reshape(-1, size) for values in (expected[0].numpy(), image)]
    worst = first_largest(abs(rows[1] - rows[0]).max(axis=1))
    raise Wrong(f"{tried}, row {worst % size} of image {worst // size}", rows[0][worst], rows[1][worst], step)


def grey(rng: np.random.Generator, *shape: int) -> Tensor:
    """Return random images that stay within 0..1 when k-space is cropped."""
    return torch.as_tensor(rng.uniform(0.3, 0.7, shape), dtype=torch.get_default_dtype())


def even_sizes(answer: Any, rng: np.random.Generator) -> None:
    for full, kept in ((12, 6), (16, 4)):
        tried = f"3 random images, {full} x {full} to {kept} x {kept}"
        expect_crop(answer, grey(rng, 3, 1, full, full), kept, tried)


def flat_image(answer: Any, rng: np.random.Generator) -> None:
    for full, kept in ((12, 4), (10, 5)):
        value = float(rng.uniform(0.3, 0.7))
        tried = f"a constant image of {value:.3f}, {full} x {full} to {kept} x {kept}: its brightest pixel"
        got = attempt(tried, value, answer, torch.full((1, 1, full, full), value), kept)
        expect(torch.as_tensor(got).abs().max(), value, tried, "step 4")


def middle_stays(answer: Any, rng: np.random.Generator) -> None:
    """A smooth spot between two pixels: its position relative to the width does not depend on the size."""
    for full, kept in ((24, 6), (24, 8)):
        row, column = rng.uniform(0.4, 0.6, 2)
        axis = (torch.arange(full) + 0.5) / full
        spot = 0.8 * torch.exp(-(((axis[:, None] - row) ** 2 + (axis - column) ** 2) / (2 * 0.13**2)))
        tried = f"a spot, {full} x {full} to {kept} x {kept}: its row and column, relative to the width"
        got = attempt(tried, [row, column], answer, spot[None, None].to(torch.get_default_dtype()), kept)
        image = torch.as_tensor(got).abs().reshape(-1, kept)[:kept]
        places = (torch.arange(kept) + 0.5) / kept
        centre = [(image.sum(dim) * places).sum() / image.sum() for dim in (1, 0)]
        expect(np.array([float(c) for c in centre]), np.array([row, column]), tried, "step 3", atol=0.01)


def odd_sizes(answer: Any, rng: np.random.Generator) -> None:
    for full, kept in ((12, 5), (9, 4), (11, 5)):
        tried = f"{full} x {full} to {kept} x {kept}"
        expect_crop(answer, grey(rng, 2, 1, full, full), kept, tried, "step 2")


def dark_background(answer: Any, rng: np.random.Generator) -> None:
    """Beside a sharp edge the real part rings below 0; a magnitude cannot."""
    hr = torch.zeros(1, 1, 16, 16)
    top, left = rng.integers(3, 6, 2)
    hr[..., top : top + 7, left : left + 7] = 0.7
    expect_crop(answer, hr, 8, "a bright square on black: ringing below 0", "step 5")


def oblong(answer: Any, rng: np.random.Generator) -> None:
    for height, width, kept in ((10, 16, 5), (15, 8, 6), (8, 12, 8), (9, 6, 6)):
        hr = grey(rng, 2, 1, height, width)
        expect_crop(answer, hr, kept, f"{height} x {width} to {kept} x {kept}")


def large(answer: Any, rng: np.random.Generator) -> None:
    """The sizes of the notebook, after smaller ones: an answer may keep something from its first call."""
    for height, width, kept in ((128, 128, 32), (96, 80, 28), (128, 128, 28)):
        expect_crop(answer, grey(rng, 1, 1, height, width), kept, f"{height} x {width} to {kept} x {kept}")


def scene(answer: Any) -> Any:
    """A coarse scan of the toy slice, (25, 25): of odd sizes the library does just what the gap asks for."""
    return answer(head(65)[0][None, None], 25)[0, 0]


GAP = Gap(
    "g04_kspace_crop",
    "kspace_crop",
    minutes=8,
    points=4,
    reference=kspace_crop,
    scene=scene,
    properties=[
        Property("random images", even_sizes, share=2),
        Property("a constant image", flat_image),
        Property("positions are kept", middle_stays),
        Property("odd sizes", odd_sizes),
        Property("a black background", dark_background),
        Property("non-square images", oblong),
        Property("large images", large, visible=False),
    ],
)
