"""The contract that all losses of this notebook share, as properties of a gap.

A loss returns one number (a tensor of shape ()) with the gradient of its formula, for float32 and float64
logits, for any batch, number of classes and image size, also where a class is missing; it leaves its inputs
alone and keeps nothing from one call to the next. `of_a_loss` tests all of that; a gap adds what is its own.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from grading_tests.checks.nb03.suspects import (
    DIGITS,
    SLOPE,
    SQUEEZED,
    WRITES,
    Traced,
    bounded,
    called,
    copied,
    idea_of,
    idea_of_gradient,
    relation,
    shape_idea,
    tried_again,
)
from grading_tests.gap import Property, Wrong, first_largest, plain, same
from grading_tests.losses import Loss, scan

# draw(rng, images, classes, height, width) -> logits, target and further inputs
Draw = Callable[..., tuple[Tensor, ...]]
# Orders of the axes in memory: into it, and back to (B, C, H, W).
LAYOUTS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "a crop of larger ones": (lambda x: F.pad(x, (2, 1, 1, 3)), lambda x: x[..., 1:-3, 2:-1]),
    "turned, width before height": (lambda x: x.transpose(2, 3), lambda x: x.transpose(2, 3)),
    "sorted by class, then by image": (lambda x: x.transpose(0, 1), lambda x: x.transpose(0, 1)),
}


def value_of(answer: Any, inputs: tuple[Tensor, ...], tried: str, expected: Any, **options: Any) -> Any:
    """Return what the answer makes of copies of these inputs."""
    return called(answer, tuple(map(copied, inputs)), tried, expected, **options)


def expect_value(
    answer: Any,
    oracle: Loss,
    inputs: tuple[Tensor, ...],
    tried: str,
    step: str = "",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    **options: Any,
) -> Any:
    """Raise `Wrong` unless the answer has the value of the oracle; return what it returned."""
    expected = oracle(*inputs, **options).detach()  # before the answer gets the inputs
    got = value_of(answer, inputs, tried, expected, **options)
    compare(
        got, expected, inputs, tried, step, rtol, atol, partial(idea_of, answer, oracle, inputs, options, got)
    )
    return got


def expect_large(answer: Any, oracle: Loss, inputs: tuple[Tensor, ...], tried: str, **options: Any) -> None:
    """As `expect_value`, for logits so large that a probability or its logarithm may be bounded."""
    expected = oracle(*inputs, **options).detach()
    got = value_of(answer, inputs, tried, expected, **options)
    find = partial(bounded, answer, inputs, float(expected), got, **options)
    compare(got, expected, inputs, tried, "", 1e-4, 1e-5, find)


def compare(
    got: Any,
    expected: Tensor,
    inputs: tuple[Tensor, ...],
    tried: str,
    step: str,
    rtol: float,
    atol: float,
    find: Callable[[], str] = str,
) -> None:
    """Raise `Wrong` unless two values agree; the message tells how they are related where that is plain."""
    if not same(got, expected, rtol, atol):
        how = relation(got, float(expected), inputs[0].shape)
        raise Traced(tried, f"{float(expected):.5g}{how and f' ({how})'}", got, step, find)


def gradient_of(answer: Any, inputs: tuple[Tensor, ...], tried: str, **options: Any) -> tuple[Tensor, Any]:
    """Return the gradient of a loss in its first input, and the loss.

    Raises
    ------
    Wrong
        If the loss is no tensor of shape (), or has no gradient.
    """
    logits, *others = map(copied, inputs)
    logits.requires_grad_()
    loss = called(answer, (logits, *others), tried, "a tensor with a gradient", **options)
    if not isinstance(loss, Tensor):
        kind = f"{type(loss).__name__}: only a tensor computed by torch from the logits has a gradient"
        raise Wrong("the type of the result", "a tensor", kind)
    if not loss.requires_grad:
        raise Wrong(
            tried, "a gradient", "none: .item(), .detach(), .data, NumPy or no_grad has cut the graph"
        )
    if loss.shape != ():
        raise Wrong(
            "the shape of the result", "(), one number", str(tuple(loss.shape)), idea=shape_idea(loss.shape)
        )
    try:
        (gradient,) = torch.autograd.grad(loss, logits, allow_unused=True)
    except RuntimeError as error:
        raise Wrong(tried, "a gradient", f"RuntimeError: {str(error).split(chr(10))[0]}") from error
    if gradient is None:
        raise Wrong(tried, "a gradient", "none: the loss does not depend on the logits")
    return gradient, loss


def expect_gradient(
    answer: Any, oracle: Loss, inputs: tuple[Tensor, ...], tried: str, rtol: float = 1e-4, **options: Any
) -> None:
    """Raise `Wrong` unless the gradients agree at every pixel, relative to the largest.

    The message shows the gradient at the pixel where they differ most, class by class.
    """
    expected, value = gradient_of(oracle, inputs, tried, **options)
    got, loss = gradient_of(answer, inputs, tried, **options)
    largest = float(expected.abs().max())
    if not torch.isfinite(got).all():
        count = int((~torch.isfinite(got)).sum())
        idea = SLOPE if torch.isfinite(loss) else ""
        raise Wrong(tried, "finite numbers", f"{count} of {got.numel()} are NaN or infinite", idea=idea)
    if not got.any() and largest > 0:
        raise Wrong(
            tried, f"not 0 (up to {largest:.3g})", "0 everywhere: a step of the function has no slope"
        )
    difference = (got - expected).abs().amax(dim=1)  # (B, H, W)
    if difference.max() > rtol * largest:
        image, row, column = np.unravel_index(first_largest(difference.numpy()), difference.shape)
        tried = f"{tried}: at pixel ({row}, {column}) of image {image}, class by class"
        find = partial(idea_of_gradient, oracle, inputs, options, got, same(loss, value))
        raise Traced(tried, expected[image, :, row, column], got[image, :, row, column], "", find)


def without_last_class(inputs: tuple[Tensor, ...], classes: int) -> tuple[Tensor, ...]:
    """Return the inputs with the pixels of the last class given to the one before it."""
    logits, target, *others = inputs
    return logits, target.clamp(max=max(classes - 2, 0)), *others


def of_a_loss(
    oracle: Loss,
    draw: Draw = scan,
    classes: int = 4,
    others: tuple[int, ...] = (2, 5),
    precise: float = 1e-9,
    sharp: float = 6.0,
    slope: float = 1e-4,
) -> list[Property]:
    """Return the properties that every loss has.

    Parameters
    ----------
    oracle : callable
        The loss by another formula.
    draw : callable
        Draws inputs.
    classes : int
        The usual number of channels.
    others : tuple of int
        Other numbers of channels to try.
    precise : float
        The relative tolerance in float64.
    sharp : float
        Also try logits times this, where the gradient of many pixels is small; 0 for not.
    slope : float
        The tolerance of gradients, relative to the largest.
    """

    def gradient(answer: Any, rng: np.random.Generator) -> None:
        inputs = draw(rng, 2, classes, 3, 5)
        expect_gradient(answer, oracle, inputs, "the gradient of the loss in the logits", rtol=slope)
        logits, *rest = draw(rng, 3, classes, 4, 3)
        if sharp:
            inputs = (sharp * logits.double(), *map(double, rest))
            tried = "the gradient in the logits, of which many are large"
            expect_gradient(answer, oracle, inputs, tried, rtol=slope)

    def missing(answer: Any, rng: np.random.Generator) -> None:
        # In float64, because a Dice near 0 loses digits in some forms of the formula.
        inputs = without_last_class(tuple(map(double, draw(rng, 2, classes, 5, 4))), classes)
        name = (
            "no tumour in the truth" if classes == 1 else f"class {classes - 1} predicted, but nowhere true"
        )
        expect_value(answer, oracle, inputs, name)
        expect_gradient(answer, oracle, inputs, f"{name}: the gradient", rtol=slope)

    def large(answer: Any, rng: np.random.Generator) -> None:
        logits, *rest = draw(rng, 1, min(classes, 3), 128, 160)
        # The class axis last in memory, as the notebook makes it from one-hot labels: view() fails there.
        logits = logits.movedim(1, -1).contiguous().movedim(-1, 1)
        expect_value(answer, oracle, (logits, *rest), "a slice of 128 x 160, channels last in memory")
        logits, *rest = draw(rng, 2, classes, 6, 7)
        for layout, (there, back) in LAYOUTS.items():
            kept = back(there(logits).contiguous())
            expect_value(answer, oracle, (kept, *rest), f"logits that are {layout} in memory")

    def sizes(answer: Any, rng: np.random.Generator) -> None:
        for number in others:
            for images, height, width in ((1, 7, 3), (3, 4, 6), (2, 1, 9), (1, 8, 1)):
                logits, *rest = draw(rng, images, number, height, width)
                shape = (images, number, height, width)
                try:
                    expect_value(answer, oracle, (logits, *rest), f"logits of shape {shape}")
                except Wrong as error:
                    if (images, height) == (2, 1):  # the shapes before it were right
                        error.idea = SQUEEZED
                    raise

    def float64(answer: Any, rng: np.random.Generator) -> None:
        # Logits that are multiples of 1/64 are exact in float32 too: only the computation can lose digits.
        logits, target, *rest = map(double, draw(rng, 2, classes, 6, 5))
        # Further inputs, such as weights, need float64.
        rest = [one * (1 + 2e-8 * torch.arange(1, len(one) + 1)) for one in map(round_to_64th, rest)]
        inputs = round_to_64th(logits), target, *rest
        tried = "float64 logits, compared to more digits"
        got = expect_value(answer, oracle, inputs, tried, rtol=precise, atol=0)
        dtype = getattr(plain(got), "dtype", None)
        if dtype != np.float64:
            raise Wrong("the type of the loss of float64 logits", "float64", str(dtype))
        expect_digits(answer, oracle, inputs, rng)

    def inputs_kept(answer: Any, rng: np.random.Generator) -> None:
        for change in (Tensor.float, Tensor.double):
            inputs = draw(rng, 2, classes, 4, 5)
            inputs = tuple(change(one) if one.is_floating_point() else one for one in inputs)
            again = draw(rng, 2, classes, 4, 5)
            expected = oracle(*inputs).detach()
            kept = [one.clone() for one in inputs]
            first = called(answer, tuple(kept), "the first call", expected)
            for name, old, new in zip(("logits", "target", "weight"), inputs, kept, strict=False):
                if old.shape != new.shape or not torch.allclose(old, new, rtol=1e-5, atol=0):
                    tried = f"{name} after the call ({str(old.dtype).removeprefix('torch.')})"
                    got, idea = f"changed: the function writes into its input {name}", WRITES.format(name)
                    raise Wrong(tried, "unchanged", got, idea=idea)
            compare(first, expected, inputs, "the first of three calls", "", 1e-4, 1e-5)
            value_of(answer, again, "another call", expected)
            second = value_of(answer, inputs, "the same inputs again", expected)
            if not same(second, first):
                raise Wrong("the same inputs again, after another call", first, second)

    return [
        Property("one number with its gradient", gradient, share=2),
        Property("a class that no pixel has" if classes > 1 else "a truth without tumour", missing),
        Property("a slice of 128 x 160, other memory layouts", large),
        Property("other numbers of images and classes" if classes > 1 else "other batches", sizes),
        Property("float64", float64),
        Property("inputs unchanged, a second call", inputs_kept),
    ]


def expect_digits(answer: Any, oracle: Loss, inputs: tuple[Tensor, ...], rng: np.random.Generator) -> None:
    """Raise `Wrong` unless the loss follows a change of the logits that float32 does not hold.

    So a part in float32 is seen whatever small numbers an answer may add or bound.
    """
    logits, *rest = inputs
    slope, _ = gradient_of(oracle, inputs, "the slope")
    random = torch.as_tensor(rng.choice([-1.0, 1.0], (5, *logits.shape)))
    before = [tried_again(one, *inputs) for one in (oracle, answer)]
    for direction in (slope.sign(), *random):  # the second, because one part may hide another in the first
        moved = (logits + 1e-8 * direction, *rest)
        pairs = zip((tried_again(one, *moved) for one in (oracle, answer)), before, strict=True)
        expected, got = (np.nan if None in pair else pair[0] - pair[1] for pair in pairs)
        if not abs(got - expected) <= 0.05 * max(abs(expected), 1e-9 * float(slope.norm())):
            tried = "float64 logits that are moved by 1e-8: how much does the loss change?"
            raise Wrong(tried, float(f"{expected:.3g}"), float(f"{got:.2g}"), idea=DIGITS)


def double(value: Tensor) -> Tensor:
    """Return floats as float64, labels as they are."""
    return value.double() if value.is_floating_point() else value


def expect_eps(answer: Any, oracle: Loss, inputs: tuple[Tensor, ...], tried: str, **options: Any) -> None:
    """Raise `Wrong` unless an answer has an eps of 1e-6, or half or twice as much.

    With TP / (TP + FP / 2 + FN / 2) the same eps counts twice: both are right.
    """
    expected, *others = (float(oracle(*inputs, eps=eps, **options)) for eps in (1e-6, 0.5e-6, 2e-6))
    got = value_of(answer, inputs, tried, expected, **options)
    if not any(same(got, one, rtol=1e-3) for one in (expected, *others)):
        raise Traced(tried, expected, got, "", partial(idea_of, answer, oracle, inputs, options, got))


def round_to_64th(value: Tensor) -> Tensor:
    return (value * 64).round() / 64 if value.is_floating_point() else value


def tiny_area(rng: np.random.Generator, images: int, channels: int, area: float) -> tuple[Tensor, Tensor]:
    """Return float64 inputs whose last class is nowhere true, with `area` pixels of it predicted per image.

    There eps decides: Dice is eps / (area + eps). With one channel this class is the tumour.
    """
    height, width = 4, 5
    each = area / (height * width)  # its probability at each pixel
    last = np.log(each) - np.log1p(-each)
    if channels == 1:
        logits = torch.full((images, 1, height, width), float(last), dtype=torch.float64)
        return logits, torch.zeros(images, height, width, dtype=torch.int64)
    logits, target = scan(rng, images, channels - 1, height, width)
    logits = logits.double()
    rest = logits.logsumexp(dim=1, keepdim=True)
    return torch.cat([logits, rest + float(last)], dim=1), target
