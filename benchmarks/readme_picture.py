"""Draw the README picture: a held-out case of the cohort, its mask, and notebook 02's prediction.

usage: python benchmarks/readme_picture.py [--budget lesson]
"""

import argparse
from pathlib import Path

from real_cases import cohort_lab, cohort_split, trained_network
from real_data.pictures import case_picture

from brainlab.recipes import segmentation as recipe

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--budget", default="lesson")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures" / "case.png")
    options = parser.parse_args()
    lab = cohort_lab(options.budget)
    model, _ = trained_network(lab, 0, ROOT / "build" / "real_cases")
    split = cohort_split(lab)
    predictions = recipe.predict_cases(model, split.test, lab.budget)
    table = recipe.dice_of_cases(predictions, split.test)
    # The case of median Dice, among those with all three labels.
    ringed = [case for case in split.test if (case.label_counts.sum(0)[1:] > 500).all()]
    ranked = sorted(ringed, key=lambda case: sum(table[case.id].values()))
    case = ranked[len(ranked) // 2]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(case_picture(case, predictions[case.id]))
    scores = ", ".join(f"{region} {value:.2f}" for region, value in table[case.id].items())
    print(f"{options.out.relative_to(ROOT)}: {case.id}, Dice {scores}")


if __name__ == "__main__":
    main()
