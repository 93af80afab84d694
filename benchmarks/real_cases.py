"""Train notebook 02's U-Net on the built-in cohort only, and measure it on a folder of labelled real cases.

usage: python benchmarks/real_cases.py [FOLDER] [--budget lesson] [--seeds 0 1 2] [--out FOLDER]
       python benchmarks/real_cases.py --against OLD.csv    # also paired differences from an earlier table

FOLDER holds cases of any layout that brainlab reads, by default ../shared/real/brats. No real case is trained
on. The network of each seed is kept in the output folder, so that a second call only segments.

- Dice of WT, TC and ET over the whole volume, and lesion-wise as in BraTS 2023, with 95 % bootstrap intervals
  over patients and seeds; of all cases, and of high and low grade apart. The grade is taken from --grades (a
  CSV, such as BraTS' name_mapping.csv), or from a folder HGG or LGG; else the true volume of the enhancing
  tumour stands in for it, and the output says so.
- Volumes in cm3. invented: predicted tumour in no contact with a true lesion; missed: true lesions in no
  contact with predicted tumour; false and unfound: all voxels that are tumour in one of the two only.

The output folder gets cases-BUDGET.csv (a row per case and seed), worst-BUDGET.png (the worst cases, of the
first seed), and the predictions as NIfTI.
"""

import argparse
import contextlib
import io
import os
from pathlib import Path

import numpy as np
import torch
from real_data.networks import kept_network
from real_data.pictures import case_page, write_page
from real_data.report import DICE, LESION_DICE, VOLUMES, add_groups, report
from real_data.scores import EMPTY_RULE, LIMIT, case_scores, read_grades
from real_data.tables import Row, differences_table, read_rows, worst, write_rows
from torch import nn

from brainlab import budgets
from brainlab.data.cache import cache_case
from brainlab.data.case import Case
from brainlab.data.layouts import find_cases
from brainlab.data.split import Split, split_by_patient
from brainlab.data.volume import read_volume
from brainlab.inference import save_prediction
from brainlab.lab import Lab, setup
from brainlab.losses import cross_entropy
from brainlab.models import UNet
from brainlab.recipes import segmentation as recipe
from brainlab.training import fit

ROOT = Path(__file__).resolve().parents[1]


def cohort_lab(budget: str) -> Lab:
    """Return the lab of a budget with the built-in cohort, whatever the environment says; prints nothing."""
    os.environ.pop("BRAINLAB_DATA", None)
    with contextlib.redirect_stdout(io.StringIO()):
        return setup(budget=budget)


def cohort_split(lab: Lab) -> Split:
    """Return the split of the cohort; it is the same for all seeds."""
    return split_by_patient(recipe.training_cases(lab))


def trained_network(lab: Lab, seed: int, out: Path, retrain: bool = False) -> tuple[nn.Module, str]:
    """Return notebook 02's U-Net, trained on the cohort with a seed or read from `out`, and its code."""

    def train(folder: Path) -> nn.Module:
        sets = recipe.slice_sets(cohort_split(lab), lab.budget)
        torch.manual_seed(seed)
        model = UNet(width=lab.budget.width)
        fit(model, *sets, cross_entropy, recipe.settings(lab.budget, lab.device, seed), folder)
        return model

    folder = out / "networks" / f"{lab.budget.name}-seed{seed}"
    model, code = kept_network(folder, train, {"width": lab.budget.width}, retrain)
    return model.to(lab.device), code


def prediction_path(out: Path, budget: str, seed: int, case: str) -> Path:
    """Return where the prediction of a case is written."""
    return out / f"predictions-{budget}-seed{seed}" / f"{case}.nii.gz"


