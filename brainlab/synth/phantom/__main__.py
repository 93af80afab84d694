"""Make the built-in cohort from the command line: `python -m brainlab.synth.phantom 32`."""

import argparse
from pathlib import Path

from brainlab.synth.phantom import make_cohort


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m brainlab.synth.phantom", description=__doc__)
    parser.add_argument("patients", type=int, help="number of cases; existing ones are kept")
    parser.add_argument("--spacing", type=int, default=1, choices=(1, 2), help="edge of a voxel in mm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="default: the folder of the built-in cohort")
    parser.add_argument("--defects", action="store_true", help="also write the deliberately defective cases")
    options = parser.parse_args()
    folder = make_cohort(
        options.patients, options.seed, options.folder, options.spacing, defects=options.defects
    )
    print(f"the cohort is in {folder}")


if __name__ == "__main__":
    main()
