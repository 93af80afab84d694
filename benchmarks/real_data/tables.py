"""Rows of scores, one per case and seed: means with intervals, medians, differences, and CSV files."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from brainlab.home import replace_file
from brainlab.metrics import Interval, bootstrap_interval

Row = dict[str, Any]
TEXT = ("case", "patient", "group", "known_by", "code")  # every other column holds numbers


def grid(rows: Sequence[Row], column: str) -> np.ndarray:
    """Return a score as (patients, seeds), patients sorted by name; several cases of a patient are averaged.

    Raises
    ------
    ValueError
        If there is no row, or a patient lacks a seed that another one has.
    """
    values = defaultdict(list)
    for row in rows:
        values[row["patient"], row["seed"]].append(float(row[column]))
    patients, seeds = (sorted({key[place] for key in values}) for place in (0, 1))
    if not values:
        raise ValueError("there is no row; expected one per case and seed")
    for patient in patients:
        for seed in seeds:
            if (patient, seed) not in values:
                raise ValueError(f"{patient} lacks seed {seed}; expected every patient with every seed")
    return np.array([[np.mean(values[patient, seed]) for seed in seeds] for patient in patients])


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return all rows as "all", and then those of each group by its name."""
    names = sorted({row["group"] for row in rows})
    each = {name: [row for row in rows if row["group"] == name] for name in names}
    return {"all": list(rows)} | (each if len(each) > 1 else {})


def means_table(rows: Sequence[Row], columns: Mapping[str, str]) -> str:
    """Return the mean of columns with 95 % bootstrap intervals, a line per group.

    Parameters
    ----------
    rows : sequence of dict
        With patient, seed, group and the columns.
    columns : mapping of str to str
        Heading -> column.
    """
    return _table(rows, columns, lambda values: _score(bootstrap_interval(values), len(values)), 20)


def medians_table(rows: Sequence[Row], columns: Mapping[str, str]) -> str:
    """Return the median over patients, and lowest to highest, of the means over seeds; a line per group."""

    def text(values: np.ndarray) -> str:
        each = values.mean(axis=1)
        return f"{np.median(each):.1f} ({each.min():.1f} to {each.max():.1f})"

    return _table(rows, columns, text, 22)


def differences_table(rows: Sequence[Row], before: Sequence[Row], columns: Mapping[str, str]) -> str:
    """Return the paired differences of rows minus earlier ones of the same cases and seeds, with intervals.

    A difference whose interval excludes 0 is marked with *.

    Raises
    ------
    ValueError
        If the two have no case and seed in common.
    """
    earlier = {(row["case"], row["seed"]): row for row in before}
    both = [row for row in rows if (row["case"], row["seed"]) in earlier]
    if not both:
        raise ValueError("no case with the same seed is in both tables; expected some: another folder?")
    paired = [
        {**row, **{c: row[c] - earlier[row["case"], row["seed"]][c] for c in columns.values()}}
        for row in both
    ]

    def text(values: np.ndarray) -> str:
        interval = bootstrap_interval(values)
        return f"{interval}{'*' if interval.excludes_zero and len(values) > 1 else ' '}"

    return _table(paired, columns, text, 25)


def worst(rows: Sequence[Row], columns: Sequence[str], at_most: int) -> list[str]:
    """Return the cases with the lowest mean of columns over all seeds, the worst first."""
    values = defaultdict(list)
    for row in rows:
        values[row["case"]].append(np.mean([row[column] for column in columns]))
    return sorted(values, key=lambda case: (np.mean(values[case]), case))[:at_most]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as CSV; all have the columns of the first."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()})
    replace_file(path, lambda part: part.write_text(stream.getvalue(), encoding="utf-8", newline=""))


def read_rows(path: Path) -> list[Row]:
    """Return the rows of `write_rows`, numbers as numbers."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            {name: value if name in TEXT else float(value) for name, value in row.items()}
            for row in csv.DictReader(stream)
        ]


def _score(interval: Interval, patients: int) -> str:
    if patients < 2:
        return f"{interval.mean:.3f}"  # nothing to resample
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _table(rows: Sequence[Row], columns: Mapping[str, str], text: Any, width: int) -> str:
    parts = groups(rows)
    names = max(map(len, parts)) + 2
    lines = [f"{'':{names}s}{'n':>4s}" + "".join(f"{head:>{width + 2}s}" for head in columns)]
    for name, part in parts.items():
        grids = [grid(part, column) for column in columns.values()]
        cells = "".join(f"{text(values):>{width + 2}s}" for values in grids)
        lines.append(f"{name:{names}s}{len(grids[0]):4d}{cells}")
    return "\n".join(lines)
