"""False positives by thresholds and by argmax: false_positives(prob, target, thresholds), (C,) each."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab import inference
from grading_tests.gap import Gap, Property, Wrong, expect, plain, same
from grading_tests.networks import IN_PLACE, attempt, labels_like, noise

Counts = tuple[np.ndarray, np.ndarray]


def false_positives(prob: Tensor, target: Tensor, thresholds: Tensor) -> Counts:
    """Return the library's counts in the form of the gap."""
    counts = inference.false_positives(prob, target, thresholds.tolist())
    return counts.thresholds, counts.argmax


def counts_of(answer: Any, prob: Tensor, target: Tensor, thresholds: Tensor, tried: str) -> Counts:
    """Return both counts of an answer, as a pair or as the rows of one tensor; the inputs stay unchanged."""
    wanted = "two counts for each class"
    before = {"prob": prob, "target": target, "thresholds": thresholds}
    given = [value.clone() for value in before.values()]
    got = attempt(tried, wanted, answer, *given)
    for (name, value), now in zip(before.items(), given, strict=True):
        if now.shape != value.shape or not same(now, value):
            verb = "are" if name == "thresholds" else "is"
            raise Wrong(f"{tried}: {verb} {name} unchanged?", value, now, idea=IN_PLACE)
    if isinstance(got, Tensor | np.ndarray) and got.ndim == 2 and len(got) == 2:
        got = tuple(got)
    if not (isinstance(got, tuple | list) and len(got) == 2):
        form = f"{type(got).__name__} of shape {tuple(getattr(got, 'shape', ()))}"
        raise Wrong(tried, wanted, form if hasattr(got, "shape") else type(got).__name__)
    parts = tuple(map(plain, got))
    for name, part, raw in zip(("thresholds", "argmax"), parts, got, strict=True):
        if part is None or part.shape != (prob.shape[1],):
            form = f"shape {part.shape}" if part is not None else type(raw).__name__
            idea = "one count for each class is asked for, also for classes with none and for background."
            raise Wrong(f"{tried}: counts by {name}", f"shape ({prob.shape[1]},)", form, idea=idea)
    return tuple(part.astype(float) for part in parts)


def expect_counts(
    answer: Any,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    thresholds: list[float],
    tried: str,
    absent: int = 0,
) -> None:
    """Compare the counts; the last `absent` classes are nowhere in the truth."""
    prob = (1.5 * noise(rng, *shape)).softmax(dim=1)
    target = labels_like(rng, shape[0], *shape[2:], classes=shape[1] - absent)
    compare(answer, prob, target, torch.tensor(thresholds, dtype=prob.dtype), tried)


def compare(answer: Any, prob: Tensor, target: Tensor, limits: Tensor, tried: str) -> None:
    expected = false_positives(prob, target, limits)
    by_thresholds, by_argmax = counts_of(answer, prob, target, limits, tried)
    expect(by_thresholds, expected[0], f"{tried}: by thresholds", "step 2", rtol=0, atol=0.1)
    expect(by_argmax, expected[1], f"{tried}: by argmax", "step 3", rtol=0, atol=0.1)


def equal_probabilities(answer: Any, rng: np.random.Generator) -> None:
    """Argmax takes one of the largest probabilities, no matter which; the threshold takes all."""
    prob = torch.tensor([0.4, 0.4, 0.2]).view(1, 3, 1, 1).expand(2, 3, 4, 3).contiguous()
    target = torch.full((2, 4, 3), 2)
    tried = "24 pixels of class 2, probabilities 0.4, 0.4, 0.2, thresholds 0.3"
    by_thresholds, by_argmax = counts_of(answer, prob, target, torch.full((3,), 0.3), tried)
    expect(by_thresholds, np.array([24.0, 24.0, 0.0]), f"{tried}: by thresholds")
    idea = "by argmax a pixel is assigned to exactly one class, also where two probabilities are equal."
    tried = f"{tried}: by argmax, the sum of the counts"
    expect(by_argmax.sum(), 24.0, tried, rtol=0, atol=0.1, idea=idea)


def pixels_below_all_thresholds(answer: Any, rng: np.random.Generator) -> None:
    """They belong to no class by the thresholds; those above several belong to all of these."""
    for thresholds in ([0.6, 0.7, 0.8, 0.9], [0.9, 0.5, 0.45, 0.5], [2.0, 2.0, 2.0, 2.0]):
        tried = f"prob (2, 4, 8, 6), thresholds {thresholds}"
        expect_counts(answer, rng, (2, 4, 8, 6), thresholds, f"{tried}: many pixels reach none")


