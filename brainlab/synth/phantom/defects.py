"""Defective cases for the hunt of notebook 01: each carries one defect that was met in real data sets.

Every function takes the arrays of a healthy case, `{role: array}`, and changes them in place.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from brainlab.labels import MODALITIES
from brainlab.synth.phantom.fields import Fields
from brainlab.synth.phantom.subject import draw_subject

FIRST_INDEX = 900  # defective cases have their own numbers, far from those of the good ones


def mirrored_images(case: dict[str, np.ndarray]) -> None:
    """Images are flipped left to right, segmentation and affine are not: the mask is on the wrong side."""
    for modality in MODALITIES:
        case[modality] = case[modality][::-1].copy()


def missing_modality(case: dict[str, np.ndarray]) -> None:
    """There is no T2 file: the case cannot be used by a network that wants four channels."""
    del case["t2w"]


def label_four(case: dict[str, np.ndarray]) -> None:
    """Enhancing tumour has the value 4, as until BraTS 2021, in a case named as in 2023, where it is 3."""
    case["seg"][case["seg"] == 3] = 4


def shifted_segmentation(case: dict[str, np.ndarray]) -> None:
    """The segmentation lies 20 % of the image too far to the front: right volume, wrong place."""
    case["seg"] = np.roll(case["seg"], -round(0.2 * case["seg"].shape[1]), axis=1)


def segmentation_of_other_shape(case: dict[str, np.ndarray]) -> None:
    """The segmentation was cropped and the images were not: the shapes differ."""
    case["seg"] = case["seg"][10:-10, 10:-10].copy()


def float_labels(case: dict[str, np.ndarray]) -> None:
    """Labels are floats, 1 is stored as 0.99999994: `seg == 1` finds nothing, a cast to integers gives 0."""
    case["seg"] = np.nextafter(case["seg"].astype(np.float32), np.float32(0))


def empty_segmentation(case: dict[str, np.ndarray]) -> None:
    """The segmentation is zero everywhere, although the images show a tumour."""
    case["seg"][:] = 0


def constant_modality(case: dict[str, np.ndarray]) -> None:
    """The FLAIR has one value in the whole brain: its deviation, by which a z-score divides, is 0."""
    case["t2f"][case["t2f"] > 0] = 300


def wrong_affine(case: dict[str, np.ndarray]) -> None:
    """The affine says that x grows to the right and y to the front; the voxels lie the other way round."""


def truncated_file(case: dict[str, np.ndarray]) -> None:
    """The T1c file ends too early, as after a broken download: the header can be read, the voxels cannot."""


DEFECTS: tuple[Callable[[dict[str, np.ndarray]], None], ...] = (
    mirrored_images,
    missing_modality,
    label_four,
    shifted_segmentation,
    segmentation_of_other_shape,
    float_labels,
    empty_segmentation,
    constant_modality,
    wrong_affine,
    truncated_file,
)


def defect_of(index: int) -> Callable[[dict[str, np.ndarray]], None] | None:
    """Return the defect of case number `index`, None for a good case."""
    number = index - FIRST_INDEX
    return DEFECTS[number] if 0 <= number < len(DEFECTS) else None


def glioblastoma_from(seed: int, index: int) -> int:
    """Return the first subject from `index` on, in steps of ten, with a ring: there, all defects show."""
    while draw_subject(Fields(seed, index)).kind != "ring":
        index += 10
    return index


def spoil_affine(affine: np.ndarray, index: int) -> np.ndarray:
    """Return the affine that the files of this case get, (4, 4)."""
    return np.abs(affine) if defect_of(index) is wrong_affine else affine


def spoil_files(folder: Path, index: int) -> None:
    """Do to the written files of a case what cannot be done to arrays."""
    if defect_of(index) is truncated_file:
        path = next(folder.glob("*-t1c.nii.gz"))
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
