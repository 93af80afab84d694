"""One uploaded NIfTI file: its name and header are checked before it is decompressed.

The readers are those of `brainlab.data`.
"""

import re
from dataclasses import dataclass

import nibabel as nib
import numpy as np

from brainlab.data.layouts import NAMED, ROLES
from brainlab.data.volume import GZIP_MAGIC, Header, VolumeError, read_header
from demo.inbox import Received
from demo.limits import MB, Limits, UploadError, message_of
from demo.unpack import gzip_start, inflate

HEADER = 540  # bytes of a NIfTI-2 header, the longer one
SPARE = 1 * MB  # bytes allowed after the voxels, and between header and voxels
VOXEL_MM = (0.2, 10.0)  # plausible voxel sizes


@dataclass(frozen=True)
class Volume:
    """One modality or a segmentation, decompressed, with a valid header.

    Attributes
    ----------
    received : Received
    role : str
        "t1n", "t1c", "t2w", "t2f" or "seg".
    case_id : str
        From the file name; empty if the name has none.
    header : Header
    """

    received: Received
    role: str
    case_id: str
    header: Header


def is_nifti(start: bytes) -> bool:
    """Return whether the first bytes of a file are a NIfTI header."""
    return any(c.header_class.may_contain_header(start) for c in (nib.Nifti1Image, nib.Nifti2Image))


def read_upload(received: Received, limits: Limits) -> Volume:
    """Check the name and the header of a NIfTI file, and decompress it.

    Raises
    ------
    UploadError
        If the name has no modality, or the header does not describe a plausible brain volume.
    """
    name = received.name
    role, case_id = role_of(name)
    with received.path.open("rb") as file:
        compressed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        start = file.read(HEADER)
    if compressed:
        start = gzip_start(received, HEADER)
    if not is_nifti(start):
        raise UploadError(f"{name} does not contain NIfTI; expected .nii or .nii.gz: was it only renamed?")
    size = _declared_bytes(name, start, limits)
    path = received.path.with_name(received.path.name + ".nii")
    if compressed:
        received = inflate(received, path, size + SPARE)
    else:
        received = Received(name, received.path.rename(path))
    try:
        header = read_header(path)
    except VolumeError as error:
        raise UploadError(message_of(error, {path: name})) from error
    mm = nib.affines.voxel_sizes(header.affine)
    if not (mm >= VOXEL_MM[0]).all() or not (mm <= VOXEL_MM[1]).all():
        raise UploadError(
            f"{name} has voxels of {by(mm.round(3))} mm; expected {VOXEL_MM[0]} to {VOXEL_MM[1]:.0f} mm: "
            "was its affine lost?"
        )
    return Volume(received, role, case_id, header)


def role_of(name: str) -> tuple[str, str]:
    """Return modality and case of a file name: "BraTS19_X_1_t1ce.nii.gz" is ("t1c", "BraTS19_X_1").

    Raises
    ------
    UploadError
        If the name does not end in a modality.
    """
    stem = re.sub(r"\.nii(\.gz)?$", "", name, flags=re.IGNORECASE)
    match = NAMED.fullmatch(stem)
    if not match:
        raise UploadError(
            f"the name {name} has no modality; expected one that ends in t1n or t1, t1c or t1ce, t2w or t2, "
            "t2f or flair, such as case7-t1c.nii.gz"
        )
    return ROLES[match["role"].lower()], match["case"] or ""


def _declared_bytes(name: str, start: bytes, limits: Limits) -> int:
    """Return the length of the decompressed file by its header, after checking the header."""
    first = nib.Nifti1Header if nib.Nifti1Header.may_contain_header(start) else nib.Nifti2Header
    try:
        with nib.imageglobals.LoggingOutputSuppressor():
            header = first(start[: first.sizeof_hdr], check=False)
            shape = tuple(int(n) for n in header.get_data_shape())
            kind, offset = header.get_data_dtype(), float(header["vox_offset"])
    except (ValueError, KeyError, nib.spatialimages.HeaderDataError) as error:
        raise UploadError(
            f"{name} has a damaged NIfTI header; expected a volume: is the file truncated?"
        ) from error
    if not bytes(header["magic"].tobytes()).startswith(b"n+"):
        raise UploadError(f"{name} is a header without voxels; expected .nii, not .hdr and .img")
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise UploadError(
            f"{name} has {by(shape)} voxels, {len(shape)} dimensions; expected three: one file per modality"
        )
    low, high = limits.sides
    if min(shape) < low or max(shape) > high or np.prod(shape, dtype=object) > limits.voxels:
        raise UploadError(
            f"{name} has {by(shape)} voxels; expected {low} to {high} along each axis and at most "
            f"{limits.voxels / MB:.0f} million: is it a brain volume with a valid header?"
        )
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise UploadError(f"{name} has voxels of type {kind}; expected real numbers, not colours")
    if not 0 <= offset <= SPARE:
        raise UploadError(f"{name} has a damaged NIfTI header; expected the voxels right after it")
    return int(offset) + int(np.prod(shape)) * kind.itemsize


def by(numbers: tuple | np.ndarray) -> str:
    """Return numbers as in "240 x 240 x 155"."""
    return " x ".join(f"{n:g}" for n in numbers)
