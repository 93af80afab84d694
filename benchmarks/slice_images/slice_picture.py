"""A slice of a cached case as an 8-bit picture and a mask, in radiological orientation."""

from collections.abc import Sequence

import numpy as np

from brainlab.data.cached import CachedCase
from brainlab.data.display import VIEWS, frame_of
from brainlab.data.geometry import crop
from brainlab.data.images.picture import square_image, square_mask
from brainlab.data.intensity import rescale
from brainlab.labels import MODALITIES

FIELD = 256.0  # field of view in mm, centred on the brain; larger than any head


def slice_picture(
    case: CachedCase, index: int, size: int = 256, modality: str = "t1c", plane: str = "axial"
) -> np.ndarray:
    """Return one slice as a grey picture in radiological orientation.

    Axial: front up; coronal and sagittal: top up. The patient's left is on the right; in sagittal slices the
    face is on the left. The picture shows 256 x 256 mm around the centre of the brain, so that pixels have
    the same size in mm in every picture; with 256 pixels and voxels of 1 mm, a pixel is a voxel.

    Parameters
    ----------
    case : CachedCase
    index : int
        Slice of the brain's bounding box, along `plane_axis`.
    size : int
        Edge in pixels.
    modality : str
        One of `brainlab.labels.MODALITIES`.
    plane : str
        axial, coronal or sagittal.

    Returns
    -------
    np.ndarray
        Shape (size, size), uint8. 0 is the background, 255 the 99.5th percentile of the brain; one window
        for all slices of a case.

    Raises
    ------
    ValueError
        If the plane is unknown, or its pixels are not square.
    """
    raw = _upright(case.image[:, MODALITIES.index(modality)], case, index, plane)  # (rows, columns)
    # Clipped before it becomes 8 bit: 256 would wrap around to black.
    grey = np.where(raw == 0, 0, rescale(raw.astype(np.float32), *case.window(modality)))
    return np.rint(255 * square_image(grey[None].astype(np.float32), size)[0]).astype(np.uint8)


def slice_mask(
    case: CachedCase, index: int, size: int = 256, labels: Sequence[int] = (1, 2, 3), plane: str = "axial"
) -> np.ndarray:
    """Return the mask of some labels in a slice: (size, size) bool, on the grid of `slice_picture`."""
    return square_mask(np.isin(_upright(case.labels, case, index, plane), labels), size)


def plane_axis(case: CachedCase, plane: str) -> int:
    """Return the array axis of the source (X, Y, Z) that is normal to a plane."""
    if plane not in VIEWS:
        raise ValueError(f"plane {plane!r} is unknown; expected one of {', '.join(VIEWS)}")
    return frame_of(case.full_shape, case.affine).axis(plane)


def tumour_areas(case: CachedCase, plane: str) -> np.ndarray:
    """Return the area of the whole tumour in mm2 in every slice along a plane's normal."""
    axis = plane_axis(case, plane)
    volume = np.moveaxis(case.labels, 0, -1)  # (x, y, Z)
    others = tuple({0, 1, 2} - {axis})
    return np.count_nonzero(volume, axis=others) * np.prod(case.spacing[list(others)])


def _upright(stack: np.ndarray, case: CachedCase, index: int, plane: str) -> np.ndarray:
    """Take one slice of (Z, x, y), orient it as in figures, and crop or pad it to the field of view."""
    volume = np.moveaxis(stack, 0, -1)  # (x, y, Z)
    frame = frame_of(volume.shape, case.affine)
    height, width = frame.pixel_size(plane)
    if not np.isclose(height, width, rtol=0.01):
        raise ValueError(
            f"{case.id} has {plane} pixels of {width:g} x {height:g} mm; expected squares: "
            "was it acquired in another plane?"
        )
    return crop(frame.plane(volume, plane, index), round(FIELD / height))
