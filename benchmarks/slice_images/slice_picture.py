"""A slice of a cached case as an 8-bit picture and a mask, as PNG files need them."""

from collections.abc import Sequence

import numpy as np

from brainlab.data.cached import CachedCase
from brainlab.data.display import VIEWS, Frame, frame_of
from brainlab.data.geometry import crop
from brainlab.data.images.picture import square_image, square_mask
from brainlab.data.intensity import rescale
from brainlab.labels import MODALITIES

FIELD = 256.0  # mm, edge of the square around the middle of the brain; larger than any head


def slice_picture(
    case: CachedCase, index: int, size: int = 256, modality: str = "t1c", plane: str = "axial"
) -> np.ndarray:
    """Return one slice as a grey picture, as `brainlab.data.display` orients it.

    The picture shows 256 x 256 mm around the middle of the brain, so that a pixel has the same size in mm in
    every picture; with 256 pixels and voxels of 1 mm it is a voxel.

    Parameters
    ----------
    case : CachedCase
    index : int
        Slice of the brain box, along `frame(case, plane).axis(plane)`.
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
        above: one window for all slices of a case.

    Raises
    ------
    ValueError
        If the plane is unknown or its voxels are no squares.
    """
    raw = _picture(case.image[:, MODALITIES.index(modality)], case, index, plane)  # (rows, columns)
    # Clipped before it becomes 8 bit: 256 would wrap around to black.
    grey = np.where(raw == 0, 0, rescale(raw.astype(np.float32), *case.window(modality)))
    return np.rint(255 * square_image(grey[None].astype(np.float32), size)[0]).astype(np.uint8)


def slice_mask(
    case: CachedCase, index: int, size: int = 256, labels: Sequence[int] = (1, 2, 3), plane: str = "axial"
) -> np.ndarray:
    """Return where a slice has one of the labels: (size, size) bool, in the grid of `slice_picture`."""
    return square_mask(np.isin(_picture(case.labels, case, index, plane), labels), size)


def frame(case: CachedCase, plane: str) -> Frame:
    """Return how the brain box of a case is drawn.

    Raises
    ------
    ValueError
        If the plane is unknown, or its voxels are not square.
    """
    if plane not in VIEWS:
        raise ValueError(f"plane {plane!r} is unknown; expected one of {', '.join(VIEWS)}")
    found = frame_of(tuple(stop - start for start, stop in case.box), case.affine)
    height, width = found.pixel_size(plane)
    if not np.isclose(height, width, rtol=0.01):
        raise ValueError(
            f"{case.id} has {plane} voxels of {width:g} x {height:g} mm; expected squares: "
            "were its slices taken in another plane?"
        )
    return found


def tumour_sizes(case: CachedCase, plane: str) -> np.ndarray:
    """Return the area of the whole tumour in every slice of a plane, in mm2."""
    axis = frame(case, plane).axis(plane)
    volume = np.moveaxis(case.labels, 0, -1)  # (x, y, Z)
    others = tuple({0, 1, 2} - {axis})
    return np.count_nonzero(volume, axis=others) * np.prod(case.spacing[list(others)])


def _picture(stack: np.ndarray, case: CachedCase, index: int, plane: str) -> np.ndarray:
    """Return one slice of (Z, x, y) as figures show it, cut or padded to the field of view."""
    box = frame(case, plane)
    picture = box.plane(np.moveaxis(stack, 0, -1), plane, index)  # (rows, columns)
    return crop(picture, round(FIELD / box.pixel_size(plane)[0]))
