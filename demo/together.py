"""Make a case of uploaded volumes: check that they match and that none is empty or broken.

All headers are compared before any voxel is read. The readers are those of `brainlab.data`.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from brainlab.data import find_cases
from brainlab.data.case import Case
from brainlab.data.volume import VolumeError, affine_gap, orientation, read_volume
from brainlab.labels import MODALITIES, MODALITY_NAMES
from demo.limits import UploadError, message_of
from demo.volumes import Volume, by

MOST_MM = 0.5  # tolerated distance of the same voxel in two modalities


def check_together(volumes: Mapping[str, Volume]) -> None:
    """Raise UploadError unless volumes, by role, have the same grid and belong to one case."""
    first, *others = volumes.values()
    one = first.received.name
    for other in others:
        two = other.received.name
        if first.header.shape != other.header.shape:
            raise UploadError(
                f"{two} has {by(other.header.shape)} voxels; expected {by(first.header.shape)} as {one}: "
                "is it of another case, or not resampled to the others?"
            )
        ours, theirs = orientation(other.header.affine), orientation(first.header.affine)
        if ours != theirs:
            raise UploadError(
                f"the axes of {two} run {ours}; expected {theirs} as in {one}: was one file reoriented?"
            )
        gap = affine_gap(first.header.affine, other.header.affine, first.header.shape)
        if gap > MOST_MM:
            raise UploadError(
                f"by its affine {two} is up to {gap:.1f} mm away from {one}; expected at most {MOST_MM} mm: "
                "were they registered to each other?"
            )
    ids = {volume.case_id.lower(): volume.case_id for volume in volumes.values() if volume.case_id}
    if len(ids) > 1:
        raise UploadError(
            f"the names belong to {len(ids)} cases, {' and '.join(ids.values())}; expected one: "
            "do all files belong together?"
        )


def missing(volumes: Mapping[str, Volume]) -> list[str]:
    """Return the missing modalities with their names, such as "t1c (T1 + contrast)"."""
    return [f"{name} ({MODALITY_NAMES[name]})" for name in MODALITIES if name not in volumes]


def make_case(volumes: Mapping[str, Volume], folder: Path) -> Case:
    """Check the voxels and return the case; the files are hard-linked into its folder.

    Parameters
    ----------
    volumes : mapping
        By role: four modalities and optionally a segmentation, checked by `check_together`.
    folder : Path
        Replaced if it exists.

    Raises
    ------
    UploadError
        If a modality is missing, holds NaN or is constant, or a label is unknown.
    """
    if missing(volumes):
        raise UploadError(f"{', '.join(missing(volumes))} missing; expected all four modalities")
    uploaded_id = next((volume.case_id for volume in volumes.values() if volume.case_id), "upload")
    case_id = re.sub(r"[^\w-]", "_", uploaded_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {folder: "the case"}
    for role, volume in volumes.items():
        path = folder / f"{case_id}-{role}.nii"
        names[path] = volume.received.name
        path.hardlink_to(volume.received.path)  # no copy, and the upload is kept
        if role != "seg":
            _check_voxels(path, volume.received.name)
    try:
        found = find_cases(folder)
        if found.problems:
            raise VolumeError(found.problems[0].message)
        case = found[0]
        case.seg()
    except (VolumeError, ValueError) as error:
        raise UploadError(message_of(error, names)) from error
    return case


def _check_voxels(path: Path, name: str) -> None:
    try:
        voxels = read_volume(path)
    except VolumeError as error:
        raise UploadError(message_of(error, {path: name})) from error
    broken = voxels.size - np.count_nonzero(np.isfinite(voxels))
    if broken:
        raise UploadError(
            f"{name} has {broken:,} voxels that are NaN or infinite; expected finite numbers: set the "
            "background to 0 and save it again"
        )
    if voxels.min() == voxels.max():
        raise UploadError(f"{name} is empty, every voxel is {voxels.flat[0]:g}; expected a brain")
