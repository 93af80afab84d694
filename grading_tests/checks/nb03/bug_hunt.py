"""The bug hunt: repaired_loss(logits, target), with one experiment for each of the three bugs.

Each experiment gives the right number as soon as its own bug is fixed, whatever the other two do.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.losses import certain, expect_loss, expect_loss_gradient, scan
from grading_tests.networks import attempt


def repaired(logits: Tensor, target: Tensor) -> Tensor:
    """The oracle: cross-entropy + 1 - soft Dice of each image and class."""
    prob = logits.softmax(dim=1)
    truth = torch.stack([target == label for label in range(logits.shape[1])], dim=1).to(prob)
    dice = (2 * (prob * truth).sum((2, 3)) + 1e-6) / ((prob + truth).sum((2, 3)) + 1e-6)
    return F.cross_entropy(logits, target) + 1 - dice.mean()


def number(answer: Any, logits: Tensor, target: Tensor, tried: str) -> float:
    """Return the loss as a plain number.

    Raises
    ------
    Wrong
        If it is none.
    """
    got = attempt(tried, "a loss", answer, logits.clone(), target.clone())
    try:
        return float(got)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(tried, "a scalar", f"{type(got).__name__} of shape {getattr(got, 'shape', ())}") from None


def still_a_loss(answer: Any, rng: np.random.Generator) -> None:
    """Holds for the broken version too: the loss decreases, and there is a gradient."""
    logits, target = scan(rng, 2, 4, 5, 4)
    tried = "random logits, then a correct and confident prediction"
    bad, good = number(answer, logits, target, tried), number(answer, certain(target, 4), target, tried)
    if not bad > good:
        raise Wrong(tried, "a loss that decreases", f"{bad:.3g}, then {good:.3g}")
    loss = attempt(tried, "a gradient", answer, logits.clone().requires_grad_(), target)
    if not (isinstance(loss, Tensor) and loss.requires_grad):
        raise Wrong("the gradient of the loss", "a gradient", "none: the graph is cut")


def perfect_prediction(answer: Any, rng: np.random.Generator) -> None:
    """Softmax twice leaves log(e + 3) - 1."""
    _, target = scan(rng, 2, 4, 4, 6)
    tried = "all 4 classes present, all pixels correct and confident: loss 0"
    expect(number(answer, certain(target, 4), target, tried), 0.0, tried, "step 1", atol=1e-4)


def healthy_slice(answer: Any, rng: np.random.Generator) -> None:
    """Twice eps above and once below gives absent classes 2. The cross-entropy is the same for both."""
    _, tumour = scan(rng, 1, 4, 5, 5)
    healthy = torch.zeros_like(tumour)
    tried = "loss of a healthy slice minus loss of a slice with all classes, both predicted correctly"
    losses = [number(answer, certain(target, 4), target, tried) for target in (healthy, tumour)]
    expect(losses[0] - losses[1], 0.0, tried, "step 4", atol=1e-4)


def same_doubt_elsewhere(answer: Any, rng: np.random.Generator) -> None:
    """Cross-entropy does not depend on which pixel is uncertain, argmax on no probability; soft Dice does."""
    target = torch.zeros(2, 5, 6, dtype=torch.int64)
    target[0, 2, 2], target[1, 1:4, 1:4] = 1, 1
    doubt = float(rng.uniform(0.1, 0.4))
    tried = f"logit {doubt:.2f} for one tumour pixel: in a tumour of 1 pixel minus in one of 9"
    losses, expected = [], []
    for image in (0, 1):
        logits = certain(target, 2, 2.0)
        logits[image, :, 2, 2] = torch.tensor([0.0, doubt])
        losses.append(number(answer, logits, target, tried))
        expected.append(float(repaired(logits, target)))
    expect(losses[0] - losses[1], expected[0] - expected[1], tried, "step 2", rtol=1e-3)


def whole_loss(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 3, 4, 5, 6)
    target[2] = 0
    tried = "random logits (3, 4, 5, 6), no tumour in the last image"
    expect_loss(answer, repaired, logits, target, tried)
    logits[2] = certain(target[2:], 4)[0]
    expect_loss(answer, repaired, logits, target, f"{tried}, and none predicted there")


def other_inputs(answer: Any, rng: np.random.Generator) -> None:
    for classes in (2, 6):
        logits, target = scan(rng, 1, classes, 7, 4)
        expect_loss(answer, repaired, logits.double(), target, f"{classes} classes, 1 image, float64")
    logits, target = scan(rng, 2, 4, 4, 4)
    expect_loss_gradient(answer, repaired, logits, target, "the gradient of the loss")


GAP = Gap(
    "g03_bug_hunt",
    "repaired_loss",
    minutes=10,
    points=6,
    reference=repaired,
    properties=[
        # Without a share, because the broken version has it too.
        Property("still a loss", still_a_loss, share=0),
        Property("a perfect prediction", perfect_prediction, share=2),
        Property("a healthy slice", healthy_slice, share=2),
        Property("an uncertain pixel in a small and in a large tumour", same_doubt_elsewhere, share=2),
        Property("the whole loss", whole_loss),
        Property("other inputs, the gradient", other_inputs, visible=False),
    ],
)
