"""Colours of figures and widgets: grey values of a slice, label colours, and the colour of each curve."""

from typing import Any

import numpy as np
from matplotlib.colors import to_rgb

from brainlab.data.intensity import percentile_window, rescale
from brainlab.labels import LABELS

# Okabe and Ito (2008): can be told apart with every kind of colour vision.
ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
TRUTH, PREDICTION = ORANGE, SKY  # of outlines; that of a prediction is dashed as well

# Curves also differ by their dashes, so that they can be told apart without colour.
CURVES = (BLUE, VERMILION, GREEN, PURPLE, "#000000", SKY)
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


def palette(colours: list[str]) -> np.ndarray:
    """Return colours such as "#0072B2" as RGB in [0, 1]: float32 (colours, 3)."""
    return np.array([to_rgb(colour) for colour in colours], dtype=np.float32)


PALETTE = palette([label.colour for label in LABELS])  # (4, 3): one RGB row per label


def curve_style(number: int) -> dict[str, Any]:
    """Return colour and dashes of the curve with this number, as options of `Axes.plot`."""
    number %= len(CURVES)
    return {"color": CURVES[number], "linestyle": DASHES[number], "linewidth": 2}


def to_grey(image: np.ndarray, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Scale a slice to [0, 1] between two intensities.

    Parameters
    ----------
    image : ndarray (H, W)
        Any intensity range.
    low, high : float, optional
        Intensities shown black and white; by default those of `brainlab.data.intensity.percentile_window`.

    Returns
    -------
    ndarray (H, W)
        float32 in [0, 1]. Pixels of exactly 0 lie outside the head and are black, also in a z-scored slice,
        where half of the brain is below 0.
    """
    if low is None or high is None:
        black, white = percentile_window(image)
        low, high = black if low is None else low, white if high is None else high
    return np.where(image == 0, np.float32(0), rescale(image, low, high))


def blend(
    grey: np.ndarray, labels: np.ndarray, alpha: float = 0.45, palette: np.ndarray = PALETTE
) -> np.ndarray:
    """Overlay the label colours on a grey slice; pixels of label 0 stay grey.

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
