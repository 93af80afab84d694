"""SRResNet, SRGAN, RRDB-PSNR and ESRGAN over several seeds on fresh patients, with paired intervals.

usage: python benchmarks/gan_seeds.py [--seeds 10 11 12 13 14] [--csv runs/gan_seeds.csv] [--table]
       QUICK=1 python benchmarks/gan_seeds.py --seeds 10 11

Trains notebook 04's recipe (budget `lesson`, with QUICK=1 `quick`) on the built-in cohort, once for each
seed: seeds differ in the initial weights of generators and discriminators and in the order of the images. The
settings were chosen with another seed (101) and on validation patients. The test patients are generated for
this table only (cohort seed 1). Three U-Nets are the same for all seeds: one is in the losses; one, trained
on sharp slices, measures; one, trained on bicubic slices, counts lesions too.

Each row of the CSV is one method, seed and patient. An interrupted run goes on where it stopped. `--table`
prints the table from the CSV alone.

- distance: perceptual distance to the truth (a distortion measure); lower is better
- Fréchet: `frechet_distance` of the reader's features of all positions of a patient; lower is better
- missed, invented: lesions against the *labels*, by both readers; HR is what they do with the true images
"""

import argparse
import copy
import csv
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from superres import gan_losses
from torch import Tensor, nn

from brainlab.data.cache import cache_cases
from brainlab.data.split import split_by_patient
from brainlab.data.superres import SuperResSet, labels_of, stack
from brainlab.home import home_folder
from brainlab.lab import open_cases, setup
from brainlab.metrics import bootstrap_interval
from brainlab.models import copy_weights, interpolate_networks
from brainlab.models.upscaling import resample
from brainlab.recipes import segmentation as recipe
from brainlab.recipes import superres as sr_recipe
from brainlab.synth.phantom import make_cohort
from brainlab.training import diagnose, fit, train_gan, train_psnr

DIGITS = {"PSNR": 2, "SSIM": 3, "distance": 3, "Fréchet": 2, "HF ratio": 2}
COLUMNS = list(DIGITS)
COUNTS = [f"{what} {reader}" for reader in ("sharp", "coarse") for what in ("missed", "invented")]
PAIRS = (
    ("SRGAN", "SRResNet"),
    ("ESRGAN", "RRDBNet"),
    ("ESRGAN", "SRGAN"),
    ("mixture", "ESRGAN"),
    ("RRDBNet", "SRResNet"),
)
FRESH = 1  # seed of the cohort of test patients; that of the course is 0


class Bench:
    """Sets, readers and patients that all seeds share."""

    def __init__(self, budget: str, patients: int, folder: Path, optimizer: str = "adam") -> None:
        self.optimizer = optimizer
        os.environ.pop("BRAINLAB_DATA", None)  # always synthetic patients
        lab = setup(budget=budget)
        self.sizes = sizes = sr_recipe.sr_sizes(lab.budget)
        split = split_by_patient(recipe.training_cases(lab), seed=lab.seed)
        few = replace(sizes, val_step=3 * sizes.val_step)  # validation only draws the curves here
        self.train_set, self.val_set, _ = sr_recipe.sr_sets(split, few)
        spacing = lab.budget.spacing
        made = make_cohort(patients, seed=FRESH, folder=home_folder() / f"fresh-{spacing}mm", spacing=spacing)
        self.test_set = SuperResSet(
            cache_cases(open_cases(made, patients)), hr=sizes.hr, lr=sizes.lr, step=sizes.val_step
        ).preload()
        self.lr, self.hr = stack(self.test_set)
        self.core = labels_of(self.test_set) % 2 == 1  # labels 1 and 3
        self.numbers = np.array([number for number, _ in self.test_set.index])
        self.readers = {}
        for name, seed, coarse in (("loss", 0, False), ("sharp", 1, False), ("coarse", 1, True)):
            model = sr_recipe.unet(sizes, seed)
            pairs = sr_recipe.unet_sets(split, sizes, coarse=coarse)
            settings = sr_recipe.unet_settings(sizes, seed=seed)
            fit(model, *pairs, sr_recipe.tumour_loss, settings, folder / f"unet-{name}", progress=False)
            self.readers[name] = model
        self.levels = sr_recipe.perceptual_levels(self.readers["sharp"])

    def rows(self, name: str, seed: int, images: Tensor) -> list[dict]:
        """Return the scores of a method, one row per fresh patient."""
        table = []
        for number, case in enumerate(self.test_set.cached):
            mine = torch.from_numpy(self.numbers == number)
            made, true, core = images[mine], self.hr[mine], self.core[mine]
            scores = sr_recipe.scores(made, true, self.levels)
            row = {"method": name, "seed": seed, "patient": case.id} | {
                "PSNR": scores["PSNR"], "SSIM": scores["SSIM"], "distance": scores["distance"],
                "Fréchet": scores["Fréchet"], "HF ratio": scores["high-frequency ratio"],
            }  # fmt: skip
            for reader in ("sharp", "coarse"):
                found = sr_recipe.core_probability(self.readers[reader], made) > 0.5
                counts = sr_recipe.lesion_counts(found, core)
                row["lesions"] = counts.pop("lesions")
                row |= {f"{what} {reader}": count for what, count in counts.items()}
            table.append(row)
        return table

    def generators(self, seed: int, folder: Path, losses: dict) -> dict[str, nn.Module]:
        """Return the four trained generators of a seed, and the mixture half-way to ESRGAN."""
        models = {}
        for first, make, second in (
            ("SRResNet", sr_recipe.srresnet, "SRGAN"), ("RRDBNet", sr_recipe.rrdbnet, "ESRGAN")
        ):  # fmt: skip
            start, model = time.process_time(), make(self.sizes, seed)
            sets = self.train_set, self.val_set
            one = sr_recipe.psnr_settings(self.sizes, seed=seed)
            train_psnr(model, *sets, one, folder / first, progress=False)
            two = sr_recipe.gan_settings(self.sizes, second, seed=seed)
            if second == "ESRGAN":
                two = replace(two, optimizer=self.optimizer)
            models[first] = copy.deepcopy(model)
            net_d = sr_recipe.discriminator(self.sizes, seed)
            history = train_gan(model, net_d, losses[second], *sets, two, folder / second, progress=False)
            models[second] = model
            gap = history.steps["d_real"][-1] - history.steps["d_fake"][-1]
            found = ", ".join(finding.name for finding in diagnose(history)) or "nothing"
            spent = time.process_time() - start
            text = f"D(real) - D(made) {gap:.2f} at the end; monitor: {found}; {spent:.0f} s"
            print(f"seed {seed}: {second}: {text}", flush=True)
        half = interpolate_networks(copy_weights(models["RRDBNet"]), copy_weights(models["ESRGAN"]), 0.5)
        models["mixture"] = copy.deepcopy(models["ESRGAN"])
        models["mixture"].load_state_dict(half)
        return models


