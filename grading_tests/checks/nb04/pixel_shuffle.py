"""Pixel shuffle by hand: pixel_shuffle(x (B, C * r * r, H, W), r) -> (B, C, r * H, r * W)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from grading_tests.checks.nb04.ideas import Attempt, rival_of
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import Given, noise
from grading_tests.picture import head

attempt = Attempt(
    **{
        r"is invalid for input of size": "these sizes do not multiply to the number of values in "
        "x: is one fixed (r, a single channel, a square image) or forgotten?",
        r"number of dimensions|must match the number of": "permute names each axis once, all six of them.",
    }
)


def oracle(x: Tensor, r: int) -> Tensor:
    """Shi et al. 2016: every r-th pixel from (i, j) on is channel i * r + j of each r * r."""
    batch, channels, height, width = x.shape
    out = x.new_empty(batch, channels // r**2, r * height, r * width)
    for i in range(r):
        for j in range(r):
            out[:, :, i::r, j::r] = x[:, i * r + j :: r**2]
    return out


def rivals(x: Tensor, r: int) -> dict[str, Any]:
    """Return other arrangements of the pixels, by the idea behind them."""
    batch, channels, height, width = x.shape
    count = channels // r**2
    blocks = x.reshape(batch, count, r, r, height, width)

    def shuffled(split: Tensor, *axes: int) -> Tensor:
        return split.permute(axes).reshape(batch, count, r * height, r * width)

    def enlarged(image: Tensor) -> Tensor:
        return image.repeat_interleave(r, dim=2).repeat_interleave(r, dim=3)

    return {
        "height and width are exchanged in the split: x is stored row by row.": (
            lambda: shuffled(x.reshape(batch, count, r, r, width, height), 0, 1, 5, 2, 4, 3),
            lambda: shuffled(x.reshape(batch, count, r, r, width, height), 0, 1, 4, 2, 5, 3),
        ),
        "the split puts the channels between or after the two r: they come first.": (
            lambda: shuffled(x.reshape(batch, r, count, r, height, width), 0, 2, 4, 1, 5, 3),
            lambda: shuffled(x.reshape(batch, r, r, count, height, width), 0, 3, 4, 1, 5, 2),
        ),
        "the two r are exchanged: i is the row of a block, j the column.": lambda: shuffled(
            blocks, 0, 1, 4, 3, 5, 2
        ),
        "one r comes before the axis that it enlarges: it belongs behind it.": (
            lambda: shuffled(blocks, 0, 1, 2, 4, 3, 5),
            lambda: shuffled(blocks, 0, 1, 2, 4, 5, 3),
            lambda: shuffled(blocks, 0, 1, 4, 2, 3, 5),
        ),
        "pixels are repeated: one channel of a block fills it, and the others are lost.": (
            lambda: enlarged(x[:, :: r**2]),
            lambda: enlarged(x[:, :count]),
        ),
        "the image is upside down or mirrored.": (
            lambda: oracle(x, r).flip(2),
            lambda: oracle(x, r).flip(3),
            lambda: oracle(x, r).flip(2, 3),
        ),
        "the channels of a block run backwards.": lambda: shuffled(blocks.flip(2, 3), 0, 1, 4, 2, 5, 3),
    }


def idea_of_shape(got: Any, expected: Tensor) -> str:
    shape, wanted = tuple(getattr(got, "shape", ())), tuple(expected.shape)
    if len(shape) == 4 and shape[0] < wanted[0] and shape[1:] == wanted[1:]:
        return "only part of the batch comes back: every image is shuffled."
    if isinstance(got, list | tuple):
        return "a list or tuple is returned; the result is one tensor."
    if shape != wanted and shape == tuple(number for number in wanted if number != 1):
        return "axes of length 1 are lost (squeeze): the result always has four axes."
    if len(shape) > 4:
        return "the axes are not joined: the result has four."
    if len(shape) == 4 and shape[1] < wanted[1] and shape[2:] == wanted[2:]:
        return "only part of the channels comes back: every r * r of them make one."
    return ""


def expect_shuffled(answer: Any, x: Tensor, r: int, tried: str, step: str = "") -> None:
    expected, given = oracle(x, r), Given(x)
    got = attempt(tried, f"shape {tuple(expected.shape)}", answer, *given, r)
    try:
        expect(got, expected, tried, step, atol=0, like=True)
    except Wrong as wrong:
        wrong.idea = wrong.idea or idea_of_shape(got, expected) or rival_of(got, expected, rivals(x, r))
        raise
    idea = "the values are only moved: their type stays."
    expect(str(got.dtype), str(x.dtype), f"{tried}: the type of the values", idea=idea)
    given.expect_unchanged(tried)


def one_small_image(answer: Any, rng: np.random.Generator) -> None:
    """Eight numbers, so that the message shows them all: channel 3, pixel 1 is 31."""
    channels, pixels = torch.arange(4.0).reshape(4, 1, 1), torch.arange(2.0)
    x = (10 * channels + pixels + int(rng.integers(0, 3)))[None]  # (1, 4, 1, 2)
    tried = f"1 row of 2 pixels, r = 2, channels {x[0, :, 0].int().tolist()}"
    expect_shuffled(answer, x, 2, tried, "step 2")


def several_channels(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((1, 8, 1, 1), (2, 4, 1, 1)):  # eight numbers again
        x = torch.arange(8.0).reshape(shape) + int(rng.integers(0, 3))
        tried = f"x of {shape}, r = 2, its values {x.flatten().int().tolist()}"
        expect_shuffled(answer, x, 2, tried, "step 1")
    expect_shuffled(answer, noise(rng, 2, 12, 3, 3), 2, "x of (2, 12, 3, 3), r = 2", "steps 1 and 3")


def oblong(answer: Any, rng: np.random.Generator) -> None:
    expect_shuffled(answer, noise(rng, 1, 9, 2, 5), 3, "x of (1, 9, 2, 5), r = 3", "steps 1 and 3")


def other_sizes(answer: Any, rng: np.random.Generator) -> None:
    for shape, r in (((3, 32, 4, 3), 4), ((2, 5, 3, 4), 1), ((1, 50, 1, 2), 5)):
        expect_shuffled(answer, noise(rng, *shape), r, f"x of {shape}, r = {r}")


def gradient(answer: Any, rng: np.random.Generator) -> None:
    x = noise(rng, 2, 8, 3, 2).double().requires_grad_()
    weights = noise(rng, 2, 2, 6, 4).double()
    tried = "the gradient, float64"
    out = attempt(tried, "shape (2, 2, 6, 4)", answer, x, 2)
    if not (isinstance(out, Tensor) and out.requires_grad):
        raise Wrong(tried, "a gradient", "none: the graph is cut")
    expect(str(out.dtype), str(torch.float64), f"{tried}: the type of the values")
    (out * weights).sum().backward()
    got, x.grad = x.grad, None
    if got is None:
        idea = "the gradient stops at a copy of x with a gradient of its own (detach, requires_grad_)."
        raise Wrong(tried, "a gradient in x", "none", idea=idea)
    (oracle(x, 2) * weights).sum().backward()
    expect(got, x.grad, tried)


def scene(answer: Any) -> Any:
    """The toy slice put together again from its four quarters, (H, W)."""
    return answer(pixel_unshuffle(head()[0][None, None], 2), 2)[0, 0]


GAP = Gap(
    "g04_pixel_shuffle",
    "pixel_shuffle",
    minutes=7,
    points=4,
    reference=pixel_shuffle,
    scene=scene,
    properties=[
        Property("four channels become 2 x 2 pixels", one_small_image),
        Property("several channels", several_channels, share=2),
        Property("a non-square image, r = 3", oblong),
        Property("other sizes", other_sizes, visible=False),
        Property("the gradient, float64", gradient),
    ],
)
