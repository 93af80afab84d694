"""One experiment with one seed: train, test on held-out patients, write a row of the table."""

import csv
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from brainlab.budgets import Budget
from brainlab.data.cached import CachedCase
from brainlab.data.split import split_by_patient
from brainlab.home import replace_file
from brainlab.labels import LABELS
from brainlab.metrics import region_dice, scores
from brainlab.models import count_parameters
from brainlab.training import evaluate, fit
from brainlab.training.devices import ProcessGroup
from brainlab.training.loop import validation_batches
from studies import parts
from studies.study import Experiment

SCORES = {"recall": "sensitivity", "f1": "f1", "precision": "precision", "specificity": "specificity"}


def run_one(
    experiment: Experiment,
    cases: Sequence[CachedCase],
    budget: Budget,
    seed: int,
    folder: Path,
    data: str = "cohort",
    device: str | None = None,
    progress: bool = False,
) -> dict:
    """Train and test one experiment, or return the row of a finished run.

    The split of the patients is the same for every seed: the spread over seeds is due to training only. An
    interrupted run is resumed after its last complete epoch. Under `torchrun` all processes share the run.

    Parameters
    ----------
    experiment : Experiment
    cases : sequence of CachedCase
        All with labels; a fifth is for validation, a fifth for testing.
    budget : Budget
    seed : int
        Of initial weights, order of the slices, and dropout.
    folder : path
        Of this run: checkpoints, and `row.json` when it is finished.
    data : str
        Name of the data in the table.

    Returns
    -------
    dict
        Setting, time, number of parameters, and scores over all pixels of the test slices: the four of the
        study (per class and mean over the four classes), accuracy, and Dice of WT, TC and ET.

    Raises
    ------
    ValueError
        If the folder contains a row of another setting.
    """
    setting = {"number": experiment.number, "seed": seed, "data": data, "budget": budget.name}
    finished = folder / "row.json"
    if finished.exists():
        row = json.loads(finished.read_text())
        other = {name: row.get(name) for name, value in setting.items() if row.get(name) != value}
        if other:
            raise ValueError(f"{finished} is of {other}; expected {setting}: use another folder")
        return row

    split = split_by_patient(cases, seed=0)
    sets = [parts.make_set(experiment, part, budget) for part in split]
    torch.manual_seed(seed)  # initial weights
    model = parts.make_network(experiment, budget.width)
    loss_fn = parts.make_loss(experiment, parts.loss_weight(experiment, split.train))
    settings = parts.make_settings(experiment, budget, seed, device)
    history = fit(model, sets[0], sets[1], loss_fn, settings, folder, progress=progress)

    group = ProcessGroup(device)
    _, confusion = evaluate(model, validation_batches(sets[2], settings, group), loss_fn, group)
    row = {
        **setting,
        "name": experiment.name,
        "patients": len(cases),
        "training_slices": len(sets[0]),
        "epochs": len(history),
        "best_epoch": history.best_epoch + 1,
        "seconds": round(sum(history.seconds), 1),
        "processes": f"{group.size} x {group.device.type}",
        "finished": time.strftime("%Y-%m-%d"),
        "parameters": count_parameters(model),
        **score_columns(confusion),
    }
    if group.is_main:
        replace_file(finished, lambda path: path.write_text(json.dumps(row, indent=1)))
        (folder / "last.pt").unlink(missing_ok=True)  # large, and only needed to resume
    return row


def score_columns(confusion: np.ndarray) -> dict[str, float | None]:
    """Return the scores of a row of the table from a confusion matrix (4, 4) with true classes as rows."""
    result = scores(confusion)
    means = result.means()
    columns = {name: means[ours] for name, ours in SCORES.items()}
    columns["accuracy"] = result.accuracy
    columns.update({f"dice_{region}": value for region, value in region_dice(confusion).items()})
    for name, ours in SCORES.items():
        values = getattr(result, ours)
        columns.update(
            {f"{name}_{label.short}": float(value) for label, value in zip(LABELS, values, strict=True)}
        )
    # NaN, such as the precision of a class that was never predicted, is not valid JSON.
    return {name: None if np.isnan(value) else round(value, 5) for name, value in columns.items()}


def write_table(folder: Path, path: Path) -> list[dict]:
    """Write the rows of all finished runs in `folder` as one CSV, sorted by number and seed; return them.

    Raises
    ------
    FileNotFoundError
        If no run in `folder` is finished.
    """
    rows = [json.loads(found.read_text()) for found in sorted(folder.glob("*/row.json"))]
    if not rows:
        raise FileNotFoundError(f"no finished run in {folder}; expected folders with a row.json")
    rows.sort(key=lambda row: (row["number"], row["seed"]))

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)

    replace_file(path, write)
    return rows
