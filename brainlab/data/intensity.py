"""Percentile windows (window/level): the one place that says which intensities are shown black and white.

Figures, widgets, exports, data sets of images and the demo all scale by these functions.
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
        A slice or a volume of any intensity range; values that are not finite are left out.
    percentiles : (float, float)
    zero_is_background : bool
        True for skull-stripped MRI: leave out the voxels that are 0, and let black be at most 0, so that the
        background is never shown brighter than a dark brain. False for X-rays.

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
    return brain_window(black, white) if zero_is_background else (black, max(white, black + 1e-6))


def brain_window(low: float, high: float) -> tuple[float, float]:
    """Return black and white from two percentiles of the brain: black is at most 0, the background."""
    black = min(0.0, float(low))
    return black, max(float(high), black + 1e-6)


def rescale(image: np.ndarray, black: float, white: float) -> np.ndarray:
    """Scale intensities to [0, 1] between `black` and `white`, clipped: float32 of the same shape."""
    return np.clip((np.nan_to_num(image) - black) / max(white - black, 1e-6), 0, 1).astype(np.float32)
