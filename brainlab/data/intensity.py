"""Intensities: the z-score inside the brain, and the one owner of percentile windows (window/level).

Figures, widgets, exports, networks of images and the demo all scale by these functions.
"""

import numpy as np

WINDOW = (1.0, 99.5)  # percentiles shown black and white


def percentile_window(
    image: np.ndarray, percentiles: tuple[float, float] = WINDOW, zero_is_background: bool = True
) -> tuple[float, float]:
    """Return the intensities to show black and white.

    Parameters
    ----------
    image : ndarray
        A slice or a volume of any intensity range; not-a-number is left out.
    percentiles : (float, float)
    zero_is_background : bool
        Of a skull-stripped MRI: leave out the voxels that are 0, and let black be at most 0, so that the
        background is never brighter than a dark brain. False for X-rays.

    Returns
    -------
    black, white : float
        `white` is the larger by at least 1e-6; (0, 1) where nothing is left to measure.
    """
    keep = np.isfinite(image) & (image != 0) if zero_is_background else np.isfinite(image)
    inside = image[keep]
    if not inside.size:
        return 0.0, 1.0
    black, white = (float(value) for value in np.percentile(inside, percentiles))
    if zero_is_background:
        black = min(0.0, black)
    return black, max(white, black + 1e-6)


def rescale(image: np.ndarray, black: float, white: float) -> np.ndarray:
    """Scale intensities to [0, 1] between `black` and `white`, clipped: float32 of the same shape."""
    return np.clip((np.nan_to_num(image) - black) / max(white - black, 1e-6), 0, 1).astype(np.float32)


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
