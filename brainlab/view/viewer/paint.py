"""A slice as a coloured picture, the same that the browser draws (`js/paint.js`): the test compares them."""

from dataclasses import dataclass

import numpy as np

from brainlab.view.colours import PALETTE, to_grey

# What a prediction got wrong, with colours that no label has (Okabe and Ito 2008).
ERRORS = (
    ("right", "#000000"),
    ("missed", "#CC79A7"),
    ("false", "#56B4E9"),
    ("wrong class", "#009E73"),
)
ERROR_PALETTE = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for _, c in ERRORS], np.float32)


@dataclass(frozen=True)
class Layer:
    """Codes (rows, columns) of uint8 to lay over a picture in the colours of `palette`; 0 is clear."""

    codes: np.ndarray
    palette: np.ndarray
    alpha: float
    contour: bool = False


def error_codes(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return 0 where both agree, 1 missed (0 was predicted), 2 false (0 is true), 3 the wrong class."""
    codes = np.zeros(truth.shape, np.uint8)
    differ = truth != prediction
    codes[differ] = 3
    codes[differ & (prediction == 0)] = 1
    codes[differ & (truth == 0)] = 2
    return codes


def edges(codes: np.ndarray) -> np.ndarray:
    """Keep the pixels that touch another code, or the border of the picture, with one of their four sides."""
    padded = np.pad(codes, 1, constant_values=255)
    inner = np.ones(codes.shape, bool)
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        height, width = codes.shape
        inner &= padded[rows : rows + height, columns : columns + width] == codes
    return np.where(inner, 0, codes)


def layers(
    truth: np.ndarray | None,
    prediction: np.ndarray | None,
    overlay: str,
    labels: list[int],
    alpha: float,
    contour: bool,
) -> list[Layer]:
    """Return what to lay over a picture.

    Parameters
    ----------
    truth, prediction : ndarray (rows, columns) or None
        Label maps 0 to 3.
    overlay : str
        "none", "truth", "prediction", "both" (truth filled, prediction as a contour) or "errors".
    labels : list of int
        The labels to show. An error is shown if the true or the predicted label is.
    """

    def shown(codes: np.ndarray) -> np.ndarray:
        return np.where(np.isin(codes, labels), codes, 0)

    line = min(1.0, 2 * alpha)  # a contour is thin: it needs more ink than a filled area
    opacity = line if contour else alpha
    if overlay == "truth":
        return [Layer(shown(truth), PALETTE, opacity, contour)]
    if overlay == "prediction":
        return [Layer(shown(prediction), PALETTE, opacity, contour)]
    if overlay == "both":
        return [Layer(shown(truth), PALETTE, alpha), Layer(shown(prediction), PALETTE, line, contour=True)]
    if overlay == "errors":
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
        Intensities shown so.
    over : list of Layer
        From the lowest to the highest.
    after : (plane, share), optional
        A second image: the columns from `share` of the width on are taken from it.

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
