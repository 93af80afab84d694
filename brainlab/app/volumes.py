"""From NIfTI files that came in to a case: which modality each one is, and whether they belong together.

Everything is checked before anything is computed: the header before the file is unpacked, all headers before
the voxels are read. The readers are those of `brainlab.data`.
"""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from brainlab.app.inbox import Received
from brainlab.app.limits import MB, Limits, UploadError
from brainlab.app.unpack import gzip_start, inflate
from brainlab.data import find_cases
from brainlab.data.case import Case
from brainlab.data.collect import NAMED, ROLES
from brainlab.data.rawfile import GZIP_MAGIC
from brainlab.data.volume import Header, VolumeError, affine_gap, orientation, read_header, read_volume
from brainlab.labels import MODALITIES, MODALITY_NAMES

HEADER = 540  # bytes: of the longer one, NIfTI-2
SPARE = 1 * MB  # bytes that may follow the voxels, or lie between header and voxels
MOST_MM = 0.5  # that the same voxel may lie apart in two modalities
VOXEL_MM = (0.2, 10.0)  # sound sizes


@dataclass(frozen=True)
class Volume:
    """One modality, or a segmentation, unpacked and with a sound header.

    Attributes
    ----------
    received : Received
    role : str
        "t1n", "t1c", "t2w", "t2f" or "seg".
    case_id : str
        What the name says of the case; empty where it says nothing.
    header : Header
    """

    received: Received
    role: str
    case_id: str
    header: Header


def is_nifti(start: bytes) -> bool:
    """Return whether bytes begin as a NIfTI file does."""
    return any(c.header_class.may_contain_header(start) for c in (nib.Nifti1Image, nib.Nifti2Image))


def read_upload(received: Received, limits: Limits) -> Volume:
    """Unpack one NIfTI file and check its name and its header.

    Raises
    ------
    UploadError
        If it is no volume of a known modality, or its header promises more or something else than a brain.
    """
    name = received.name
    role, case_id = role_of(name)
    with received.path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        start = file.read(HEADER)
    if packed:
        start = gzip_start(received, HEADER)
    if not is_nifti(start):
        raise UploadError(f"{name} is no NIfTI file inside; expected .nii or .nii.gz: was it only renamed?")
    size = _promised_bytes(name, start, limits)
    path = received.path.with_name(received.path.name + ".nii")
    received = inflate(received, path, size + SPARE) if packed else Received(name, received.path.rename(path))
    try:
        header = read_header(path)
    except VolumeError as error:
        raise UploadError(told(error, {path: name})) from error
    mm = nib.affines.voxel_sizes(header.affine)
    if not (mm >= VOXEL_MM[0]).all() or not (mm <= VOXEL_MM[1]).all():
        raise UploadError(
            f"{name} has voxels of {_by(mm.round(3))} mm; expected {VOXEL_MM[0]} to {VOXEL_MM[1]:.0f} mm: "
            "was its affine lost?"
        )
    return Volume(received, role, case_id, header)


def role_of(name: str) -> tuple[str, str]:
    """Return modality and case that a file's name tells: "BraTS19_X_1_t1ce.nii.gz" is ("t1c", "BraTS19_X_1").

    Raises
    ------
    UploadError
        If the name tells no modality.
    """
    stem = re.sub(r"\.nii(\.gz)?$", "", name, flags=re.IGNORECASE)
    match = NAMED.fullmatch(stem)
    if not match:
        raise UploadError(
            f"the name {name} tells no modality; expected one that ends in t1n or t1, t1c or t1ce, t2w or "
            "t2, t2f or flair, as in case7-t1c.nii.gz"
        )
    return ROLES[match["role"].lower()], match["case"] or ""


def check_together(volumes: Mapping[str, Volume]) -> None:
    """Raise UploadError unless volumes, by role, lie on one grid and are of one case."""
    first, *others = volumes.values()
    one = first.received.name
    for other in others:
        two = other.received.name
        if first.header.shape != other.header.shape:
            raise UploadError(
                f"{two} has {_by(other.header.shape)} voxels; expected {_by(first.header.shape)} as {one}: "
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


def told(error: Exception, names: Mapping[Path, str]) -> str:
    """Return an error's message in one line, with the sender's names in place of our paths."""
    theirs = {str(path): name for path, name in names.items()}
    theirs |= {
        path.name: name for path, name in names.items() if path.suffix
    }  # of files, not of their folder
    ours = "|".join(map(re.escape, sorted(theirs, key=len, reverse=True)))
    return re.sub(ours, lambda found: theirs[found[0]], " ".join(str(error).split()))


def _promised_bytes(name: str, start: bytes, limits: Limits) -> int:
    """Return how long the unpacked file is by its header, once what the header promises is sound."""
    first = nib.Nifti1Header if nib.Nifti1Header.may_contain_header(start) else nib.Nifti2Header
    try:
        with nib.imageglobals.LoggingOutputSuppressor():
            header = first(start[: first.sizeof_hdr], check=False)
            shape = tuple(int(n) for n in header.get_data_shape())
            kind, offset = header.get_data_dtype(), float(header["vox_offset"])
    except (ValueError, KeyError, nib.spatialimages.HeaderDataError) as error:
        raise UploadError(
            f"{name} has a damaged NIfTI header; expected a volume: is the file cut?"
        ) from error
    if not bytes(header["magic"].tobytes()).startswith(b"n+"):
        raise UploadError(f"{name} is a header without its voxels; expected .nii, not .hdr and .img")
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise UploadError(
            f"{name} has {_by(shape)} voxels, {len(shape)} dimensions; expected three: "
            "one file for each modality"
        )
    low, high = limits.sides
    if min(shape) < low or max(shape) > high or np.prod(shape, dtype=object) > limits.voxels:
        raise UploadError(
            f"{name} has {_by(shape)} voxels; expected {low} to {high} along each axis and at most "
            f"{limits.voxels / MB:.0f} million: is it a brain volume, and its header sound?"
        )
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise UploadError(f"{name} has voxels of type {kind}; expected one number each, not colours")
    if not 0 <= offset <= SPARE:
        raise UploadError(f"{name} has a damaged NIfTI header; expected its voxels to follow it at once")
    return int(offset) + int(np.prod(shape)) * kind.itemsize


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


def _by(numbers: tuple | np.ndarray) -> str:
    return " x ".join(f"{n:g}" for n in numbers)
