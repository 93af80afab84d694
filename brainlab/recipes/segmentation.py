"""The training of notebooks 02 and 03, in one place: cases, slices, settings, and how it is scored.

The notebooks, the benchmark and the command that segments real cases all train by this recipe.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from torch import nn

from brainlab.budgets import Budget
from brainlab.data.augment import Augment
from brainlab.data.cache import cache_cases
from brainlab.data.cached import CachedCase
from brainlab.data.slices import SliceDataset
from brainlab.data.split import Split
from brainlab.inference import predict_case
from brainlab.lab import Lab, cohort_folder, open_cases
from brainlab.labels import REGIONS
from brainlab.metrics import dice, lesion_recall
from brainlab.synth.phantom import make_cohort
from brainlab.training import TrainSettings
from brainlab.training.settings import settings_for

ENOUGH = 8  # patients: fewer leave one or none to validate and test on
MIN_AREA = 50.0  # mm2 of tumour in a training slice
VAL_STEP = 4  # every fourth slice validates; neighbours are nearly copies
LONG = 20  # epochs from which a plateau of the validation loss can be waited for

# Mean Dice of WT, TC and ET on the validation slices after each epoch, from benchmarks/unet_lesson.py.
REFERENCE = {
    "quick": (0.061, 0.228, 0.448, 0.547),
    "lesson": (0.742, 0.887, 0.901, 0.914, 0.921, 0.921),
    "full": (),
}


def training_cases(lab: Lab) -> list[CachedCase]:
    """Return the labelled cases to train and test on, as slices in the cache.

    They are those of the lab's source. Where that is a folder with fewer than 8 labelled patients, the
    built-in cohort stands in, and one printed line says so.
    """
    cases = [case for case in lab.cases if case.has_seg]
    patients = len({case.patient for case in cases})
    if lab.source != "cohort" and patients < ENOUGH:
        print(
            f"{lab.source} has {patients} patients with a segmentation; {ENOUGH} or more are needed to train "
            "and test. The networks train on the built-in cohort; your cases are for looking."
        )
        budget = lab.budget
        folder = make_cohort(budget.patients, folder=cohort_folder(budget.spacing), spacing=budget.spacing)
        cases = open_cases(folder, budget.patients)
    return cache_cases(cases)


def cases_to_look_at(lab: Lab, split: Split, at_most: int = 4) -> list[CachedCase]:
    """Return cases that the networks have not seen: the user's own where they are too few to train on."""
    seen = {case.id for case in (*split.train, *split.val)}
    unseen = [case for case in lab.cases if case.id not in seen] if lab.source != "cohort" else []
    return cache_cases(unseen[:at_most]) if unseen else split.test[:at_most]


def pixel_of(case: CachedCase, budget: Budget) -> int:
    """Return how many voxels of a case make a pixel of the size in mm that the budget trains on."""
    return max(1, round(budget.pixel * budget.spacing / float(case.spacing[0])))


def slice_sets(
    split: Split, budget: Budget, augment: Callable | None = None
) -> tuple[SliceDataset, SliceDataset]:
    """Return the training and the validation slices, in memory.

    Training slices have at least 50 mm2 of tumour; validation has slices without tumour too, as every
    patient has.

    Parameters
    ----------
    split : Split
        Of cached cases.
    augment : callable, optional
        For the training slices; by default a light one.
    """
    pixel = pixel_of(split.train[0], budget)
    augment = augment or Augment(rotation=10.0, shift=0.05, zoom=0.1, shear=0.0, elastic=0.0, seed=0)
    with warnings.catch_warnings():
        # The window cuts some millimetres off the ends of long heads; they are predicted all the same.
        warnings.filterwarnings("ignore", message="size=.* cuts", category=UserWarning)
        train = SliceDataset(split.train, budget.size, pixel, min_area=MIN_AREA, augment=augment)
        val = SliceDataset(split.val, budget.size, pixel, step=VAL_STEP)
    return train.preload(), val.preload()


def settings(budget: Budget, device: str | None = None, seed: int = 0) -> TrainSettings:
    """Return the settings of a training: a cosine for a short one, waiting for plateaus in a long one."""
    return settings_for(budget.epochs, budget.batch_size, LONG, device, seed)


def one_of_four(budget: Budget) -> Budget:
    """Return the budget of one training where a notebook makes four: narrower, and with fewer epochs."""
    width, epochs = max(8, 3 * budget.width // 4), max(4, 2 * budget.epochs // 3)
    return replace(budget, width=width, epochs=min(epochs, budget.epochs))


def predict_cases(model: nn.Module, cases: Sequence[CachedCase], budget: Budget) -> dict[str, np.ndarray]:
    """Return the predicted labels (X, Y, Z) of each case, by id."""
    return {case.id: predict_case(model, case, pixel=pixel_of(case, budget)) for case in cases}


def truth_of(case: CachedCase) -> np.ndarray | None:
    """Return the true labels (X, Y, Z) in the grid of the source, None where there are none."""
    return case.to_full(np.asarray(case.labels)) if case.has_labels else None


def dice_of_cases(
    predictions: Mapping[str, np.ndarray], cases: Sequence[CachedCase]
) -> dict[str, dict[str, float]]:
    """Return Dice of WT, TC and ET for each labelled case, over all its slices: id -> region -> Dice."""
    table = {}
    for case in cases:
        truth = truth_of(case)
        if truth is not None:
            predicted = predictions[case.id]
            table[case.id] = {
                region: dice(np.isin(predicted, labels), np.isin(truth, labels))
                for region, labels in REGIONS.items()
            }
    return table


def recall_by_area(
    predictions: Mapping[str, np.ndarray], cases: Sequence[CachedCase], edges: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return how much of small and of large pieces of tumour was found, and how many pieces there are.

    Parameters
    ----------
    predictions : dict
        Labels (X, Y, Z) of each case, by id.
    cases : sequence of CachedCase
        With labels.
    edges : sequence of float
        Areas in mm2 that part the pieces, in rising order: from the first to the second, and so on.

    Returns
    -------
    recalls, pieces : ndarray (len(edges) - 1,)
        Mean share of a piece of whole tumour that was found, see `lesion_recall`; nan without pieces.
    """
    found = [lesion_recall(predictions[case.id] > 0, truth_of(case) > 0, case.spacing) for case in cases]
    areas, recalls = (np.concatenate(part) for part in zip(*found, strict=True))
    pieces = np.histogram(areas, edges)[0]
    total = np.histogram(areas, edges, weights=recalls)[0]
    return np.divide(total, pieces, out=np.full(len(pieces), np.nan), where=pieces > 0), pieces
