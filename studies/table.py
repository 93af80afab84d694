"""The table of finished runs: read it, summarise it over seeds, and compare pairs of experiments.

The shipped table was made on version 3 of the built-in cohort, before small lesions were added (its column
`data` says so); new runs use the present version.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from brainlab.metrics import Interval
from studies.study import CONTROLS, STUDY, Experiment, published

OURS = Path(__file__).with_name("study_runs.csv")
# The effect of one change: pairs (changed, unchanged) of runs that are otherwise equal.
QUESTIONS = {
    "U-Net 3+ for U-Net": ((11, 9),),
    "no bottleneck": ((2, 0), (6, 5)),
    "ELL for BCE + Dice": ((4, 2),),
    "Adagrad for Adam": ((12, 11), (15, 13)),
    "Adagrad at ten times the rate": ((23, 13),),
    "ten times the rate for Adagrad": ((23, 15),),
    "cropped to the head": ((22, 2),),
    "edge map as fifth channel": ((8, 5),),
    "three convolutions and BN": ((6, 4),),
    "dropout": ((13, 0), (17, 18)),
    "dilation": ((20, 11),),
    "Dice alone for BCE + Dice": ((10, 11),),
}
TEXT = ("data", "budget", "name", "processes", "finished")


@dataclass(frozen=True)
class Summary:
    """One experiment over its seeds: score -> array (seeds,)."""

    experiment: Experiment
    scores: dict[str, np.ndarray]
    seconds: float
    parameters: int

    def mean(self, score: str) -> float:
        """Return the mean of a score over the seeds."""
        return float(self.scores[score].mean())

    def spread(self, score: str) -> float:
        """Return the range (maximum minus minimum) of a score over the seeds."""
        return float(np.ptp(self.scores[score]))


@dataclass(frozen=True)
class Effect:
    """The effect of one change on a score: run `changed` minus run `unchanged`, seed by seed.

    The interval has a coverage of 95 % over trainings of both networks (Student's t: a bootstrap of three
    values is too narrow). The patients are the same ones throughout, so it says nothing about others.
    """

    question: str
    changed: int
    unchanged: int
    differences: np.ndarray  # (seeds,)
    published: float | None  # of the study, which has one run each

    @property
    def interval(self) -> Interval:
        """Return the mean difference with its interval; from minus to plus infinity with a single seed."""
        values = self.differences
        reach = float("inf")
        if len(values) > 1:
            reach = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
        mean = float(values.mean())
        return Interval(mean, mean - float(reach), mean + float(reach))

    def __str__(self) -> str:
        pair = f"{self.question} ({self.changed} - {self.unchanged})"
        study = "-" if self.published is None else f"{self.published:+.3f}"
        verdict = "excludes 0" if self.interval.excludes_zero else "contains 0"
        return f"{pair:40}{study:>8}   {self.interval}  {verdict}"


def read_table(path: Path | str = OURS) -> list[dict]:
    """Read the rows of a table; numbers become floats.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a table of this study.
    """
    with Path(path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"number", "seed", "recall", "f1"} <= rows[0].keys():
        raise ValueError(f"{path} is not a table of experiments; expected columns number, seed, recall, f1")
    return [
        {name: value if name in TEXT else float(value or "nan") for name, value in row.items()}
        for row in rows
    ]


def summarise(rows: Iterable[dict]) -> list[Summary]:
    """Group the rows by experiment, in the order of the study, controls last."""
    by_number: dict[int, list[dict]] = {}
    for row in rows:
        by_number.setdefault(int(row["number"]), []).append(row)
    summaries = []
    for one in (*STUDY, *CONTROLS):
        if runs := by_number.get(one.number):
            numbers = [name for name, value in runs[0].items() if isinstance(value, float | int)]
            scores = {name: np.array([run[name] for run in runs], dtype=float) for name in numbers}
            seconds, parameters = float(scores["seconds"].mean()), int(scores["parameters"][0])
            summaries.append(Summary(one, scores, seconds, parameters))
    return summaries


def ranked(summaries: Sequence[Summary], score: str = "f1") -> list[Summary]:
    """Return the experiments from the best mean of a score to the worst."""
    return sorted(summaries, key=lambda summary: -summary.mean(score))


def contrast(
    rows: Iterable[dict], pairs: Sequence[tuple[int, int]], score: str = "f1"
) -> tuple[np.ndarray, list[str]]:
    """Return score(first) - score(second) for each pair of experiments and seed, and their names.

    Both runs of a difference share seed, data and budget, so the difference is due to the one change between
    the experiments, and to chance.
    """
    values = {(int(row["number"]), int(row["seed"])): row[score] for row in rows}
    differences, names = [], []
    for first, second in pairs:
        for number, seed in sorted(values):
            if number == first and (second, seed) in values:
                differences.append(values[first, seed] - values[second, seed])
                names.append(f"{first} - {second}, seed {seed}")
    return np.array(differences), names


def effects(rows: Iterable[dict], score: str = "f1") -> list[Effect]:
    """Return the effect of each change in `QUESTIONS`, pair by pair, where both runs are in the table."""
    rows, theirs = list(rows), published()
    found = []
    for question, pairs in QUESTIONS.items():
        for first, second in pairs:
            differences, _ = contrast(rows, [(first, second)], score)
            both = first in theirs and second in theirs
            study = theirs[first][score] - theirs[second][score] if both else None
            if len(differences):
                found.append(Effect(question, first, second, differences, study))
    return found
