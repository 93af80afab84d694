"""The mean of a score, or of a paired difference, with a bootstrap interval over patients."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 10_000


class Interval(NamedTuple):
    """A mean and the limits of its confidence interval."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside, so that a difference has an established sign."""
        return not self.low <= 0 <= self.high

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def bootstrap_interval(values: ArrayLike, level: float = 0.95, seed: int = 0) -> Interval:
    """Return the mean over patients with a percentile bootstrap interval.

    To compare two networks, pass the differences of their scores, patient by patient: most of the spread
    between patients (large and small tumours) is common to both networks and cancels. The spread between
    patients itself says how much scores vary, not how certain their mean difference is.

    Parameters
    ----------
    values : (patients,) or (patients, seeds)
        Scores or paired differences. With seeds, patients and seeds are both resampled, so the interval holds
        for other patients and for another training of the same network.
    level : float
        Coverage of the interval.
    seed : int
        Of the resampling.

    Raises
    ------
    ValueError
        If there is nothing to resample, a value is not finite, or the level is not between 0 and 1.

    Source: Efron 1979, "Bootstrap methods: another look at the jackknife" (doi:10.1214/aos/1176344552);
    percentile interval. With fewer than about 10 patients it is too narrow.
    """
    table = np.asarray(values, dtype=float)
    table = table[:, None] if table.ndim == 1 else table  # (patients, seeds)
    if table.ndim != 2 or table.size == 0 or not np.isfinite(table).all():
        raise ValueError(
            f"values have shape {np.shape(values)}; expected finite numbers (patients,) or (patients, seeds)"
        )
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected a number between 0 and 1, such as 0.95")
    rng = np.random.default_rng(seed)
    patients, seeds = table.shape
    rows = rng.integers(patients, size=(RESAMPLES, patients, 1))
    columns = rng.integers(seeds, size=(RESAMPLES, 1, seeds))
    means = table[rows, columns].mean(axis=(1, 2))  # (RESAMPLES,)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(table.mean()), float(low), float(high))
