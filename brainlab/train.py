"""Train a network from the command line, in one process or in many.

    python -m brainlab.train runs/unet
    torchrun --nproc_per_node=2 -m brainlab.train runs/unet --cases my_cases --budget full

The same command resumes a run that was killed or stopped. At the end the folder holds the files of
`brainlab.training.fit`, and `network.pt` with the best weights, for `brainlab.models.load_model`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brainlab import budgets
from brainlab.data.augment import Augment
from brainlab.data.cache import cache_cases
from brainlab.data.slices import SliceDataset
from brainlab.data.split import split_by_patient
from brainlab.lab import open_cases
from brainlab.labels import MODALITIES
from brainlab.losses import cross_entropy
from brainlab.models import count_parameters, save_model
from brainlab.models.networks import SEGMENTING
from brainlab.training import History, TrainSettings, fit
from brainlab.training.devices import ProcessGroup


def main(arguments: Sequence[str] | None = None) -> History:
    """Train as the arguments say (by default those of the command line) and return the history."""
    options = parse(arguments)
    budget = budgets.current(options.budget)
    group = ProcessGroup(options.device)
    talk = group.is_main and not options.quiet
    with group.main_first():  # one process makes and caches the cases, the others find them
        patients = options.patients or (None if options.cases else budget.patients)
        cases = open_cases(options.cases, patients, budget.spacing)
        if talk and cases.problems:
            print(cases.report())
        cached = cache_cases([case for case in cases if case.has_seg], progress=talk)
    split = split_by_patient(cached, test=0.0 if options.no_test else 0.2, seed=options.seed)

    window = {"size": options.size or budget.size, "pixel": options.pixel or budget.pixel}
    chosen = {"min_area": options.min_area, "step": options.step, **window}
    # The paper's deformation of 10 pixels belongs to images of 512 pixels.
    augment = Augment(elastic=10 * window["size"] / 512) if options.augment else None
    train_set = SliceDataset(split.train, augment=augment, **chosen).preload()
    val_set = SliceDataset(split.val, **chosen).preload()
    width = options.width or budget.width
    model = SEGMENTING[options.network](width=width)
    settings = TrainSettings(
        epochs=options.epochs or budget.epochs,
        batch_size=options.batch_size or budget.batch_size,
        lr=options.lr or (6e-3 if options.schedule == "cosine" else 1e-3),
        schedule=options.schedule,
        max_seconds=options.max_seconds,
        seed=options.seed,
        device=options.device,
    )
    if talk:
        print(f"{options.network}: {count_parameters(model):,} parameters · {group.size} x {group.device}")
        print(f"{len(train_set)} slices of {len(split.train)} cases to train")
        print(f"{len(val_set)} slices of {len(split.val)} cases to validate")
    resume = not options.restart
    history = fit(model, train_set, val_set, cross_entropy, settings, options.folder, resume, talk)
    if group.is_main:
        spacing = float(split.train[0].spacing[0])  # mm; a pixel is `pixel` times as large
        about: dict[str, Any] = {**window, "spacing": spacing, "pixel_mm": spacing * window["pixel"]}
        about["modalities"] = list(MODALITIES)
        about["cases"] = {
            part: [case.id for case in getattr(split, part)] for part in ("train", "val", "test")
        }
        about["learnt_from"] = about["cases"]["train"] + about["cases"]["val"]
        save_model(options.folder / "network.pt", model, {"width": width}, **about)
    group.close()
    return history


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; sizes that are not given are those of the budget."""
    parser = argparse.ArgumentParser(prog="brainlab.train", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of the run")
    parser.add_argument("--cases", help="folder of cases; by default the built-in cohort")
    parser.add_argument("--patients", type=int, help="number of patients to use")
    parser.add_argument("--budget", choices=budgets.BUDGETS, help="sizes that are not given here")
    parser.add_argument("--network", choices=SEGMENTING, default="UNet")
    for name, kind in {"width": int, "size": int, "pixel": int, "epochs": int, "batch_size": int}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)
    parser.add_argument(
        "--lr", type=float, help="default: 0.006 for the cosine, 0.001 for the plateau schedule"
    )
    parser.add_argument("--schedule", choices=["plateau", "cosine"], default="cosine")
    parser.add_argument("--max-seconds", type=float)
    parser.add_argument("--min-area", type=float, default=0.0, help="least tumour area of a slice, mm2")
    parser.add_argument("--step", type=int, default=1, help="keep every Nth slice")
    parser.add_argument("--augment", action="store_true")
    parser.add_argument("--no-test", action="store_true", help="keep no cases for a test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", help="cpu, cuda, ...; by default the GPU if there is one")
    parser.add_argument("--restart", action="store_true", help="start over instead of resuming")
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
