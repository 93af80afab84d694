"""Which way up a slice is drawn: the one owner of orientation, for figures, widgets and exports.

A volume is drawn along three *display axes*: 0 grows to the patient's left, 1 to the back, 2 to the top.
Every plane is then radiological: the patient's left is on the right of axial and coronal pictures, the
face on the left of sagittal ones. Which array axis is which, and in which direction, is read from the affine.
"""

from dataclasses import dataclass

import numpy as np
from nibabel.affines import voxel_sizes
from nibabel.orientations import aff2axcodes, io_orientation

# The display axis that a view looks along.
NORMAL = {"axial": 2, "coronal": 1, "sagittal": 0}
VIEWS = tuple(NORMAL)
# The letters at the left, right, top and bottom of a picture.
MARKS = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}


@dataclass(frozen=True)
class Frame:
    """The order and direction of a volume's axes.

    Attributes
    ----------
    shape : tuple of int
        (X, Y, Z) of the array.
    affine : ndarray (4, 4) or None
        Voxel to mm in RAS+; None where it is not known, and then no picture has marks.
    axes : tuple of int
        The array axis of each display axis.
    flipped : tuple of bool
        Whether the array runs against the display axis.
    spacing : tuple of float
        Millimetres per voxel along each display axis.
    """

    shape: tuple[int, ...]
    affine: np.ndarray | None
    axes: tuple[int, ...] = (0, 1, 2)
    flipped: tuple[bool, ...] = (False, False, False)
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)

    def axis(self, view: str) -> int:
        """Return the array axis along which the slices of a view are counted."""
        return self.axes[NORMAL[view]]

    def display(self, volume: np.ndarray) -> np.ndarray:
        """Return a volume (X, Y, Z) as (top, back, left): the display axes, the last one fastest."""
        turned = volume.transpose(self.axes)
        turned = turned[tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)]
        return turned.transpose(2, 1, 0)

    def plane(self, volume: np.ndarray, view: str, index: int) -> np.ndarray:
        """Return one slice of (X, Y, Z) as a picture (rows, columns), without a copy.

        Parameters
        ----------
        index : int
            Along the array axis `axis(view)`.
        """
        normal = NORMAL[view]
        if self.flipped[normal]:
            index = self.shape[self.axes[normal]] - 1 - index
        top, back, left = (slice(None, None, -1), slice(None), slice(None))
        at: dict[str, tuple] = {
            "axial": (index, back, left),
            "coronal": (top, index, left),
            "sagittal": (top, back, index),
        }
        return self.display(volume)[at[view]]

    def pixel_size(self, view: str) -> tuple[float, float]:
        """Return the height and width of a pixel in mm."""
        left, back, up = self.spacing
        return {"axial": (back, left), "coronal": (up, left), "sagittal": (up, back)}[view]

    def pixel(self, view: str, voxel: tuple[int, int, int]) -> tuple[int, int]:
        """Return the row and column of an array voxel in the picture of its slice."""
        where = []
        for array_axis, flip in zip(self.axes, self.flipped, strict=True):
            index = voxel[array_axis]
            where.append(self.shape[array_axis] - 1 - index if flip else index)
        left, back, up = where
        row = self.shape[self.axes[2]] - 1 - up
        return {"axial": (back, left), "coronal": (row, left), "sagittal": (row, back)}[view]

    def marks(self, view: str) -> str:
        """Return the letters at the left, right, top and bottom; empty where the affine is not known."""
        return MARKS[view] if self.affine is not None else ""


def frame_of(shape: tuple[int, ...], affine: np.ndarray | None) -> Frame:
    """Read the order and direction of the axes from an affine; an oblique one goes to the nearest axes.

    Without an affine the first axis is drawn to the right and the second one down, without marks.

    Raises
    ------
    ValueError
        If the affine is not a (4, 4) matrix that can be inverted.
    """
    if affine is None:
        return Frame(tuple(shape), None)
    affine = np.asarray(affine, float)
    usable = affine.shape == (4, 4) and np.isfinite(affine).all() and abs(np.linalg.det(affine)) > 1e-9
    if not usable:
        detail = affine.round(3).tolist()
        raise ValueError(f"affine is {detail}; expected a (4, 4) matrix that can be inverted")
    world, direction = io_orientation(affine).T  # for each array axis: 0 right, 1 front, 2 up, and the sign
    axes = tuple(int(np.flatnonzero(world == axis)[0]) for axis in range(3))
    towards = (-1, -1, 1)  # the display axes run to the left, the back and the top
    flipped = tuple(bool(direction[a] != sign) for a, sign in zip(axes, towards, strict=True))
    sizes = voxel_sizes(affine)
    return Frame(tuple(shape), affine, axes, flipped, tuple(float(sizes[a]) for a in axes))


def oriented(plane: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Turn an axial plane into a radiological picture.

    Parameters
    ----------
    plane : ndarray (X, Y) or (X, Y, 3)
        One axial plane of a volume.
    affine : ndarray (4, 4)
        Voxel to mm, in nibabel's RAS+ world.

    Returns
    -------
    ndarray (rows, columns) or (rows, columns, 3)
        Front of the head up, the patient's left on the right; a view of `plane`, not a copy.

    Raises
    ------
    ValueError
        If the first two axes of the volume are not left-right and front-back.
    """
    frame = frame_of((*plane.shape[:2], 1), affine)
    if frame.axis("axial") != 2:
        codes = aff2axcodes(affine)[:2]
        raise ValueError(f"the first two axes point to {codes}; expected L/R and A/P: is this volume axial?")
    back = frame.axes[1]  # the array axis that becomes the rows
    picture = plane if back == 0 else np.swapaxes(plane, 0, 1)  # (rows, columns)
    flip_left, flip_back = frame.flipped[:2]
    return picture[:: -1 if flip_back else 1, :: -1 if flip_left else 1]
