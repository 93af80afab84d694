"""Scores of one case or film, and its grade. Empty regions score as in BraTS; see `EMPTY_RULE`."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from brainlab.data.case import Case
from brainlab.labels import REGIONS
from brainlab.metrics import dice, jaccard, lesion_wise
from brainlab.metrics.lesions import TOUCHING

EMPTY_RULE = (
    "a region that the truth lacks scores Dice 1 if the prediction lacks it too, else 0, as in BraTS; "
    "lesion by lesion likewise, and then each predicted lesion is a false positive"
)
WORDS = {"hgg": "high", "lgg": "low", "high": "high", "low": "low"}
LIMIT = 5.0  # cm3 of enhancing tumour


def case_scores(
    predicted: np.ndarray, truth: np.ndarray, spacing: Sequence[float] | np.ndarray
) -> dict[str, float]:
    """Return all scores of one case.

    Parameters
    ----------
    predicted, truth : ndarray (X, Y, Z)
        Labels 0 to 3.
    spacing : sequence of 3 float
        Size of a voxel in mm.

    Returns
    -------
    dict of str to float
        For each region R: `R_dice`; `R_lesion_dice`, the mean over lesions, and `R_found`, `R_missed`,
        `R_invented`, numbers of lesions, of `lesion_wise`; `R_cm3`, the true volume. Of the whole tumour in
        cm3: `false` (predicted, but not true) and `unfound` (true, but not predicted) count voxels;
        `invented` is what is predicted in no contact with a true lesion, and `missed` what is true in no
        contact with a predicted one.

    Raises
    ------
    ValueError
        As `lesion_wise`.
    """
    cm3 = float(np.prod(spacing)) / 1000
    row: dict[str, float] = {}
    for region, labels in REGIONS.items():
        pred, true = np.isin(predicted, labels), np.isin(truth, labels)
        lesions = lesion_wise(pred, true, spacing)
        row |= {
            f"{region}_dice": dice(pred, true),
            f"{region}_lesion_dice": lesions.dice,
            f"{region}_found": lesions.tp,
            f"{region}_missed": lesions.fn,
            f"{region}_invented": lesions.fp,
            f"{region}_cm3": float(true.sum()) * cm3,
        }
    pred, true = predicted > 0, truth > 0
    return row | {
        "false_cm3": float((pred & ~true).sum()) * cm3,
        "unfound_cm3": float((true & ~pred).sum()) * cm3,
        "invented_cm3": float(without_contact(pred, true).sum()) * cm3,
        "missed_cm3": float(without_contact(true, pred).sum()) * cm3,
    }


def without_contact(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the components of a mask that neither overlap nor touch another mask; both (X, Y, Z) bool.

    Components have 26 neighbours, and voxels touch with any of them.
    """
    parts, _ = ndimage.label(mask, TOUCHING)
    near = ndimage.binary_dilation(other, TOUCHING)
    return mask & ~np.isin(parts, np.unique(parts[near]))  # background, 0, is not in the mask anyway


def film_scores(predicted: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return accuracy, Dice and Jaccard of the mask of one image; both masks (H, W) bool."""
    return {
        "accuracy": float((predicted == truth).mean()),
        "dice": dice(predicted, truth),
        "jaccard": jaccard(predicted, truth),
    }


def read_grades(path: Path) -> dict[str, str]:
    """Return the grade, "high" or "low", of each name in a table.

    Parameters
    ----------
    path : Path
        CSV with a column `grade` (HGG, LGG, high or low, in any case) and one column or more with names of
        cases or patients, such as `name_mapping.csv` of BraTS 2019 and 2020.

    Raises
    ------
    ValueError
        If there is no such column, or a grade is another word. WHO grades are refused: BraTS calls grades 2
        *and* 3 low, other authors only 1 and 2.
    """
    grades = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        column = next((name for name in rows.fieldnames or () if name.strip().lower() == "grade"), None)
        if column is None:
            raise ValueError(f"{path} has the columns {rows.fieldnames}; expected one called grade")
        for number, row in enumerate(rows, 2):
            word = (row[column] or "").strip().lower()
            if word not in WORDS:
                raise ValueError(f"{path}, line {number}: grade {word!r}; expected HGG, LGG, high or low")
            names = (value.strip() for name, value in row.items() if name != column and value)
            grades |= {name.lower(): WORDS[word] for name in names}
    return grades


def grade_of(
    case: Case, et_cm3: float, grades: Mapping[str, str] | None = None, limit: float = LIMIT
) -> tuple[str, str]:
    """Return the grade of a case and how it is known.

    In this order: a table; a folder HGG or LGG above the files, as in BraTS until 2019; else, as a proxy and
    not a diagnosis, the volume of enhancing tumour: most low-grade gliomas enhance little or not at all.

    Parameters
    ----------
    case : Case
    et_cm3 : float
        True volume of the enhancing tumour.
    grades : mapping, optional
        From `read_grades`.
    limit : float
        cm3 below which the proxy says "low".

    Returns
    -------
    grade : {"high", "low"}
    known_by : {"table", "folder", "proxy"}
    """
    for name in (case.id, case.patient):
        if found := (grades or {}).get(name.lower()):
            return found, "table"
    for part in reversed(case.sources[0].absolute().parts):
        if part.lower() in ("hgg", "lgg"):
            return WORDS[part.lower()], "folder"
    return "low" if et_cm3 < limit else "high", "proxy"
