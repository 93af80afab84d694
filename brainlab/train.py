"""Train a network from the command line, in one process or in many.

    python -m brainlab.train runs/unet
    torchrun --nproc_per_node=2 -m brainlab.train runs/unet --cases my_cases --budget full

Killed or stopped, the same command goes on where it was. The folder then holds what `brainlab.training.fit`
leaves there, and `network.json`, from which `load_network` makes the trained network again.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from brainlab import budgets
from brainlab.data.augment import Augment
from brainlab.data.cache import cache_cases
from brainlab.data.slices import SliceDataset
from brainlab.data.split import split_by_patient
from brainlab.home import replace_file
from brainlab.lab import open_cases
from brainlab.losses import cross_entropy
from brainlab.models import AttentionUNet, UNet, count_parameters
from brainlab.models.checkpoint import load_weights
from brainlab.training import History, TrainSettings, fit
from brainlab.training.distributed import Team

NETWORKS = {"unet": UNet, "attention_unet": AttentionUNet}


def main(arguments: Sequence[str] | None = None) -> History:
    """Train as the arguments say (by default those of the command line) and return the history."""
    options = parse(arguments)
    budget = budgets.current(options.budget)
    team = Team(options.device)
    talk = team.is_main and not options.quiet
    with team.main_first():  # one process makes and caches the cases, the others find them
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
    network = {"name": options.network, "width": options.width or budget.width}
    model = make_network(**network)
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
        print(f"{options.network}: {count_parameters(model):,} parameters · {team.size} x {team.device}")
        print(f"{len(train_set)} slices of {len(split.train)} cases to train")
        print(f"{len(val_set)} slices of {len(split.val)} cases to validate")
    history = fit(model, train_set, val_set, cross_entropy, settings, options.folder, not options.anew, talk)
    if team.is_main:
        held_out = {part: [case.id for case in getattr(split, part)] for part in ("train", "val", "test")}
        spacing = float(split.train[0].spacing[0])  # mm; a pixel is `pixel` times as large
        about = {"network": network, **window, "spacing": spacing, "cases": held_out}
        text = json.dumps(about, indent=1)
        replace_file(options.folder / "network.json", lambda path: path.write_text(text))
    team.close()
    return history


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; what is not said follows from the budget."""
    parser = argparse.ArgumentParser(prog="brainlab.train", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="home of the run")
    parser.add_argument("--cases", help="folder of cases; by default the built-in cohort")
    parser.add_argument("--patients", type=int, help="only so many patients")
    parser.add_argument("--budget", choices=budgets.BUDGETS, help="sizes that are not given here")
    parser.add_argument("--network", choices=NETWORKS, default="unet")
    for name, kind in {"width": int, "size": int, "pixel": int, "epochs": int, "batch_size": int}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)
    parser.add_argument("--lr", type=float, help="default: 0.006 for a cosine, 0.001 for a plateau")
    parser.add_argument("--schedule", choices=["plateau", "cosine"], default="cosine")
    parser.add_argument("--max-seconds", type=float)
    parser.add_argument("--min-area", type=float, default=0.0, help="tumour in a slice, mm2")
    parser.add_argument("--step", type=int, default=1, help="every so many slices")
    parser.add_argument("--augment", action="store_true")
    parser.add_argument("--no-test", action="store_true", help="leave no case out for a test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", help="cpu, cuda, ...; by default the GPU if there is one")
    parser.add_argument("--anew", action="store_true", help="start over instead of resuming")
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args(arguments)


def make_network(name: str, width: int) -> nn.Module:
    """Make an untrained network by its name in `NETWORKS`."""
    return NETWORKS[name](width=width)


def load_network(folder: Path | str) -> tuple[nn.Module, dict]:
    """Return the trained network of a run, in evaluation mode, and the content of its `network.json`.

    Its keys `size` and `pixel` are what `brainlab.inference.predict_case` needs; `cases` says which ones the
    network has learnt from.
    """
    about = json.loads((Path(folder) / "network.json").read_text())
    model = make_network(**about["network"])
    load_weights(model, Path(folder) / "best.pt")
    return model.eval(), about


if __name__ == "__main__":
    main()
