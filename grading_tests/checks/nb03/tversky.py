"""The Tversky loss: tversky_loss(logits, target, alpha, beta, eps)."""

from typing import Any

import numpy as np

from brainlab.losses import tversky_loss
from grading_tests.checks.nb03 import overlap
from grading_tests.checks.nb03.contract import expect_value
from grading_tests.gap import Gap, Property
from grading_tests.losses import scan


def as_dice(answer: Any, rng: np.random.Generator) -> None:
    tried = "alpha = beta = 0.5: soft Dice"
    expect_value(answer, overlap.tversky, scan(rng, 2, 4, 5, 4), tried, alpha=0.5, beta=0.5)


def other_weights(answer: Any, rng: np.random.Generator) -> None:
    for alpha, beta in ((0.9, 0.1), (0.0, 1.0), (1.0, 0.0), (1.5, 0.8)):
        tried = f"alpha {alpha:g}, beta {beta:g}"
        expect_value(answer, overlap.tversky, scan(rng, 2, 4, 5, 4), tried, alpha=alpha, beta=beta)


def large_eps(answer: Any, rng: np.random.Generator) -> None:
    options = {"alpha": 0.9, "beta": 0.6, "eps": 1.0}
    expect_value(answer, overlap.tversky, scan(rng, 2, 4, 5, 4), "alpha 0.9, beta 0.6, eps 1", **options)


GAP = Gap(
    "g03_tversky",
    "tversky_loss",
    minutes=6,
    points=4,
    reference=tversky_loss,
    properties=overlap.properties(
        overlap.tversky,
        Property("other weights of the two errors", other_weights),
        Property("equal weights: soft Dice", as_dice),
        Property("weights together with eps", large_eps),
    ),
)
