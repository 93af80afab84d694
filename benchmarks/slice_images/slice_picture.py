"""A slice of a cached case as a picture of 8 bit and a mask, as a viewer of PNG files expects them."""

from collections.abc import Sequence

import numpy as np
from nibabel.affines import voxel_sizes
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform

from brainlab.data.cached import PERCENTILES, CachedCase
from brainlab.data.geometry import crop
from brainlab.data.images.picture import square_image, square_mask
from brainlab.labels import MODALITIES

FIELD = 256.0  # mm, edge of the square around the middle of the brain; larger than any head
DARKEST, BRIGHTEST = PERCENTILES.index(0.5), PERCENTILES.index(99.5)
ACROSS = {"sagittal": 0, "coronal": 1, "axial": 2}  # the axis of the world that a plane lies across
PICTURE = ("L", "P", "I")  # columns grow to the left (sagittal: the back), rows to the back or down


def slice_picture(
    case: CachedCase, index: int, size: int = 256, modality: str = "t1c", plane: str = "axial"
) -> np.ndarray:
    """Return one slice as a grey picture, radiological.

    Axial: front up; coronal and sagittal: top up. The patient's left is on the right; sagittal slices look to
    the left. The picture shows 256 x 256 mm around the middle of the brain, so that a pixel has the same size
    in mm in every picture; with 256 pixels and voxels of 1 mm it is a voxel.

    Parameters
    ----------
    case : CachedCase
    index : int
        Slice of the brain box, along `plane_axis`.
    size : int
        Edge in pixels.
    modality : str
        One of `brainlab.labels.MODALITIES`.
    plane : str
        axial, coronal or sagittal.

    Returns
    -------
    np.ndarray
        Shape (size, size), uint8. 0 is the background, 255 the 99.5th percentile of the patient's brain and
        all above it: one window for all slices of a case.

    Raises
    ------
    ValueError
        If the plane is unknown or its voxels are no squares.
    """
    channel = MODALITIES.index(modality)
    raw = _upright(case.image[:, channel], case, index, plane).astype(np.float32)  # (rows, columns)
    low, high = case.percentiles[channel, [DARKEST, BRIGHTEST]].tolist()
    low = min(0.0, low)  # above 0 the background would be no darker than a dark brain
    grey = np.where(raw == 0, 0, (raw - low) / max(high - low, 1e-6))
    # Cut off before it becomes 8 bit: 256 would wrap round to black.
    squared = square_image(np.clip(grey, 0, 1)[None].astype(np.float32), size)[0]
    return np.rint(255 * squared).astype(np.uint8)


def slice_mask(
    case: CachedCase, index: int, size: int = 256, labels: Sequence[int] = (1, 2, 3), plane: str = "axial"
) -> np.ndarray:
    """Return where a slice has one of the labels: (size, size) bool, in the grid of `slice_picture`."""
    return square_mask(np.isin(_upright(case.labels, case, index, plane), labels), size)


def plane_axis(case: CachedCase, plane: str) -> int:
    """Return the axis of the source (X, Y, Z) along which the slices of a plane are counted."""
    if plane not in ACROSS:
        raise ValueError(f"plane {plane!r} is unknown; expected one of {', '.join(ACROSS)}")
    return int(np.flatnonzero(io_orientation(case.affine)[:, 0] == ACROSS[plane])[0])


def tumour_areas(case: CachedCase, plane: str) -> np.ndarray:
    """Return the area of the whole tumour in every slice of a plane, in mm2."""
    axis = plane_axis(case, plane)
    volume = np.moveaxis(case.labels, 0, -1)  # (x, y, Z)
    others = tuple({0, 1, 2} - {axis})
    return np.count_nonzero(volume, axis=others) * np.prod(case.spacing[list(others)])


def _upright(stack: np.ndarray, case: CachedCase, index: int, plane: str) -> np.ndarray:
    """Cut one slice out of (Z, x, y), turn it the way figures show it and cut or pad it to the field."""
    axis = plane_axis(case, plane)
    slab = np.moveaxis(stack, 0, -1).take([index], axis)  # (x, y, Z) with 1 along the axis
    turn = ornt_transform(io_orientation(case.affine), axcodes2ornt(PICTURE))
    picture = apply_orientation(slab, turn).squeeze(ACROSS[plane]).T  # (rows, columns)
    mm = np.delete(voxel_sizes(case.affine), axis)
    if not np.allclose(mm, mm[0], rtol=0.01):
        raise ValueError(
            f"{case.id} has {plane} voxels of {mm[0]:g} x {mm[1]:g} mm; expected squares: "
            "were its slices taken in another plane?"
        )
    return crop(picture, round(FIELD / mm[0]))
