"""Train on the built-in cohort only, segment real cases, print volumes and Dice, and save a picture of each.

usage: python benchmarks/real_cases.py [folder, default ../shared/data] [--budget lesson] [--out FOLDER]

No real case is trained on. The network is kept in the output folder, so a second call only segments.
"""

import argparse
import contextlib
import io
import os
from pathlib import Path

import numpy as np
import torch
from torch import nn

from brainlab import view
from brainlab.data.cache import cache_case
from brainlab.data.cached import CachedCase
from brainlab.data.layouts import find_cases
from brainlab.data.split import Split, split_by_patient
from brainlab.inference import save_prediction
from brainlab.lab import Lab, setup
from brainlab.labels import LABELS, REGIONS
from brainlab.losses import cross_entropy
from brainlab.models import UNet
from brainlab.recipes import segmentation as recipe
from brainlab.training import fit

ROOT = Path(__file__).resolve().parents[1]


def trained_network(budget: str, folder: Path) -> tuple[nn.Module, Split, Lab]:
    """Return notebook 02's U-Net trained on the cohort (resumed if possible), the split, and the lab."""
    os.environ.pop("BRAINLAB_DATA", None)  # always the built-in cohort
    with contextlib.redirect_stdout(io.StringIO()):
        lab = setup(budget=budget)
    split = split_by_patient(recipe.training_cases(lab))
    torch.manual_seed(lab.seed)
    model = UNet(width=lab.budget.width)
    train_set, val_set = recipe.slice_sets(split, lab.budget)
    fit(model, train_set, val_set, cross_entropy, recipe.settings(lab.budget), folder=folder / "network")
    return model, split, lab


def row(case: CachedCase, predicted: np.ndarray) -> str:
    """Return a line of the table: volumes of the labels in cm3, and Dice if the case has a mask."""
    cm3 = float(np.prod(case.spacing)) / 1000
    volumes = " ".join(f"{(predicted == label.value).sum() * cm3:7.1f}" for label in LABELS[1:])
    table = recipe.dice_of_cases({case.id: predicted}, [case]).get(case.id)
    dices = " ".join(f"{table[region]:5.2f}" for region in REGIONS) if table else "  no mask"
    return f"{case.id:24s} {volumes}   {dices}"


def picture(case: CachedCase, predicted: np.ndarray) -> bytes:
    """Return a PNG of the slice with most predicted tumour: four modalities, mask, prediction."""
    z = view.largest_slice(predicted)
    image = np.stack([case.to_full(case.image[:, channel]) for channel in range(4)])  # (4, X, Y, Z)
    truth = recipe.truth_of(case)
    masks = [None] * 4 + ([] if truth is None else [truth[:, :, z]]) + [predicted[:, :, z]]
    flair = image[3, :, :, z]
    planes = [*image[:, :, :, z], *[flair] * (len(masks) - 4)]
    titles = ["T1", "T1 + contrast", "T2", "FLAIR", *([] if truth is None else ["mask"]), "prediction"]
    fig = view.mosaic(planes, [case.affine] * len(planes), masks, titles, columns=len(planes))
    return view.show(fig, alt=f"{case.id}, slice {z}").png


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--budget", default="lesson")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "real_cases")
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"{options.folder} does not exist: no real case to segment")
        return
    model, _, lab = trained_network(options.budget, options.out)
    cases = find_cases(options.folder)
    print(cases.report())
    print(f"{'case':24s}     NCR      ED      ET cm3    WT    TC    ET Dice")
    for case in cases:
        cached = cache_case(case)
        predicted = recipe.predict_cases(model, [cached], lab.budget)[case.id]
        print(row(cached, predicted), flush=True)
        save_prediction(predicted, cached, options.out / f"{case.id}-prediction.nii.gz")
        (options.out / f"{case.id}.png").write_bytes(picture(cached, predicted))
    print(f"pictures and NIfTI files are in {options.out}")


if __name__ == "__main__":
    main()
