"""MR intensities have no unit: make them comparable with a z-score inside the brain.

Skull-stripped data sets set everything outside the brain to exactly 0. Those voxels tell nothing about the
scanner, but they are most of the volume, so they must not enter the mean and the standard deviation.
"""

import numpy as np


def zscore_in_brain(image: np.ndarray) -> np.ndarray:
    """Scale every modality to mean 0 and standard deviation 1 inside its brain.

    The brain of a modality is where it differs from 0. Not where it is positive: resampling leaves negative
    voxels. Not where another modality differs from 0: the masks of real cases differ, see
    `brainlab.data.cached`.

    Parameters
    ----------
    image : ndarray (C, ...)
        Modalities of one skull-stripped case, whole volumes or slices, any scale.

    Returns
    -------
    ndarray (C, ...)
        float32, 0 outside the brain. A modality that is flat inside the brain becomes 0.

    References
    ----------
    nnU-Net does the same for MR, with one mask for all modalities: Isensee et al. 2021,
    doi:10.1038/s41592-020-01008-z.
    """
    result = np.zeros(image.shape, dtype=np.float32)
    for scored, modality in zip(result, image, strict=True):  # both (...)
        brain = modality != 0
        values = modality[brain].astype(np.float64)  # (voxels,)
        if values.size and values.std() > 0:
            scored[brain] = (values - values.mean()) / values.std()
    return result
