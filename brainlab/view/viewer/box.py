"""The part of each picture that holds the head: volumes have a wide black border that nobody needs to see."""

import numpy as np

from brainlab.view.viewer.frame import Frame

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
