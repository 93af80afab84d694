"""The ways in which a mean over pixels is written wrongly: weighted cross-entropy and focal loss."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from grading_tests.checks.nb03.suspects import CONSTANTS

# surprise(logits, target): what stands in place of -log p of the true class, (B, H, W)
Surprise = Callable[[Tensor, Tensor], Tensor]


def right(logits: Tensor, target: Tensor) -> Tensor:
    """Return -log p of the true class, (B, H, W)."""
    return F.cross_entropy(logits, target, reduction="none")


def any_surprise() -> Iterator[tuple[str, Surprise]]:
    """Yield what can be wrong about -log p."""
    for constant in CONSTANTS[1:]:
        for change in (lambda p, c: p + c, lambda p, c: p.clamp_min(c), lambda p, c: p.clamp(c, 1 - c)):
            yield (
                f"the small number inside the logarithm, {constant:.3g}, changes the loss.",
                lambda z, t, f=change, c=constant: -f((-right(z, t)).exp(), c).log(),
            )
    yield "1 - p in place of -log p: the logarithm is missing.", lambda z, t: 1 - (-right(z, t)).exp()
    for share in (0.05, 0.1, 0.2):
        yield (
            "the labels are smoothed: only the true class counts.",
            lambda z, t, s=share: F.cross_entropy(z, t, reduction="none", label_smoothing=s),
        )
    yield (
        "a sigmoid of each class in place of the softmax over the classes.",
        lambda z, t: -F.logsigmoid(z).gather(1, t[:, None])[:, 0],
    )
    yield (
        "pixels and classes are mixed by a reshape: first move the axis of the classes to the end.",
        lambda z, t: right(z.reshape(-1, z.shape[1]), t.reshape(-1)).reshape(t.shape),
    )
    yield (
        "the loss of the predicted class; that of the true one is asked for.",
        lambda z, t: right(z, z.argmax(1)),
    )


def any_factor() -> Iterator[tuple[str, Callable[[Tensor, Tensor, float], Tensor]]]:
    """Yield wrong focal losses (logits, target, gamma), of which the mean is taken."""
    for words, surprise in any_surprise():
        yield words, lambda z, t, g, s=surprise: (1 - (-s(z, t)).exp()) ** g * s(z, t)
        yield words, lambda z, t, g, s=surprise: (1 - (-right(z, t)).exp()) ** g * s(z, t)
    for constant in CONSTANTS[1:]:
        for change in (
            lambda p, c: 1 - p + c,
            lambda p, c: 1 - p.clamp(c, 1 - c),
            lambda p, c: (1 - p).clamp_min(c),
        ):
            yield (
                f"the small number in the factor 1 - p, {constant:.3g}, changes the loss.",
                lambda z, t, g, f=change, c=constant: f((-right(z, t)).exp(), c) ** g * right(z, t),
            )

    def of_all(z: Tensor, g: float) -> Tensor:
        log_p = z.log_softmax(1)
        return -((1 - log_p.exp()) ** g) * log_p

    yield "all classes of a pixel are added; only the true one counts.", lambda z, t, g: of_all(z, g).sum(1)
    yield "the mean runs over all classes of a pixel; only the true one counts.", lambda z, t, g: of_all(z, g)
    yield (
        "only the pixels that are wrong are averaged; the mean is over all.",
        lambda z, t, g: focal(z, t, g)[z.argmax(1) != t],
    )
    yield (
        "the logarithm is missing: a power of 1 - p only.",
        lambda z, t, g: (1 - (-right(z, t)).exp()) ** (g + 1),
    )
    yield "the logarithm is missing: a power of 1 - p only.", lambda z, t, g: (1 - (-right(z, t)).exp()) ** g
    yield (
        "the factor is (1 + p): it must be small where p is near 1.",
        lambda z, t, g: (1 + (-right(z, t)).exp()) ** g * right(z, t),
    )
    yield (
        "the factor is that of one fixed class; p is the probability of the true class of each pixel.",
        lambda z, t, g: (1 - z.softmax(1)[:, -1]) ** g * right(z, t),
    )
    yield (
        "the factor is that of one fixed class; p is the probability of the true class of each pixel.",
        lambda z, t, g: (1 - z.softmax(1)[:, 0]) ** g * right(z, t),
    )
    yield (
        "gamma is bounded: below 1 it counts too.",
        lambda z, t, g: focal(z, t, max(g, 1.0)),
    )
    yield "the exponent is not gamma but gamma - 1.", lambda z, t, g: focal(z, t, g - 1)
    yield "the exponent is not gamma but gamma + 1.", lambda z, t, g: focal(z, t, g + 1)
    yield "the exponent is 1 / gamma.", lambda z, t, g: focal(z, t, 1 / g)
    yield (
        "one factor for each image (of its mean); each pixel has its own.",
        lambda z, t, g: (1 - (-right(z, t).mean((1, 2), keepdim=True)).exp()) ** g * right(z, t),
    )
    yield (
        "the classes are weighted by their frequency; this loss has no class weights.",
        balanced,
    )


def focal(logits: Tensor, target: Tensor, gamma: float) -> Tensor:
    surprise = right(logits, target)
    return (1 - (-surprise).exp()) ** gamma * surprise


def balanced(logits: Tensor, target: Tensor, gamma: float) -> Tensor:
    counts = torch.bincount(target.flatten(), minlength=logits.shape[1]).clamp_min(1)
    weight = (1 / counts)[target]
    return (weight * focal(logits, target, gamma)).sum() / weight.sum()
