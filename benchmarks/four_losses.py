"""Repeat notebook 03's comparison of four losses over seeds and print differences from the cross-entropy.

usage: python benchmarks/four_losses.py [--budget lesson] [--seeds 0 1 2]

Patients and split stay; a seed sets the initial weights and the batches, the same ones for the four losses.
Each difference is paired: same patient, same seed. The intervals are a bootstrap over patients and seeds.
"""

import argparse
import os
from functools import partial

import numpy as np
import torch

from brainlab import losses
from brainlab.data.split import split_by_patient
from brainlab.lab import setup
from brainlab.metrics import bootstrap_interval, dice, lesion_wise
from brainlab.models import UNet
from brainlab.recipes import segmentation as recipe
from brainlab.training import fit

SCORES = ("Dice", "lesion-wise Dice", "missed", "invented")


def four_losses(label_counts: np.ndarray) -> dict:
    """Return the losses of the notebook, given how many voxels carry each label, (4,)."""
    weight = torch.from_numpy((label_counts.sum() / np.maximum(label_counts, 1)) ** 0.5).float()
    wong = partial(losses.exponential_logarithmic_loss, per_image=False, weight=weight)
    return {
        "cross-entropy": losses.cross_entropy,
        "soft Dice": losses.soft_dice_loss,
        "Tversky": losses.tversky_loss,
        "exp-log": wong,
    }


def scores_of(pred: np.ndarray, truth: np.ndarray, spacing: tuple) -> tuple[float, ...]:
    """Return the `SCORES` of one patient's whole tumour, from two masks (X, Y, Z)."""
    pred = recipe.without_specks(pred, spacing)
    lesions = lesion_wise(pred, truth, spacing)
    return dice(pred, truth), lesions.dice, lesions.fn, lesions.fp


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--budget", default="lesson")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()

    os.environ.pop("BRAINLAB_DATA", None)  # always the built-in cohort
    lab = setup(budget=options.budget)
    split = split_by_patient(recipe.training_cases(lab), val=0.2, test=0.3, seed=lab.seed)
    budget = recipe.one_of_four(lab.budget)
    counts = sum(case.label_counts.sum(axis=0) for case in split.train)
    counts[0] = sum(np.prod(case.full_shape) for case in split.train) - counts[1:].sum()
    truths = {case.id: recipe.truth_of(case) > 0 for case in split.test}
    table = {}
    for name, loss_fn in four_losses(counts).items():
        table[name] = np.zeros((len(SCORES), len(split.test), len(options.seeds)))
        for column, seed in enumerate(options.seeds):
            train_set, val_set = recipe.slice_sets(split, budget)
            torch.manual_seed(seed)
            model = UNet(width=budget.width)
            settings = recipe.settings(budget, lab.device, seed)
            fit(model, train_set, val_set, loss_fn, settings, progress=False)
            predictions = recipe.predict_cases(model, split.test, budget)
            for row, case in enumerate(split.test):
                scores = scores_of(predictions[case.id] > 0, truths[case.id], case.spacing)
                table[name][:, row, column] = scores
        means = table[name].mean(axis=(1, 2))
        print(
            f"{name:14s}"
            + ", ".join(f"{what} {value:.3f}" for what, value in zip(SCORES, means, strict=True))
        )
    print(f"\nminus cross-entropy, {len(truths)} patients, {len(options.seeds)} seeds: mean [95 % interval]")
    for number, what in enumerate(SCORES):
        for name in list(table)[1:]:
            differences = table[name][number] - table["cross-entropy"][number]  # (patients, seeds)
            print(f"{what:17s} {name:10s} {bootstrap_interval(differences)}")


if __name__ == "__main__":
    main()
