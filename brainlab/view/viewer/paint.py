"""A slice as an RGB picture, the same as in the browser (`js/paint.js`): a test compares the pixels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from brainlab.view.colours import GREEN, PALETTE, PURPLE, SKY, palette, to_grey

# The errors of a prediction, with colours that no label has.
ERRORS = (("correct", "#000000"), ("missed", PURPLE), ("false positive", SKY), ("wrong class", GREEN))
ERROR_PALETTE = palette([colour for _, colour in ERRORS])


@dataclass(frozen=True)
class Layer:
    """An overlay: codes (rows, columns) of uint8 as indices of `palette`; 0 is transparent."""

    codes: np.ndarray
    palette: np.ndarray
    alpha: float
    contour: bool = False


def error_codes(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return 0 where both agree, 1 missed (predicted 0), 2 false positive (truth 0), 3 the wrong class."""
    codes = np.zeros(truth.shape, np.uint8)
    differ = truth != prediction
    codes[differ] = 3
    codes[differ & (prediction == 0)] = 1
    codes[differ & (truth == 0)] = 2
    return codes


def edges(codes: np.ndarray) -> np.ndarray:
    """Keep the pixels with a 4-neighbour of another code, and those at the border of the picture."""
    padded = np.pad(codes, 1, constant_values=255)
    inner = np.ones(codes.shape, bool)
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        height, width = codes.shape
        inner &= padded[rows : rows + height, columns : columns + width] == codes
    return np.where(inner, 0, codes)


def layers(
    maps: Mapping[str, np.ndarray], overlay: str, labels: list[int], alpha: float, contour: bool
) -> list[Layer]:
    """Return the overlays of a picture, from the lowest to the highest.

    Parameters
    ----------
    maps : dict
        "truth", "prediction" -> label map 0 to 3, (rows, columns): those that the overlay needs.
    overlay : str
        "none", "truth", "prediction", "both" (truth filled, prediction as a contour) or "errors".
    labels : list of int
        The labels to show. An error is shown if the true or the predicted label is.
    """

    def shown(name: str) -> np.ndarray:
        return np.where(np.isin(maps[name], labels), maps[name], 0)

    line = min(1.0, 2 * alpha)  # a contour is thin and needs more opacity than a filled area
    opacity = line if contour else alpha
    if overlay in ("truth", "prediction"):
        return [Layer(shown(overlay), PALETTE, opacity, contour)]
    if overlay == "both":
        above = Layer(shown("prediction"), PALETTE, line, contour=True)
        return [Layer(shown("truth"), PALETTE, alpha), above]
    if overlay == "errors":
        truth, prediction = maps["truth"], maps["prediction"]
        seen = np.isin(truth, labels) | np.isin(prediction, labels)
        return [Layer(np.where(seen, error_codes(truth, prediction), 0), ERROR_PALETTE, opacity, contour)]
    return []


def paint(
    plane: np.ndarray,
    window: tuple[float, float],
    over: list[Layer],
    after: tuple[np.ndarray, float] | None = None,
) -> np.ndarray:
    """Paint one slice.

    Parameters
    ----------
    plane : ndarray (rows, columns)
        Intensities.
    window : (black, white)
        Intensities shown black and white.
    over : list of Layer
        From the lowest to the highest.
    after : (plane, share), optional
        A second image, shown from `share` of the width on to the right.

    Returns
    -------
    ndarray (rows, columns, 3)
        RGB in [0, 1].
    """
    grey = to_grey(plane, *window)
    if after is not None:
        second, share = after
        column = round(share * grey.shape[1])
        grey[:, column:] = to_grey(second[:, column:], *window)
    rgb = np.repeat(grey[..., None], 3, axis=-1)  # (rows, columns, 3)
    for layer in over:
        codes = edges(layer.codes) if layer.contour else layer.codes
        opacity = layer.alpha * (codes > 0)[..., None]
        rgb = (1 - opacity) * rgb + opacity * layer.palette[codes]
    return rgb
