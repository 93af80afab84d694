"""Split cases into training, validation and test *by patient*.

Neighbouring slices of a brain, and several time points of a patient, look alike. If they are on both sides of
a split, the held-out score rewards memorising: data leakage.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Split(NamedTuple):
    """Three lists of cases that share no patient; each is sorted by case id."""

    train: list[Any]
    val: list[Any]
    test: list[Any]


def split_by_patient(cases: Sequence[Any], val: float = 0.2, test: float = 0.2, seed: int = 0) -> Split:
    """Split cases so that all cases of a patient are in the same part.

    Parameters
    ----------
    cases : sequence of Case or CachedCase
        Anything with `.id` and `.patient`; the order does not matter.
    val, test : float
        Share of the *patients* in each part, rounded, at least one patient where it is above 0. A share of 0
        leaves the part empty.
    seed : int
        Draws the split.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If the shares leave nothing for training, or if there are fewer patients than parts.
    """
    if min(val, test) < 0 or val + test >= 1:
        raise ValueError(f"val={val}, test={test}; expected shares from 0, together below 1 to leave some")
    patients = sorted({case.patient for case in cases})  # sorted: independent of the input's order
    parts = 1 + (val > 0) + (test > 0)
    if len(patients) < parts:
        raise ValueError(
            f"{len(cases)} cases of {len(patients)} patients; expected at least {parts} patients, one for "
            "each part: a patient is never split"
        )
    n_val, n_test = (max(1, round(share * len(patients))) if share else 0 for share in (val, test))
    # With very few patients the two minima may take all: the larger part returns one to training.
    while n_val + n_test >= len(patients):
        n_val, n_test = (n_val - 1, n_test) if n_val > n_test else (n_val, n_test - 1)

    order = np.random.default_rng(seed).permutation(patients).tolist()
    held = {"test": set(order[:n_test]), "val": set(order[n_test : n_test + n_val])}
    by_id = sorted(cases, key=lambda case: case.id)
    return Split(
        train=[case for case in by_id if case.patient not in held["test"] | held["val"]],
        val=[case for case in by_id if case.patient in held["val"]],
        test=[case for case in by_id if case.patient in held["test"]],
    )
