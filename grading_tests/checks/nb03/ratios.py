"""Soft Dice as a function of probabilities and truth, and the ways in which it is written wrongly."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from grading_tests.checks.nb03.suspects import CONSTANTS

Axes = tuple[int, ...]
# score(prob, truth, axes, eps): the scores whose mean is taken
Score = Callable[[Tensor, Tensor, Axes, float], Tensor]


def dice(prob: Tensor, truth: Tensor, axes: Axes, eps: float) -> Tensor:
    tp, fp, fn = errors(prob, truth, axes)
    return (2 * tp + eps) / (2 * tp + fp + fn + eps)


def errors(prob: Tensor, truth: Tensor, axes: Axes) -> tuple[Tensor, Tensor, Tensor]:
    """Return soft true positives, false positives and false negatives."""
    return (prob * truth).sum(axes), (prob * (1 - truth)).sum(axes), ((1 - prob) * truth).sum(axes)


def tversky_of(alpha: float, beta: float) -> Score:
    """Return the Tversky index with these weights."""

    def index(prob: Tensor, truth: Tensor, axes: Axes, eps: float) -> Tensor:
        tp, fp, fn = errors(prob, truth, axes)
        return (tp + eps) / (tp + alpha * fp + beta * fn + eps)

    return index


def sums(prob: Tensor, truth: Tensor, axes: Axes) -> tuple[Tensor, Tensor]:
    return (prob * truth).sum(axes), (prob + truth).sum(axes)


def decided(prob: Tensor) -> Tensor:
    """Return 0 and 1 in place of probabilities."""
    if prob.shape[1] == 1:
        return (prob > 0.5).to(prob)
    return torch.nn.functional.one_hot(prob.argmax(1), prob.shape[1]).movedim(-1, 1).to(prob)


def any_score(right: Score) -> Iterator[tuple[str, Score]]:
    """Yield what can be wrong about the mean of any score."""
    for constant in CONSTANTS:
        yield (
            f"that is the value for eps = {constant:.3g}." if constant > 1e-9 else "eps is far too small.",
            lambda p, t, axes, eps, c=constant: right(p, t, axes, c),
        )
    yield (
        "eps is missing: 0 / 0 is NaN where a class is nowhere.",
        lambda p, t, axes, eps: right(p, t, axes, 0.0),
    )
    for constant in CONSTANTS[1:]:
        words = (
            f"the probabilities are kept away from 0 by {constant:.3g}: a class that is nowhere gets an area."
        )
        for change in (
            lambda p, c: p.clamp(c, 1 - c),
            lambda p, c: p.clamp_min(c),
            lambda p, c: p + c,
            lambda p, c: (p + c).clamp(max=1),
        ):
            yield words, lambda p, t, axes, eps, f=change, c=constant: right(f(p, c), t, axes, eps)
    for score, what in ((1, "1"), (0, "0")):
        yield (
            f"what is nowhere true always scores {what} here, however much of it is predicted.",
            lambda p, t, axes, eps, s=score: torch.where(t.sum(axes) > 0, right(p, t, axes, eps), s),
        )
    yield (
        "only what is somewhere true enters the mean: absent classes and images without tumour count.",
        lambda p, t, axes, eps: right(p, t, axes, eps)[t.sum(axes) > 0],
    )
    for empty in (0, 1):
        yield (
            "only what is somewhere true enters the mean: absent classes and images without tumour count.",
            lambda p, t, axes, eps, e=empty: present(right(p, t, axes, eps), t.sum(axes) > 0, e),
        )
    yield (
        "each class is averaged over the images that hold it; all images count.",
        lambda p, t, axes, eps: held(right(p, t, axes, eps), t.sum(axes) > 0),
    )
    yield (
        "eps is in proportion to the number of pixels (a mean in place of a sum): it is added to sums.",
        lambda p, t, axes, eps: right(p, t, axes, eps * t[0, 0].numel() * (len(t) if 0 in axes else 1)),
    )
    yield (
        "probabilities are replaced by decisions (argmax, a threshold), which have no slope.",
        lambda p, t, axes, eps: right(decided(p), t, axes, eps),
    )
    yield (
        "the prediction is compared with its own decision, not with the truth.",
        lambda p, t, axes, eps: right(p, decided(p), axes, eps),
    )
    yield (
        "minus the logarithm of the score in place of 1 - score.",
        lambda p, t, axes, eps: 1 + right(p, t, axes, eps).mean().log(),
    )
    yield (
        "minus the logarithm of the scores in place of 1 - score.",
        lambda p, t, axes, eps: 1 + right(p, t, axes, eps).log(),
    )
    yield (
        "the background is left out; it is one of the classes.",
        lambda p, t, axes, eps: right(p[:, 1:], t[:, 1:], axes, eps),
    )
    yield (
        "the classes are pooled into one ratio; each has its own.",
        lambda p, t, axes, eps: right(p, t, (*axes, 1), eps),
    )
    yield (
        "the images of the batch are pooled into one ratio; each has its own.",
        lambda p, t, axes, eps: right(p, t, (0, *axes), eps),
    )
    yield "each image has its own ratio; the batch has one.", lambda p, t, axes, eps: right(p, t, (2, 3), eps)
    yield "only the first image counts.", lambda p, t, axes, eps: right(p[:1], t[:1], axes, eps)
    yield (
        "the truth is turned round: 1 - truth.",
        lambda p, t, axes, eps: right(p, 1 - t, axes, eps),
    )
    yield (
        "the probability is turned round: 1 - p.",
        lambda p, t, axes, eps: right(1 - p, t, axes, eps),
    )
    yield (
        "images and classes are mixed by a reshape: swap the axes first (transpose, movedim).",
        lambda p, t, axes, eps: right(
            *(x.reshape(x.shape[1], -1)[None, :, :, None] for x in (p, t)), axes, eps
        ),
    )
    yield (
        "the worst class of each image decides; the mean of all is asked for.",
        lambda p, t, axes, eps: right(p, t, axes, eps).amin(-1),
    )
    for axis, what in ((2, "width"), (3, "height")):
        yield (
            f"the sums leave out the {what}: they run over height and width.",
            lambda p, t, axes, eps, a=axis: right(p, t, tuple(x for x in axes if x in (0, a)), eps),
        )


def any_dice() -> Iterator[tuple[str, Score]]:
    """Yield what can be wrong about soft Dice."""
    yield from any_score(dice)

    def of_sums(change: Callable[[Tensor, Tensor, float], Tensor]) -> Score:
        return lambda p, t, axes, eps: change(*sums(p, t, axes), eps)

    yield (
        "eps is a lower bound of the areas here (max, clamp); it is added to them.",
        of_sums(lambda s, a, eps: (2 * s + eps) / a.clamp_min(eps)),
    )
    yield (
        "eps is a lower bound here (max, clamp); it is added.",
        of_sums(lambda s, a, eps: (2 * s).clamp_min(eps) / a.clamp_min(eps)),
    )
    yield "eps is missing below.", of_sums(lambda s, a, eps: (2 * s + eps) / a)
    yield (
        "eps is missing above: what is nowhere then scores 0.",
        of_sums(lambda s, a, eps: 2 * s / (a + eps)),
    )
    yield (
        "eps is added twice below, once above: what is nowhere then scores one half.",
        of_sums(lambda s, a, eps: (2 * s + eps) / (a + 2 * eps)),
    )
    yield (
        "eps is inside the factor 2 above: what is nowhere then scores 2.",
        of_sums(lambda s, a, eps: 2 * (s + eps) / (a + eps)),
    )
    yield "the factor 2 is missing.", of_sums(lambda s, a, eps: (s + eps) / (a + eps))
    yield (
        "that is Jaccard, with the union below; Dice has both areas.",
        of_sums(lambda s, a, eps: (s + eps) / (a - s + eps)),
    )
    yield (
        "the probabilities are squared below, as in V-Net; here the areas are sums as they are.",
        lambda p, t, axes, eps: (2 * (p * t).sum(axes) + eps) / ((p**2 + t).sum(axes) + eps),
    )
    yield (
        "the classes are weighted by their areas (generalised Dice); the plain mean is asked for.",
        lambda p, t, axes, eps: weighted(dice(p, t, axes, eps), 1 / (t.sum(axes) + 1) ** 2),
    )
    for above, below, what in (((0, 2, 3), (2, 3), "the overlaps"), ((2, 3), (0, 2, 3), "the areas")):
        yield (
            f"{what} are summed over the whole batch, the rest over each image: use the same axes.",
            lambda p, t, axes, eps, a=above, b=below: (2 * (p * t).sum(a) + eps) / ((p + t).sum(b) + eps),
        )
    yield (
        "a ratio is taken in every pixel; the areas are summed first.",
        lambda p, t, axes, eps: (2 * p * t + eps) / (p + t + eps),
    )


def present(values: Tensor, there: Tensor, empty: float) -> Tensor:
    return values[there] if there.any() else torch.full_like(values, empty)


def held(values: Tensor, there: Tensor) -> Tensor:
    return (values * there).sum(0) / there.sum(0).clamp_min(1)


def weighted(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum()
