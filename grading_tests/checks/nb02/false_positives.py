"""False positives by thresholds and by argmax: false_positives(prob, target, thresholds), (C,) each."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainlab import inference
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt, labels_like, noise

Counts = tuple[np.ndarray, np.ndarray]


def false_positives(prob: Tensor, target: Tensor, thresholds: Tensor) -> Counts:
    """Return the library's counts in the form of the gap."""
    counts = inference.false_positives(prob, target, thresholds.tolist())
    return counts.thresholds, counts.argmax


def counts_of(answer: Any, prob: Tensor, target: Tensor, thresholds: Tensor, tried: str) -> Counts:
    wanted = "two counts for each class"
    got = attempt(tried, wanted, answer, prob.clone(), target.clone(), thresholds.clone())
    if not (isinstance(got, tuple | list) and len(got) == 2):
        raise Wrong(tried, wanted, f"{type(got).__name__} of shape {tuple(getattr(got, 'shape', ()))}")
    return tuple(np.asarray(torch.as_tensor(part), dtype=float) for part in got)


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
    limits = torch.tensor(thresholds)
    by_thresholds, by_argmax = counts_of(answer, prob, target, limits, tried)
    expected = false_positives(prob, target, limits)
    expect(by_thresholds, expected[0], f"{tried}: by thresholds", "step 2")
    expect(by_argmax, expected[1], f"{tried}: by argmax", "step 3")


def one_threshold_for_all(answer: Any, rng: np.random.Generator) -> None:
    expect_counts(answer, rng, (2, 4, 6, 5), [0.3] * 4, "prob (2, 4, 6, 5), thresholds 0.3")


def own_thresholds(answer: Any, rng: np.random.Generator) -> None:
    thresholds = [0.5, 0.15, 0.25, 0.6]
    expect_counts(answer, rng, (1, 4, 7, 4), thresholds, f"prob (1, 4, 7, 4), thresholds {thresholds}")


def exactly_at_the_threshold(answer: Any, rng: np.random.Generator) -> None:
    """A probability that reaches the threshold passes it."""
    prob = torch.tensor([[0.5, 0.25], [0.25, 0.5], [0.25, 0.25]]).view(1, 3, 1, 2)
    target = torch.tensor([[[2, 2]]])
    tried = "probabilities of exactly 0.25 and 0.5, thresholds 0.25"
    by_thresholds, _ = counts_of(answer, prob, target, torch.full((3,), 0.25), tried)
    expect(by_thresholds, np.array([2.0, 2.0, 0.0]), tried, "step 2")


def perfect_prediction(answer: Any, rng: np.random.Generator) -> None:
    target = labels_like(rng, 2, 5, 5, classes=3)
    prob = torch.nn.functional.one_hot(target, 3).movedim(-1, 1).float()
    tried = "a perfect prediction"
    for part in counts_of(answer, prob, target, torch.full((3,), 0.3), tried):
        expect(part, np.zeros(3), tried)


def other_classes(answer: Any, rng: np.random.Generator) -> None:
    expect_counts(answer, rng, (3, 2, 4, 9), [0.5, 0.35], "2 classes, 3 images")
    expect_counts(answer, rng, (1, 6, 6, 6), [0.1] * 6, "6 classes on 6 x 6 pixels")


def absent_class(answer: Any, rng: np.random.Generator) -> None:
    expect_counts(answer, rng, (2, 4, 5, 3), [0.3] * 4, "images without class 3", absent=1)


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
        Property("other numbers of classes", other_classes, visible=False),
        Property("an absent class", absent_class, visible=False),
    ],
)
