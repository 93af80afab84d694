"""Truncation of k-space: kspace_crop(hr (B, 1, H, W), size) -> (B, 1, size, size)."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.data import kspace_crop
from grading_tests.checks.nb04.ideas import Attempt, rival_of
from grading_tests.gap import Gap, Property, Wrong, expect, first_largest, plain, same
from grading_tests.networks import Given
from grading_tests.picture import head
from grading_tests.values import form, same_form

HW = (-2, -1)

attempt = Attempt(
    **{
        r"tensor a .* must match the size of tensor b": "what is cropped has not the size of ramp, "
        "size x size: count the rows from the first one, for odd sizes too.",
    }
)


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


def parts(
    hr: Tensor,
    size: int,
    centre: Any = torch.fft.fftshift,
    corner: Any = torch.fft.ifftshift,
    axes: tuple[int, ...] = HW,
    start: tuple[int, int] | None = None,
    late: bool = False,
    back: Any = torch.fft.ifft2,
    turn: int = 1,
) -> Tensor:
    """Return the complex image by FFT, with changes: another start, the ramp late or to a power."""
    height, width = hr.shape[-2:]
    k = torch.arange(size) - size // 2
    ramp = (
        torch.exp(1j * torch.pi * (k[:, None] * (1 / size - 1 / height) + k * (1 / size - 1 / width))) ** turn
    )
    kspace = centre(torch.fft.fft2(hr), dim=axes)
    top, left = start or (height // 2 - size // 2, width // 2 - size // 2)
    kept = kspace[..., top : top + size, left : left + size]
    kept = corner(kept, dim=axes) * ramp if late else corner(kept * ramp, dim=axes)
    return back(kept) * size**2 / (height * width)


def as_it_is(x: Tensor, dim: Any = None) -> Tensor:
    return x


def rivals(hr: Tensor, size: int) -> dict[str, Any]:
    """Return what other ideas lead to."""
    right, full = ways(hr, size)[0], hr.shape[-2:]
    top = right.amax(dim=HW, keepdim=True)
    low = right.amin(dim=HW, keepdim=True)

    def of(**changes: Any) -> tuple[Any, ...]:
        return (lambda: parts(hr, size, **changes).abs(), lambda: parts(hr, size, **changes).real.abs())

    # With odd sizes, some wrong middle has the same magnitudes as these.
    corners = {
        "the first rows and columns are taken without fftshift: there lie frequencies from 0 upwards only.": (
            *of(centre=as_it_is, start=(0, 0)),
            *of(centre=as_it_is, corner=as_it_is, start=(0, 0)),
            *of(centre=as_it_is, corner=as_it_is, start=(0, 0), turn=0),
            *of(centre=as_it_is, start=(0, 0), turn=0),
        ),
        "the first rows and columns of the centred k-space are taken; its middle is asked for.": (
            *of(start=(0, 0)),
            *of(start=(0, 0), turn=0),
        ),
    }
    return ({} if any(number % 2 for number in (*full, size)) else corners) | {
        "the image is divided by its maximum; the scale follows from the numbers of pixels.": (
            lambda: right / top,
            lambda: right / right.max(),
            lambda: (right - low) / (top - low),
            lambda: (right - right.min()) / (right.max() - right.min()),
            lambda: right / top * hr.amax(dim=HW, keepdim=True),
            lambda: right / right.sum(dim=HW, keepdim=True),
            lambda: right / right.mean(dim=HW, keepdim=True),
        ),
        "the ramp comes after ifftshift; it belongs to the centred k-space.": of(late=True),
        "fft2 is used on the way back too, which turns the image by 180 degrees.": (
            *of(back=lambda kept: torch.fft.fft2(kept) / size**2),
            *of(back=torch.fft.fft2),
        ),
        "frequency 0 does not come to size // 2: a wrong first row or column, or another shift.": tuple(
            one
            for down in (-1, 0, 1)
            for right_ in (-1, 0, 1)
            if down or right_
            for one in of(
                start=(full[0] // 2 - size // 2 + down, full[1] // 2 - size // 2 + right_),
            )
        ),
        "ifftshift and fftshift are exchanged: for odd sizes they differ.": of(corner=torch.fft.fftshift),
        "other axes than the last two are shifted.": (
            *of(axes=(1, 2)),
            *of(axes=(0, 1)),
            *of(axes=(-1,)),
            *of(axes=(-2,)),
            *of(axes=(0, 1, 2, 3)),
        ),
        "the ramp is applied twice.": of(turn=2),
        "the image is clipped at its own maximum; ringing may be clipped at 1 only.": (
            lambda: right.clamp(max=hr.max().item()),
            lambda: torch.minimum(right, hr.amax(dim=HW, keepdim=True)),
        ),
        "the image is resized by interpolation; a scanner measures the middle of k-space.": tuple(
            resized
            for mode in ("bilinear", "bicubic")
            for smooth in (False, True)
            for resized in [
                lambda mode=mode, smooth=smooth: F.interpolate(hr, (size, size), mode=mode, antialias=smooth)
            ]
        ),
        "rows and columns are exchanged.": lambda: right.mT,
        "the image is mirrored or upside down.": tuple(
            lambda axes=axes: right.flip(*axes) for axes in ((-1,), (-2,), (-2, -1))
        ),
        "the magnitude is the root of the sum of both squares, not the sum of both parts.": lambda: (
            parts(hr, size).real.abs() + parts(hr, size).imag.abs()
        ),
        "the imaginary part is returned; the magnitude is asked for.": (
            lambda: parts(hr, size).imag.abs(),
            lambda: parts(hr, size).imag,
        ),
        "the phase is returned; the magnitude is asked for.": lambda: parts(hr, size).angle(),
        "the logarithm is taken, as for pictures of k-space; the image is the magnitude.": (
            lambda: torch.log1p(right),
            lambda: torch.log(right),
        ),
        "the image is rounded to 8 bits; it stays as it is.": lambda: (right * 255).round() / 255,
        "the mean is taken off first: frequency 0, the brightness, belongs to the image.": (
            lambda: parts(hr - hr.mean(dim=HW, keepdim=True), size).abs(),
            lambda: parts(hr - hr.mean(), size).abs(),
        ),
        "every image is an average or a copy of others: they belong to different patients.": (
            lambda: right[:1].expand_as(right),
            lambda: right.mean(dim=0, keepdim=True).expand_as(right),
            lambda: right.roll(len(right) // 2, 0),
        ),
    }


def idea_of(got: Any, hr: Tensor, size: int) -> str:
    """Return the idea behind a wrong image: one of the rivals, or a factor."""
    image, right = plain(got), ways(hr, size)[0]
    if image is None or image.shape != right.shape:
        return idea_of_shape(got, tuple(right.shape))
    if found := rival_of(got, right, rivals(hr, size), atol=1e-4):
        return found
    for way in ways(hr, size):
        times = float((image * way.numpy()).sum() / way.square().sum())
        if abs(times) > 1e-3 and same(image / times, way, atol=1e-4) and not same(times, 1.0, rtol=1e-3):
            return (
                f"every value is {times:.4g} times the right one: how many values does each transform add up?"
            )
    return ""


def idea_of_shape(got: Any, wanted: tuple[int, ...]) -> str:
    shape = tuple(getattr(got, "shape", ()))
    if len(shape) == 4 and shape[0] < wanted[0] and shape[1:] == wanted[1:]:
        return "only part of the batch comes back: every image is scanned."
    if 1 < len(shape) < 4:
        return "an axis of length 1 is lost (squeeze, an index): the result is always (B, 1, size, size)."
    return ""


def expect_crop(answer: Any, hr: Tensor, size: int, tried: str, step: str = "") -> None:
    expected, given = ways(hr, size), Given(hr)
    got = attempt(tried, f"shape {tuple(expected[0].shape)}", answer, *given, size)
    if not same_form(got, expected[0]):
        idea = idea_of_shape(got, tuple(expected[0].shape)) if isinstance(got, Tensor) else ""
        tried = f"{tried}: the kind and shape of the result"
        raise Wrong(tried, form(expected[0].float()), form(got), idea=idea)
    given.expect_unchanged(tried)
    # The contract leaves open whether ringing above 1 is clipped.
    if any(same(got, way.clamp(max=top), atol=1e-4) for way in expected for top in (1, torch.inf)):
        return
    image = plain(got)
    if image is None or image.shape != expected[0].shape:
        raise Wrong(tried, expected[0], got, step)
    rows = [values.reshape(-1, size) for values in (expected[0].numpy(), image)]
    worst = first_largest(abs(rows[1] - rows[0]).max(axis=1))
    tried = f"{tried}, row {worst % size} of image {worst // size}"
    raise Wrong(tried, rows[0][worst], rows[1][worst], step, idea=idea_of(got, hr, size))


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
    expect_crop(answer, hr / 0.7, 8, "a square of 1 on black: ringing below 0 and above 1", "step 5")


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