def read(path: Path) -> list[dict]:
    """Return the rows of the CSV, numbers as numbers."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            {k: v if k in ("method", "patient") else float(v) for k, v in row.items()}
            for row in csv.DictReader(stream)
        ]


def append(path: Path, rows: list[dict]) -> None:
    """Append rows to the CSV; the first ones bring the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        if new:
            writer.writeheader()
        writer.writerows(rows)


def grid(rows: list[dict], method: str, column: str) -> np.ndarray:
    """Return a score as (patients, seeds); a method without seeds has one column."""
    mine = [row for row in rows if row["method"] == method]
    patients, seeds = (sorted({row[key] for row in mine}) for key in ("patient", "seed"))
    values = {(row["patient"], row["seed"]): row[column] for row in mine}
    return np.array([[values[patient, seed] for seed in seeds] for patient in patients])


def show(rows: list[dict]) -> None:
    """Print means by method (± SD of the seeds), lesion counts, and paired differences with intervals."""
    whole = {row["seed"] for row in rows if row["method"] == "mixture" or row["seed"] < 0}
    rows = [row for row in rows if row["seed"] in whole]  # not the one that is being trained
    patients = {row["patient"] for row in rows}
    total = grid(rows, "HR", "lesions").sum()
    print(f"\nseeds: {len(whole) - 1}; fresh patients: {len(patients)}; lesions in their labels: {total:.0f}")
    print("| | " + " | ".join([*COLUMNS, *COUNTS]) + " |\n|---|" + "---|" * len(COLUMNS + COUNTS))
    for method in dict.fromkeys(row["method"] for row in rows):
        cells = [number(grid(rows, method, column).mean(axis=0), DIGITS[column]) for column in COLUMNS]
        cells += [number(grid(rows, method, column).sum(axis=0), 1) for column in COUNTS]
        print(f"| {method} | " + " | ".join(cells) + " |")
    columns = ["PSNR", "distance", "Fréchet", *COUNTS]
    print("\npaired differences with 95 % bootstrap intervals over patients and seeds; bold excludes 0")
    print("| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for one, other in PAIRS:
        cells = []
        for column in columns:
            interval = bootstrap_interval(grid(rows, one, column) - grid(rows, other, column))
            cells.append(f"**{interval}**" if interval.excludes_zero else str(interval))
        print(f"| {one} - {other} | " + " | ".join(cells) + " |")


def number(values: np.ndarray, digits: int) -> str:
    """Return mean and, of several seeds, standard deviation of values (seeds,); empty if infinite."""
    if not np.isfinite(values).all():
        return ""
    spread = f" ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{spread}"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11, 12, 13, 14])
    parser.add_argument("--patients", type=int, default=12)
    parser.add_argument("--csv", type=Path, default=Path("runs/gan_seeds.csv"))
    parser.add_argument("--optimizer", default="adam", help="of ESRGAN's second phase: adam, rmsprop")
    parser.add_argument("--table", action="store_true", help="print the table of the CSV only")
    options = parser.parse_args()
    if options.table:
        show(read(options.csv))
        return

    budget = "quick" if os.environ.get("QUICK") else "lesson"
    folder = options.csv.with_suffix("") / budget
    bench = Bench(budget, options.patients, folder, options.optimizer)
    losses = gan_losses(bench.readers["loss"])
    done = {(row["method"], row["seed"]) for row in read(options.csv)}
    for name, images in {"bicubic": resample(bench.lr, bench.sizes.hr).clamp(0, 1), "HR": bench.hr}.items():
        if (name, -1) not in done:
            append(options.csv, bench.rows(name, -1, images))
    for seed in options.seeds:
        if {(name, seed) for name in ("SRResNet", "SRGAN", "RRDBNet", "ESRGAN", "mixture")} <= done:
            continue
        for name, model in bench.generators(seed, folder / f"seed{seed}", losses).items():
            if (name, seed) not in done:
                images = sr_recipe.enlarge(model, bench.lr, bench.sizes.hr)
                append(options.csv, bench.rows(name, seed, images))
    show(read(options.csv))


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or torch.get_num_threads()))
    main()
