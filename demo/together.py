"""From volumes that came in to a case: whether they belong together, and whether there is a brain in each.

All headers are compared before the voxels are read. The readers are those of `brainlab.data`.
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
from demo.limits import UploadError, told
from demo.volumes import Volume, by

MOST_MM = 0.5  # that the same voxel may lie apart in two modalities


def check_together(volumes: Mapping[str, Volume]) -> None:
    """Raise UploadError unless volumes, by role, lie on one grid and are of one case."""
    first, *others = volumes.values()
    one = first.received.name
    for other in others:
        two = other.received.name
        if first.header.shape != other.header.shape:
            raise UploadError(
                f"{two} has {by(other.header.shape)} voxels; expected {by(first.header.shape)} as {one}: "
                "a file of another case, or not resampled to the others?"
            )
        ours, theirs = orientation(other.header.affine), orientation(first.header.affine)
        if ours != theirs:
            raise UploadError(
                f"the axes of {two} run {ours}; expected {theirs} as in {one}: was one file reoriented?"
            )
        gap = affine_gap(first.header.affine, other.header.affine, first.header.shape)
        if gap > MOST_MM:
            raise UploadError(
                f"by its affine {two} lies up to {gap:.1f} mm off {one}; expected at most {MOST_MM} mm: "
                "were they registered to each other?"
            )
    ids = {volume.case_id.lower(): volume.case_id for volume in volumes.values() if volume.case_id}
    if len(ids) > 1:
        raise UploadError(
            f"the names are of {len(ids)} cases, {' and '.join(ids.values())}; expected one: "
            "do all files belong together?"
        )


def missing(volumes: Mapping[str, Volume]) -> list[str]:
    """Return the modalities that are not there yet, with their names: "t1c (T1 + contrast)"."""
    return [f"{name} ({MODALITY_NAMES[name]})" for name in MODALITIES if name not in volumes]


def make_case(volumes: Mapping[str, Volume], folder: Path) -> Case:
    """Check the voxels and return the case; the files move to a folder of it.

    Parameters
    ----------
    volumes : mapping
        By role: four modalities and perhaps a segmentation, after `check_together`.
    folder : Path
        Is made anew.

    Raises
    ------
    UploadError
        If a modality is missing, holds NaN or nothing, or a label is unknown.
    """
    if missing(volumes):
        raise UploadError(f"{', '.join(missing(volumes))} missing; expected all four modalities")
    told_id = next((volume.case_id for volume in volumes.values() if volume.case_id), "upload")
    case_id = re.sub(r"[^\w-]", "_", told_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {folder: "the case"}
    for role, volume in volumes.items():
        path = folder / f"{case_id}-{role}.nii"
        names[path] = volume.received.name
        path.hardlink_to(volume.received.path)  # the same bytes: no copy, and the upload stays as it is
        if role != "seg":
            _check_voxels(path, volume.received.name)
    try:
        found = find_cases(folder)
        if found.problems:
            raise VolumeError(found.problems[0].message)
        case = found[0]
        case.seg()
    except (VolumeError, ValueError) as error:
        raise UploadError(told(error, names)) from error
    return case


def _check_voxels(path: Path, name: str) -> None:
    try:
        voxels = read_volume(path)
    except VolumeError as error:
        raise UploadError(told(error, {path: name})) from error
    broken = voxels.size - np.count_nonzero(np.isfinite(voxels))
    if broken:
        raise UploadError(
            f"{name} holds {broken:,} voxels that are no numbers (NaN or infinite); expected numbers "
            "everywhere: set its background to 0 and save it again"
        )
    if voxels.min() == voxels.max():
        raise UploadError(f"{name} is empty, every voxel is {voxels.flat[0]:g}; expected a brain")
