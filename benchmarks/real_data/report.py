"""The printed tables of `real_cases.py`."""

from collections import Counter
from collections.abc import Mapping, Sequence

from brainlab.data.case import Case
from brainlab.labels import REGIONS
from real_data.scores import grade_of
from real_data.tables import Row, grid, groups, means_table, medians_table

DICE = {region: f"{region}_dice" for region in REGIONS}
LESION_DICE = {region: f"{region}_lesion_dice" for region in REGIONS}
VOLUMES = {name: f"{name}_cm3" for name in ("invented", "missed", "false", "unfound")}
FEW = 10  # patients; see `bootstrap_interval`


def add_groups(rows: Sequence[Row], cases: Sequence[Case], grades: Mapping[str, str], limit: float) -> str:
    """Enter the grade of each case into its rows, as `group` and `known_by`; return how grades are known."""
    by_id = {case.id: case for case in cases}
    known = {row["case"]: grade_of(by_id[row["case"]], row["ET_cm3"], grades, limit) for row in rows}
    guessed = {grade for grade, by in known.values() if by == "proxy"}
    for row in rows:
        grade, row["known_by"] = known[row["case"]]
        row["group"] = f"{grade} grade" + (" (proxy)" if grade in guessed else "")
    counts = Counter(by for _, by in known.values())
    text = ", ".join(f"{count} by {by}" for by, count in sorted(counts.items()))
    proxy = f"; proxy: low grade if the true ET is below {limit:g} cm3, which is no diagnosis"
    return f"grade of {len(known)} cases: {text}{proxy if guessed else ''}"


def report(rows: Sequence[Row]) -> str:
    """Return all tables."""
    seeds = sorted({row["seed"] for row in rows})
    what = "95 % bootstrap interval over patients" + (" and seeds" if len(seeds) > 1 else " (one seed)")
    parts = [f"Dice, mean and {what}", means_table(rows, DICE)]
    if min(len(grid(part, "WT_dice")) for part in groups(rows).values()) < FEW:
        parts.append(f"with fewer than {FEW} patients an interval is too narrow")
    parts += [f"lesion-wise Dice, mean and {what}", means_table(rows, LESION_DICE)]
    parts += ["cm3, median over patients (lowest to highest)", medians_table(rows, VOLUMES)]
    for region in REGIONS:
        sums = (
            f"{name} {sum(r[f'{region}_{name}'] for r in rows) / len(seeds):.4g}"
            for name in ("found", "missed", "invented")
        )
        parts.append(f"{region} lesions of all cases, mean over seeds: {', '.join(sums)}")
    if len(seeds) > 1:
        means = {name: grid(rows, column).mean(axis=0) for name, column in DICE.items()}
        lines = (
            f"seed {seed}: " + ", ".join(f"{name} {values[n]:.3f}" for name, values in means.items())
            for n, seed in enumerate(seeds)
        )
        parts += ["Dice of each seed", *lines]
    return "\n".join(parts)
