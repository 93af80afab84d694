"""The residual-in-residual dense block: RRDB(num_feat, num_grow_ch)."""

from typing import Any

import numpy as np

from brainlab.models import RRDB
from grading_tests.checks.nb04.blocks import expect_output, expect_training
from grading_tests.gap import Gap, Property


def rrdb_values(answer: Any, rng: np.random.Generator) -> None:
    expect_output(RRDB, answer, rng, 4, 3, shape=(2, 4, 6, 8))


def rrdb_widths(answer: Any, rng: np.random.Generator) -> None:
    expect_output(RRDB, answer, rng, 3, 5, shape=(1, 3, 4, 5))


def rrdb_training(answer: Any, rng: np.random.Generator) -> None:
    expect_training(RRDB, answer, rng, 5, 2, shape=(2, 5, 5, 4))


GAP = Gap(
    "g04_rrdb",
    "RRDB",
    minutes=5,
    points=3,
    reference=RRDB,
    properties=[
        Property("the output with given weights, x unchanged, a second call", rrdb_values, share=2),
        Property("other widths", rrdb_widths),
        Property("gradients while training", rrdb_training),
    ],
)