def measure(network: tuple[nn.Module, str], seed: int, cases: list[Case], lab: Lab, out: Path) -> list[Row]:
    """Segment cases with the network of a seed, print a line for each, and return their rows."""
    rows, (model, code) = [], network
    for case in cases:
        cached = cache_case(case)
        predicted = recipe.predict_cases(model, [cached], lab.budget)[case.id]
        save_prediction(predicted, cached, prediction_path(out, lab.budget.name, seed, case.id))
        truth = recipe.truth_of(cached)
        assert truth is not None, f"{case.id} has no labels"
        scores = case_scores(predicted, truth, cached.spacing)
        rows.append({"case": case.id, "patient": case.patient, "seed": seed, "code": code, **scores})
        cells = [f"{scores[c]:8.2f}" for c in (*DICE.values(), *LESION_DICE.values())]
        cells += [f"{scores[c]:10.1f}" for c in VOLUMES.values()]
        print(f"{case.id:26s}{seed:4d}" + "".join(cells), flush=True)
    return rows


def readable(cases: list[Case]) -> list[Case]:
    """Return the labelled cases that can be cached; a printed line says why another one is left out."""
    good = []
    for case in cases:
        try:
            if case.has_seg:
                cache_case(case)
                good.append(case)
            else:
                print(f"left out  {case.id}: it has no segmentation to compare with")
        except ValueError as error:
            print(f"left out  {case.id}: {error}")
    return good


def draw_worst(rows: list[Row], cases: list[Case], budget: str, out: Path, at_most: int) -> Path:
    """Draw the worst cases by mean Dice of the three regions, with the prediction of the first seed."""
    chosen, seed = worst(rows, list(DICE.values()), at_most), rows[0]["seed"]
    by_id, pairs, titles = {case.id: case for case in cases}, [], []
    for name in chosen:
        labels = read_volume(prediction_path(out, budget, seed, name)).astype(np.uint8)
        pairs.append((cache_case(by_id[name]), labels))
        mine = next(row for row in rows if (row["case"], row["seed"]) == (name, seed))
        titles.append(f"{name}\n" + ", ".join(f"{region} {mine[c]:.2f}" for region, c in DICE.items()))
    return write_page(out / f"worst-{budget}.png", case_page(pairs, titles))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    default = ROOT.parent / "shared" / "real" / "brats"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--budget", choices=budgets.BUDGETS, default="lesson")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "real_cases")
    parser.add_argument("--grades", type=Path, help="CSV with a column grade and columns of case names")
    parser.add_argument("--low-below", type=float, default=LIMIT, help="cm3 of true ET, for the proxy")
    parser.add_argument("--worst", type=int, default=6, help="number of cases in the picture")
    parser.add_argument("--retrain", action="store_true", help="train again although a network is kept")
    parser.add_argument("--against", type=Path, help="CSV of an earlier call, for paired differences")
    options = parser.parse_args()
    before = read_rows(options.against) if options.against else []  # this call may write the same file
    if not options.folder.is_dir():
        print(f"{options.folder} does not exist: no real case to segment")
        return
    grades = read_grades(options.grades) if options.grades else {}
    found = find_cases(options.folder)
    print(found.report())
    cases = readable(found)
    if not cases:
        raise SystemExit("no labelled case: nothing to measure")
    print(f"rule: {EMPTY_RULE}")
    lab = cohort_lab(options.budget)
    seeds = list(dict.fromkeys(options.seeds))
    networks = {seed: trained_network(lab, seed, options.out, options.retrain) for seed in seeds}
    heads = "".join(f"{name:>8s}" for name in (*DICE, *(f"les {region}" for region in DICE)))
    print(f"{'case':26s}seed{heads}" + "".join(f"{name:>10s}" for name in VOLUMES))
    rows = [row for seed in seeds for row in measure(networks[seed], seed, cases, lab, options.out)]
    print(add_groups(rows, cases, grades, options.low_below))
    table = options.out / f"cases-{options.budget}.csv"
    write_rows(table, rows)
    print(report(rows))
    if before:
        print(f"Dice minus that of {options.against}; * the interval excludes 0")
        print(differences_table(rows, before, DICE))
    print(table)
    print(draw_worst(rows, cases, options.budget, options.out, options.worst))


if __name__ == "__main__":
    main()
