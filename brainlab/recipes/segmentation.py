"""Tumour segmentation of notebooks 02 and 03: cases, slices, settings and scores.

The notebooks and the benchmarks train by this recipe.

Every name without an underscore that is defined here is public.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage
from torch import nn

from brainlab.budgets import Budget
from brainlab.data.augment import Augment
from brainlab.data.cache import cache_cases
from brainlab.data.cached import CachedCase
from brainlab.data.slices import SliceDataset
from brainlab.data.split import Split
from brainlab.inference import predict_case
from brainlab.lab import Lab, cohort_folder, open_cases
from brainlab.metrics import lesion_zones, region_dice_of_labels
from brainlab.metrics.lesions import TOUCHING
from brainlab.synth.phantom import make_cohort
from brainlab.training import TrainSettings
from brainlab.training.settings import settings_for

ENOUGH = 8  # patients: fewer leave one or none to validate and test on
MIN_AREA = 50.0  # mm2 of tumour in a training slice
VAL_STEP = 4  # every 4th slice is validated on; neighbours are nearly copies
LONG = 20  # epochs from which a plateau of the validation loss can be expected

# Mean Dice of WT, TC and ET on the validation slices after each epoch, from benchmarks/unet_lesson.py.
REFERENCE = {
    "quick": (0.078, 0.341, 0.463, 0.51),
    "lesson": (0.75, 0.893, 0.896, 0.903, 0.91, 0.915),
    "full": (),
}


def training_cases(lab: Lab) -> list[CachedCase]:
    """Return the labelled cases to train and test on, as slices in the cache.

    They are those of the lab's source. If that is a folder with fewer than 8 labelled patients, those of the
    built-in cohort are returned, and one printed line says so.
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
    """Return held-out cases: the user's own where they are too few to train on, otherwise test cases."""
    seen = {case.id for case in (*split.train, *split.val)}
    unseen = [case for case in lab.cases if case.id not in seen] if lab.source != "cohort" else []
    return cache_cases(unseen[:at_most]) if unseen else split.test[:at_most]


def pixel_of(case: CachedCase, budget: Budget) -> int:
    """Return the size of a pixel in voxels of a case, so that in mm it is that of the budget's training."""
    return max(1, round(budget.pixel * budget.spacing / float(case.spacing[0])))


def slice_sets(
    split: Split, budget: Budget, augment: Callable | None = None
) -> tuple[SliceDataset, SliceDataset]:
    """Return the training and the validation slices, in memory.

    Training slices have at least 50 mm2 of tumour; validation slices may have none, as in every patient.

    Parameters
    ----------
    split : Split
        Of cached cases.
    augment : callable, optional
        For the training slices; by default small rotations, shifts and zooms.
    """
    pixel = pixel_of(split.train[0], budget)
    augment = augment or Augment(rotation=10.0, shift=0.05, zoom=0.1, shear=0.0, elastic=0.0, seed=0)
    with warnings.catch_warnings():
        # The window crops some millimetres of long heads; prediction covers them all the same.
        warnings.filterwarnings("ignore", message="size=.* cuts", category=UserWarning)
        train = SliceDataset(split.train, budget.size, pixel, min_area=MIN_AREA, augment=augment)
        val = SliceDataset(split.val, budget.size, pixel, step=VAL_STEP)
    return train.preload(), val.preload()


def settings(budget: Budget, device: str | None = None, seed: int = 0) -> TrainSettings:
    """Return the settings of a training: the cosine for a short one, the plateau schedule for a long one."""
    return settings_for(budget.epochs, budget.batch_size, LONG, device, seed)


def one_of_four(budget: Budget) -> Budget:
    """Return the budget of one of four trainings of a notebook: narrower, and with fewer epochs."""
    width, epochs = max(8, 3 * budget.width // 4), max(4, 2 * budget.epochs // 3)
    return replace(budget, width=width, epochs=min(epochs, budget.epochs))


def predict_cases(model: nn.Module, cases: Sequence[CachedCase], budget: Budget) -> dict[str, np.ndarray]:
    """Return the predicted labels (X, Y, Z) of each case, by id."""
    return {case.id: predict_case(model, case, pixel=pixel_of(case, budget)) for case in cases}


def truth_of(case: CachedCase) -> np.ndarray | None:
    """Return the true labels (X, Y, Z) in the grid of the source, or None if the case has none."""
    return case.to_full(np.asarray(case.labels)) if case.has_labels else None


def dice_of_cases(
    predictions: Mapping[str, np.ndarray], cases: Sequence[CachedCase]
) -> dict[str, dict[str, float]]:
    """Return Dice of WT, TC and ET for each labelled case, over its whole volume: id -> region -> Dice."""
    table = {}
    for case in cases:
        truth = truth_of(case)
        if truth is not None:
            table[case.id] = region_dice_of_labels(predictions[case.id], truth)
    return table


def without_specks(
    mask: np.ndarray, spacing: Sequence[float] | np.ndarray, min_volume: float = 50.0
) -> np.ndarray:
    """Return a predicted mask (X, Y, Z) without its connected regions of up to `min_volume` mm3.

    Scores by lesion count a speck as much as a missed lesion, so this is a common step after the network.
    """
    regions, _ = ndimage.label(mask, TOUCHING)
    volumes = np.bincount(regions.ravel()) * np.prod(spacing)
    return mask & (volumes[regions] > min_volume)


def smallest_lesion(
    case: CachedCase, min_volume: float = 50.0, join: float = 3.0
) -> tuple[float, tuple[int, int, int]]:
    """Return the volume in mm3 of the smallest lesion of a labelled case, and a voxel in its middle.

    A lesion is a connected region of tumour in 3D. As in `brainlab.metrics.lesion_wise`, regions that touch
    when each is dilated by `join` mm are one, and those of `min_volume` or less do not count.

    Returns
    -------
    volume : float
        Infinite if there is no lesion.
    x, y, z : tuple of int
        Voxel of the cached case; 0, 0, 0 if there is no lesion.
    """
    tumour = np.asarray(case.labels) > 0  # (Z, x, y)
    size = np.asarray(case.spacing, float)[[2, 0, 1]]
    regions = lesion_zones(tumour, size, join)
    volumes = np.bincount(regions[tumour])[1:] * size.prod()
    volumes = np.where(volumes > min_volume, volumes, np.inf)
    if not np.isfinite(volumes).any():
        return np.inf, (0, 0, 0)
    number = int(volumes.argmin())
    z, x, y = (int(np.median(places)) for places in np.nonzero(tumour & (regions == number + 1)))
    return float(volumes[number]), (x, y, z)
