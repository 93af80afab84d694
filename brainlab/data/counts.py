"""Counting labels: how much of each class there is, where it is missing, and what follows for training."""

from collections.abc import Sequence

import numpy as np

from brainlab.labels import NUM_CLASSES


def label_counts(labels: np.ndarray) -> np.ndarray:
    """Count the voxels of every class in every slice.

    Parameters
    ----------
    labels : ndarray (Z, X, Y)
        Label map with values 0 to 3, slices first.

    Returns
    -------
    ndarray (Z, 4)
        int64; a row sums to X * Y.
    """
    classes = np.arange(NUM_CLASSES)
    return (labels[..., None] == classes).sum(axis=(1, 2))  # (Z, X, Y, 4) -> (Z, 4)


def slices_without(counts: np.ndarray, label: int) -> np.ndarray:
    """Return the slices that have no voxel of a class.

    Parameters
    ----------
    counts : ndarray (Z, 4)
        From `label_counts`.
    label : int
        0 to 3.

    Returns
    -------
    ndarray (N,)
        Slice numbers in rising order; empty if the class is everywhere.
    """
    return np.flatnonzero(counts[:, label] == 0)


def select_slices(labels: np.ndarray, spacing: Sequence[float], min_area: float) -> np.ndarray:
    """Return the slices with enough tumour to learn from.

    Parameters
    ----------
    labels : ndarray (Z, X, Y)
        Label map with values 0 to 3, slices first.
    spacing : sequence of 3 float
        Voxel size along x, y and z in mm.
    min_area : float
        Smallest area of the whole tumour (labels 1, 2 and 3 together) in mm2.

    Returns
    -------
    ndarray (N,)
        Numbers of the slices with at least that area, in rising order.
    """
    area = (labels > 0).sum(axis=(1, 2)) * spacing[0] * spacing[1]  # (Z,) mm2
    return np.flatnonzero(area >= min_area)


def balanced_weights(counts: np.ndarray) -> np.ndarray:
    """Return one weight per class, so that in a loss all classes together weigh the same.

    Parameters
    ----------
    counts : ndarray (Z, 4)
        Voxels per slice and class, of one case or of many stacked.

    Returns
    -------
    ndarray (4,)
        All voxels / (4 * voxels of the class); 0 for a class that does not occur.

    References
    ----------
    The "balanced" rule of scikit-learn, after King and Zeng 2001, "Logistic regression in rare events data".
    """
    total = counts.sum(axis=0).astype(np.float64)  # (4,)
    balanced = total.sum() / (NUM_CLASSES * np.maximum(total, 1))  # (4,)
    return np.where(total > 0, balanced, 0.0)
