"""Numbers of a volume for the viewer: bounding box of the head, volumes of the labels, counts per slice."""

import numpy as np

from brainlab.data.display import VIEWS, Frame
from brainlab.labels import NUM_CLASSES

Box = tuple[int, int, int, int]


def head_boxes(volume: np.ndarray, frame: Frame, margin: int = 5) -> dict[str, Box]:
    """Return the bounding box of the head in the pictures of each view, the same for every slice.

    Parameters
    ----------
    volume : ndarray (X, Y, Z)
        0 outside the head.
    margin : int
        Voxels added on each side.

    Returns
    -------
    dict
        View -> first and last row, first and last column, half-open.
    """
    extents, ends = head_extents(volume), []
    for array_axis, flip in zip(frame.axes, frame.flipped, strict=True):
        (low, high), length = extents[array_axis], volume.shape[array_axis]
        low, high = max(0, low - margin), min(length, high + margin)
        ends.append((length - high, length - low) if flip else (low, high))
    left, back, up = ends
    height = volume.shape[frame.axes[2]]
    down = (height - up[1], height - up[0])  # rows run down
    return {"axial": (*back, *left), "coronal": (*down, *left), "sagittal": (*down, *back)}


def head_middle(volume: np.ndarray) -> list[float]:
    """Return the voxel coordinates (3,) of the centre of the head's bounding box.

    Sides are told from here: in BraTS files x = 0 is at the edge of the volume, so its sign says nothing.
    """
    return [(low + high - 1) / 2 for low, high in head_extents(volume)]


def head_extents(volume: np.ndarray) -> list[tuple[int, int]]:
    """Return the first voxel of the head and the one after its last along each axis; all without a head."""
    extents = []
    for axis, length in enumerate(volume.shape):
        hits = np.flatnonzero((volume != 0).any(axis=tuple({0, 1, 2} - {axis})))
        extents.append((int(hits[0]), int(hits[-1]) + 1) if hits.size else (0, length))
    return extents


def label_volumes(labels: np.ndarray, frame: Frame) -> list[float]:
    """Return the volume of each label in cm³, 0 for the background."""
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
    """Return the slice with most voxels of the given labels; None where none of them occurs.

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
