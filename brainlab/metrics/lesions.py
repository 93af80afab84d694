"""What became of each piece of tumour: a Dice of the whole patient hides a small lesion that was missed.

Related: F. Kofler et al. 2023, "blob loss", arXiv:2205.08209, on losses and scores that see each lesion.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from brainlab.metrics.masks import same_shape, to_array


def recall_of_pieces(
    pred_mask: ArrayLike, target_mask: ArrayLike, spacing: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the area of each piece of the truth in each axial slice, and the share of it that was found.

    A piece is what hangs together within a slice, corners included: that is how a 2D network meets it.

    Parameters
    ----------
    pred_mask, target_mask : masks (X, Y, Z) of one shape
    spacing : sequence of 3 float, optional
        Size of a voxel in mm; 1 by default.

    Returns
    -------
    areas, recalls : ndarray (pieces,)
        In mm2; from 0 (missed completely) to 1. Both empty where the truth is.

    Raises
    ------
    ValueError
        If the shapes differ, or are not those of volumes.
    """
    pred, target = same_shape(to_array(pred_mask), to_array(target_mask))
    if pred.ndim != 3:
        raise ValueError(
            f"masks have shape {pred.shape}; expected (X, Y, Z): use mask[..., None] for a slice"
        )
    pixel = 1.0 if spacing is None else float(spacing[0] * spacing[1])
    within_slices = np.zeros((3, 3, 3), bool)
    within_slices[:, :, 1] = True
    if target.any():  # only the box around the truth matters
        box = ndimage.find_objects((target != 0).astype(np.uint8))[0]
        pred, target = pred[box], target[box]
    pieces, count = ndimage.label(target, structure=within_slices)
    numbers = np.arange(1, count + 1)
    areas = pixel * ndimage.sum_labels(np.ones(pieces.shape, np.uint8), pieces, numbers)
    recalls = ndimage.mean(pred, pieces, numbers) if count else np.zeros(0)
    return np.asarray(areas), np.asarray(recalls)
