"""Print the 22 runs of the published study beside ours and the effect of each change, and draw the figure.

python benchmarks/study_table.py                        the shipped table
python -m studies 0-23 --seeds 0 1 2                    makes a new one, runs/study/runs.csv
python benchmarks/study_table.py runs/study/runs.csv
"""

import sys
from pathlib import Path

from studies.figure import ranking
from studies.study import published
from studies.table import OURS, Effect, contrast, effects, ranked, read_table, summarise

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "study.png"
CAVEAT = """The study has one run each. Its fifth channel (edges) was drawn from the true mask, ours from the
image. Its Dice pools the pixels of all classes, so that the background dominates."""
SCORES = ("recall", "f1", "precision", "specificity")


def main() -> None:
    """Print the tables and write the figure."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else OURS
    rows, theirs = read_table(path), published()
    summaries = summarise(rows)
    first = rows[0]
    seeds = sorted({int(row["seed"]) for row in rows})
    print(f"{path.name}: {first['data']}, {first['patients']:.0f} patients, budget {first['budget']}")
    print(f"seeds {seeds}")
    print(
        f"\n{'':4}{'run':40}"
        + "".join(f"{name + ' (study)':>21}" for name in SCORES)
        + "   WT    s   parameters"
    )
    for one in summaries:
        cells = [f"{one.mean(s):.3f}±{one.spread(s) / 2:.3f}" for s in SCORES]
        study = theirs.get(one.experiment.number, {})
        cells = [
            f"{cell:>12} ({study[s]:.4f})" if study else f"{cell:>12}         "
            for cell, s in zip(cells, SCORES, strict=True)
        ]
        print(
            f"{one.experiment.number:<4}{one.experiment.name:40}"
            + " ".join(cells)
            + f"  {one.mean('dice_WT'):.3f} {one.seconds:4.0f} {one.parameters:9,}"
        )
    networks = [one.experiment for one in ranked(summaries)]
    best = next(one.number for one in networks if one.network == "UNet3Plus")
    differences, _ = contrast(rows, [(best, 0)])
    print(f"\nF1: {Effect('the best U-Net 3+ against the first U-Net', best, 0, differences, None)}")
    for score in ("recall", "f1"):
        print(f"\n{score}: effect of one change in the study, and here: mean over seeds [95 % interval]")
        for effect in effects(rows, score):
            print(f"  {effect}")
    print(f"\n{CAVEAT}")
    fig = ranking(summaries, theirs)
    PICTURE.parent.mkdir(exist_ok=True)
    fig.savefig(PICTURE, dpi=110, facecolor="white")
    print(
        f"\nfigure: {PICTURE.relative_to(Path.cwd()) if PICTURE.is_relative_to(Path.cwd()) else PICTURE.name}"
    )


if __name__ == "__main__":
    main()
