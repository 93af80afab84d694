"""How a volume lies in the head, and so which way up its planes are drawn.

A volume is drawn along three *display axes*: 0 grows to the patient's left, 1 to the back, 2 to the top.
Every plane is then radiological: the patient's left is on the right of axial and coronal pictures, the
face on the left of sagittal ones. Which array axis is which, and in which direction, is read from the affine.

The part of each picture that holds the head: volumes have a wide black border that nobody needs to see.

How much of each label there is: in the whole volume, and in every slice of every view.
"""

from dataclasses import dataclass

import numpy as np
from nibabel.affines import voxel_sizes
from nibabel.orientations import io_orientation

from brainlab.labels import NUM_CLASSES

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

    shape: tuple[int, int, int]
    affine: np.ndarray | None
    axes: tuple[int, int, int] = (0, 1, 2)
    flipped: tuple[bool, bool, bool] = (False, False, False)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)

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
        at = {"axial": (index, back, left), "coronal": (top, index, left), "sagittal": (top, back, index)}
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


def frame_of(shape: tuple[int, int, int], affine: np.ndarray | None) -> Frame:
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
        raise ValueError(
            f"affine is {affine.round(3).tolist()}; expected a (4, 4) matrix that can be inverted: "
            "is it the affine of the case?"
        )
    world, direction = io_orientation(affine).T  # for each array axis: 0 right, 1 front, 2 up, and the sign
    axes = tuple(int(np.flatnonzero(world == axis)[0]) for axis in range(3))
    towards = (-1, -1, 1)  # the display axes run to the left, the back and the top
    flipped = tuple(bool(direction[a] != sign) for a, sign in zip(axes, towards, strict=True))
    sizes = voxel_sizes(affine)
    return Frame(tuple(shape), affine, axes, flipped, tuple(float(sizes[a]) for a in axes))


Box = tuple[int, int, int, int]


def head_boxes(volume: np.ndarray, frame: Frame, margin: int = 5) -> dict[str, Box]:
    """Return what to show of the pictures of each view, the same for every slice.

    Parameters
    ----------
    volume : ndarray (X, Y, Z)
        0 outside the head.
    margin : int
        Voxels left around it.

    Returns
    -------
    dict
        View -> first and last row, first and last column, half-open.
    """
    inside = volume != 0
    ends = []
    for array_axis, flip in zip(frame.axes, frame.flipped, strict=True):
        others = tuple(axis for axis in range(3) if axis != array_axis)
        length = volume.shape[array_axis]
        hits = np.flatnonzero(inside.any(axis=others))
        low, high = (int(hits[0]), int(hits[-1]) + 1) if hits.size else (0, length)
        low, high = max(0, low - margin), min(length, high + margin)
        ends.append((length - high, length - low) if flip else (low, high))
    left, back, up = ends
    height = volume.shape[frame.axes[2]]
    down = (height - up[1], height - up[0])  # rows run down
    return {"axial": (*back, *left), "coronal": (*down, *left), "sagittal": (*down, *back)}


def label_volumes(labels: np.ndarray, frame: Frame) -> list[float]:
    """Return the volume of each label in cm3, the background's as 0."""
    voxels = np.bincount(labels[labels > 0], minlength=NUM_CLASSES)
    return [float(n) * float(np.prod(frame.spacing)) / 1000 for n in voxels]


def slice_counts(labels: np.ndarray, frame: Frame) -> dict[str, list[list[int]]]:
    """Count the voxels of labels 1 to 3 in every slice.

    Returns
    -------
    dict
        View -> for each label from 0 (all zero) to 3, the count in each slice along the array's axis.
    """
    where = np.nonzero(labels)
    values = labels[where].astype(np.intp)
    counts = {}
    for view in VIEWS:
        axis = frame.axis(view)
        length = labels.shape[axis]
        table = np.bincount(values * length + where[axis], minlength=NUM_CLASSES * length)
        counts[view] = table.reshape(NUM_CLASSES, length).tolist()
    return counts


def largest(counts: list[list[int]], labels: list[int]) -> int | None:
    """Return the slice with most of the given labels; None where there is none of them.

    Parameters
    ----------
    counts : list of list
        Of one view, from `slice_counts`.
    """
    total = np.sum([counts[label] for label in labels], axis=0) if labels else np.zeros(1)
    return int(total.argmax()) if total.any() else None


def centre(labels: np.ndarray, axis: int, index: int, shown: list[int]) -> list[int]:
    """Return the voxel in the middle of the given labels in one slice."""
    plane = np.isin(labels.take(index, axis), shown)
    middle = [round(float(where.mean())) for where in np.nonzero(plane)]
    middle.insert(axis, index)
    return middle
