"""The Tversky loss: tversky_loss(logits, target, alpha, beta, eps)."""

from functools import partial
from typing import Any

import numpy as np

from brainlab.losses import tversky_loss
from grading_tests.checks.nb03 import overlap
from grading_tests.gap import Gap, Property
from grading_tests.losses import expect_loss, scan


def as_dice(answer: Any, rng: np.random.Generator) -> None:
    logits, target = scan(rng, 2, 4, 5, 4)
    tried = "alpha = beta = 0.5: soft Dice"
    expect_loss(answer, overlap.tversky, logits, target, tried, "step 3", alpha=0.5, beta=0.5)


def other_weights(answer: Any, rng: np.random.Generator) -> None:
    for alpha, beta in ((0.9, 0.1), (0.0, 1.0), (1.0, 1.0)):
        logits, target = scan(rng, 2, 4, 5, 4)
        tried = f"alpha {alpha:g}, beta {beta:g}"
        expect_loss(answer, overlap.tversky, logits, target, tried, "step 3", alpha=alpha, beta=beta)


GAP = Gap(
    "g03_tversky",
    "tversky_loss",
    minutes=6,
    points=4,
    reference=tversky_loss,
    properties=[
        Property("random logits", partial(overlap.values, overlap.tversky), share=2),
        Property("other weights of the two errors", other_weights),
        Property("equal weights: soft Dice", as_dice),
        Property("an absent class", partial(overlap.nowhere, overlap.tversky)),
        Property("one image, odd size", partial(overlap.single_image, overlap.tversky), visible=False),
        Property("another eps", partial(overlap.other_eps, overlap.tversky), visible=False),
        Property("the gradient, inputs unchanged", partial(overlap.gradient, overlap.tversky), visible=False),
    ],
)