def one_threshold_for_all(answer: Any, rng: np.random.Generator) -> None:
    expect_counts(answer, rng, (2, 4, 6, 5), [0.35] * 4, "prob (2, 4, 6, 5), thresholds 0.35")


def own_thresholds(answer: Any, rng: np.random.Generator) -> None:
    thresholds = [0.5, 0.15, 0.25, 0.6]
    expect_counts(answer, rng, (1, 4, 7, 4), thresholds, f"prob (1, 4, 7, 4), thresholds {thresholds}")
    thresholds = [0.6, 0.1, 0.4]
    expect_counts(answer, rng, (2, 3, 3, 3), thresholds, f"prob (2, 3, 3, 3), thresholds {thresholds}")


def exactly_at_the_threshold(answer: Any, rng: np.random.Generator) -> None:
    """A probability that reaches the threshold passes it; one just below does not."""
    prob = torch.tensor([[0.5, 0.25], [0.25, 0.5], [0.25, 0.25]]).view(1, 3, 1, 2)
    target = torch.tensor([[[2, 2]]])
    tried = "probabilities of exactly 0.25 and 0.5, thresholds 0.25"
    by_thresholds, _ = counts_of(answer, prob, target, torch.full((3,), 0.25, dtype=prob.dtype), tried)
    expect(by_thresholds, np.array([2.0, 2.0, 0.0]), tried, "step 2")
    for dtype, below in ((torch.float32, 0.2499), (torch.float64, 0.25 - 1e-12)):
        prob = torch.tensor([below, 1 - below], dtype=dtype).view(1, 2, 1, 1).expand(1, 2, 3, 2).contiguous()
        tried = f"probabilities of {below:.12g}, thresholds 0.25, {str(dtype)[6:]}"
        target = torch.ones(1, 3, 2, dtype=torch.int64)
        by_thresholds, _ = counts_of(answer, prob, target, torch.full((2,), 0.25, dtype=dtype), tried)
        expect(by_thresholds, np.array([0.0, 0.0]), tried, "step 2")


def perfect_prediction(answer: Any, rng: np.random.Generator) -> None:
    target = labels_like(rng, 2, 5, 5, classes=3)
    prob = torch.nn.functional.one_hot(target, 3).movedim(-1, 1).to(torch.get_default_dtype())
    tried = "a perfect prediction"
    for part in counts_of(answer, prob, target, torch.full((3,), 0.3, dtype=prob.dtype), tried):
        expect(part, np.zeros(3), tried)


def other_classes(answer: Any, rng: np.random.Generator) -> None:
    expect_counts(answer, rng, (3, 2, 4, 9), [0.5, 0.35], "2 classes, 3 images")
    expect_counts(answer, rng, (1, 6, 6, 6), [0.1] * 6, "6 classes on 6 x 6 pixels")


def absent_class(answer: Any, rng: np.random.Generator) -> None:
    expect_counts(answer, rng, (2, 4, 5, 3), [0.3] * 4, "images without class 3", absent=1)
    prob = torch.tensor([0.5, 0.3, 0.2]).view(1, 3, 1, 1).expand(1, 3, 2, 4).contiguous()
    target, limits = torch.ones(1, 2, 4, dtype=torch.int64), torch.full((3,), 0.25, dtype=prob.dtype)
    compare(answer, prob, target, limits, "class 2 neither true nor predicted")


def many_pixels(answer: Any, rng: np.random.Generator) -> None:
    """Counts above 255 and above 32767, as a validation set has them."""
    expect_counts(answer, rng, (6, 4, 96, 96), [0.0, 0.1, 0.2, 0.4], "6 slices of 96 x 96 pixels")


GAP = Gap(
    "g02_false_positives",
    "false_positives",
    minutes=7,
    points=4,
    reference=false_positives,
    shortcuts=[inference.false_positives],
    properties=[
        Property("one threshold for all classes", one_threshold_for_all),
        Property("a threshold for each class", own_thresholds),
        Property("a perfect prediction", perfect_prediction),
        Property("a probability at the threshold", exactly_at_the_threshold),
        Property("equal probabilities", equal_probabilities),
        Property("pixels that reach no threshold", pixels_below_all_thresholds),
        Property("other numbers of classes", other_classes),
        Property("an absent class", absent_class),
        Property("many pixels", many_pixels),
    ],
)
