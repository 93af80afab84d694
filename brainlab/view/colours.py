"""Colours for drawing: those of `brainlab.labels` as RGB, and how they are blended over a slice."""

import numpy as np
from matplotlib.colors import to_rgb

from brainlab.labels import LABELS

# (4, 3): one RGB row per label, in [0, 1].
PALETTE = np.array([to_rgb(label.colour) for label in LABELS], dtype=np.float32)


def to_grey(image: np.ndarray, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Scale a slice to [0, 1] between two intensities.

    Parameters
    ----------
    image : ndarray (H, W)
        Any intensity range.
    low, high : float, optional
        Window; by default the 1st and 99.5th percentile of the non-zero pixels, so that the
        background does not set the contrast.

    Returns
    -------
    ndarray (H, W)
        float32 in [0, 1].
    """
    inside = image[np.isfinite(image) & (image != 0)]
    if low is None:
        low = min(0.0, float(np.percentile(inside, 1))) if inside.size else 0.0
    if high is None:
        high = float(np.percentile(inside, 99.5)) if inside.size else 1.0
    grey = (np.nan_to_num(image) - low) / max(high - low, 1e-6)
    # Zero is outside the head: black, also in a z-scored slice, where half of the brain is below it.
    return np.where(image == 0, 0, np.clip(grey, 0, 1)).astype(np.float32)


def blend(
    grey: np.ndarray, labels: np.ndarray, alpha: float = 0.45, palette: np.ndarray = PALETTE
) -> np.ndarray:
    """Lay the label colours over a grey slice; background stays as it is.

    Parameters
    ----------
    grey : ndarray (H, W)
        In [0, 1].
    labels : ndarray (H, W)
        Label map with values 0 to 3.
    alpha : float
        Opacity of the colours, 0 to 1.
    palette : ndarray (4, 3)
        One RGB row per label, in [0, 1].

    Returns
    -------
    ndarray (H, W, 3)
        RGB in [0, 1].

    Raises
    ------
    ValueError
        If the shapes differ or a label has no colour.
    """
    if grey.shape != labels.shape:
        raise ValueError(f"slice has shape {grey.shape} and labels {labels.shape}; expected the same shape")
    if labels.size and (labels.min() < 0 or labels.max() >= len(palette)):
        raise ValueError(
            f"labels reach from {labels.min()} to {labels.max()}; expected 0 to {len(palette) - 1}: "
            "were they mapped from the data set's own labels?"
        )
    rgb = np.repeat(grey[..., None], 3, axis=-1)  # (H, W, 3)
    opacity = alpha * (labels > 0)[..., None]  # (H, W, 1)
    return (1 - opacity) * rgb + opacity * palette[labels]
