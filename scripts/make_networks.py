"""Make `demo/shipped/*.pt`, the three small networks that are shipped with the demo.

usage: python scripts/make_networks.py [--runs runs/superres/lesson/seed0]

`cohort-unet.pt` is the U-Net of notebook 02's recipe with the lesson budget; it is trained here, in minutes
on two cores. `cohort-unet-t1c.pt` and `cohort-esrgan.pt` are those of notebook 04's recipe, trained by
`benchmarks/superres.py`. All were trained on synthetic patients only. Weights are stored as float16.
"""

import argparse
import os
from pathlib import Path

import torch

from brainlab.data.split import split_by_patient
from brainlab.lab import setup
from brainlab.losses import cross_entropy
from brainlab.models import UNet
from brainlab.models.saved import read_saved, save_model
from brainlab.recipes import segmentation as recipe
from brainlab.training import fit
from demo.places import SHIPPED


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/superres/lesson/seed0"))
    options = parser.parse_args()
    SHIPPED.mkdir(exist_ok=True)

    os.environ.pop("BRAINLAB_DATA", None)  # always the built-in cohort
    lab = setup(budget="lesson")
    cases = recipe.training_cases(lab)
    split = split_by_patient(cases, seed=lab.seed)
    learnt_from = [case.id for part in (split.train, split.val) for case in part]
    for name, source in {"cohort-unet-t1c": "unet.pt", "cohort-esrgan": "esrgan.pt"}.items():
        saved = read_saved(options.runs / source)
        about = {**saved.about, "learnt_from": learnt_from}
        save_model(SHIPPED / f"{name}.pt", saved.build(), saved.options, half=True, **about)

    torch.manual_seed(lab.seed)
    model = UNet(width=lab.budget.width)
    sets = recipe.slice_sets(split, lab.budget)
    fit(model, *sets, cross_entropy, recipe.settings(lab.budget, lab.device, lab.seed))
    about = {"pixel_mm": float(lab.budget.pixel * lab.budget.spacing), "learnt_from": learnt_from}
    save_model(SHIPPED / "cohort-unet.pt", model, {"width": lab.budget.width}, half=True, **about)
    for path in sorted(SHIPPED.glob("*.pt")):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
