"""Train by notebook 02's recipe on the built-in cohort and print the Dice of every held-out case.

usage: python benchmarks/unet_lesson.py [--budget lesson] [--network unet] [--seed 0]

The last lines are the targets of the course and the validation curve for `recipes.segmentation.REFERENCE`.
"""

import argparse
import os
import time

import numpy as np
import torch

from brainlab.data.split import split_by_patient
from brainlab.lab import setup
from brainlab.labels import REGIONS
from brainlab.losses import cross_entropy
from brainlab.models import AttentionUNet, UNet, count_parameters
from brainlab.recipes import segmentation as recipe
from brainlab.training import fit

TARGETS = {"WT": 0.88, "TC": 0.80, "ET": 0.70}  # with the lesson budget
NETWORKS = {"unet": UNet, "attention": AttentionUNet}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--budget", default="lesson")
    parser.add_argument("--network", choices=NETWORKS, default="unet")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    os.environ.pop("BRAINLAB_DATA", None)  # always the built-in cohort
    lab = setup(budget=options.budget)
    split = split_by_patient(recipe.training_cases(lab), seed=lab.seed)
    train_set, val_set = recipe.slice_sets(split, lab.budget)
    torch.manual_seed(options.seed)
    model = NETWORKS[options.network](width=lab.budget.width)
    print(
        f"{options.network}, {count_parameters(model):,} parameters, {torch.get_num_threads()} threads; "
        f"{len(train_set)} slices of {len(split.train)} patients, {len(val_set)} of {len(split.val)} (val)"
    )
    wall, processor = time.perf_counter(), time.process_time()
    history = fit(
        model, train_set, val_set, cross_entropy, recipe.settings(lab.budget, lab.device, options.seed)
    )
    print(
        f"trained in {time.perf_counter() - wall:.0f} s, {time.process_time() - processor:.0f} s of CPU time"
    )

    wall = time.perf_counter()
    predictions = recipe.predict_cases(model, split.test, lab.budget)
    print(f"predicted {len(split.test)} cases in {time.perf_counter() - wall:.0f} s")
    table = recipe.dice_of_cases(predictions, split.test)
    print(f"{'held-out case':20s}" + "".join(f"{region:>7s}" for region in REGIONS))
    for case_id, row in table.items():
        print(f"{case_id:20s}" + "".join(f"{value:7.3f}" for value in row.values()))
    means = np.mean([list(row.values()) for row in table.values()], axis=0)
    print(f"{'mean':20s}" + "".join(f"{value:7.3f}" for value in means))
    if options.budget == "lesson":
        print(f"{'target':20s}" + "".join(f"{TARGETS[region]:7.3f}" for region in REGIONS))
    print("REFERENCE:", tuple(round(value, 3) for value in history.val_dice))


if __name__ == "__main__":
    main()
