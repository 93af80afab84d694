"""A slice of a cached case as a picture of 8 bit and a mask, as a viewer of PNG files expects them."""

from collections.abc import Sequence

import numpy as np

from brainlab.data.cached import PERCENTILES, CachedCase
from brainlab.data.geometry import crop
from brainlab.data.images.square import square_image, square_mask
from brainlab.labels import MODALITIES

FIELD = 256.0  # mm, edge of the square around the middle of the brain; larger than any head
DARKEST, BRIGHTEST = PERCENTILES.index(0.5), PERCENTILES.index(99.5)


def slice_picture(case: CachedCase, z: int, size: int = 256, modality: str = "t1c") -> np.ndarray:
    """Return one slice as a grey picture, radiological: front up, the patient's left on the right.

    The picture shows 256 x 256 mm around the middle of the brain, so that a pixel has the same size in mm in
    every picture; with 256 pixels and voxels of 1 mm it is a voxel.

    Parameters
    ----------
    case : CachedCase
    z : int
        Slice of the brain box.
    size : int
        Edge in pixels.
    modality : str
        One of `brainlab.labels.MODALITIES`.

    Returns
    -------
    np.ndarray
        Shape (size, size), uint8. 0 is the background, 255 the 99.5th percentile of the patient's brain and
        all above it: one window for all slices of a case.
    """
    channel = MODALITIES.index(modality)
    raw = case.image[z, channel].astype(np.float32)  # (x, y)
    low, high = case.percentiles[channel, [DARKEST, BRIGHTEST]].tolist()
    low = min(0.0, low)  # above 0 the background would be no darker than a dark brain
    grey = np.where(raw == 0, 0, (raw - low) / max(high - low, 1e-6))
    # Cut off before it becomes 8 bit: 256 would wrap round to black.
    squared = square_image(_upright(np.clip(grey, 0, 1), case)[None].astype(np.float32), size)[0]
    return np.rint(255 * squared).astype(np.uint8)


def slice_mask(case: CachedCase, z: int, size: int = 256, labels: Sequence[int] = (1, 2, 3)) -> np.ndarray:
    """Return where a slice has one of the labels: (size, size) bool, in the grid of `slice_picture`."""
    return square_mask(_upright(np.isin(case.labels[z], labels), case), size)


def _upright(plane: np.ndarray, case: CachedCase) -> np.ndarray:
    """Cut or pad a plane (x, y) to the field and turn it the way the course's figures show it."""
    from brainlab.view.slices import oriented  # draws with Matplotlib, which reading needs not

    in_plane = case.spacing[:2]
    if not np.allclose(in_plane, in_plane[0], rtol=0.01):
        raise ValueError(
            f"{case.id} has voxels of {in_plane[0]:g} x {in_plane[1]:g} mm in a slice; expected squares: is "
            "the volume axial?"
        )
    return oriented(crop(plane, round(FIELD / in_plane[0])), case.affine)
