"""Toy masks and logits whose losses can be computed by hand; notebook 03 draws them."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

ROW, BAR = 128, range(60, 68)  # pixels of the row, and those of its tumour


def sure(labels: Tensor, classes: int, size: float = 40.0) -> Tensor:
    """Return logits (B, C, H, W) that predict labels (B, H, W) with a probability of practically 1."""
    return size * F.one_hot(labels, classes).movedim(-1, 1).float()


def bar(width: int = len(BAR), shift: int = 0) -> Tensor:
    """Return labels (1, 1, 128): a row of pixels with a bar of class 1. The defaults give the true mask.

    Parameters
    ----------
    width : int
        Pixels of the bar, an even number.
    shift : int
        Pixels by which it is moved to the right.
    """
    labels = torch.zeros(1, 1, ROW, dtype=torch.int64)
    middle = BAR.start + len(BAR) // 2 + shift
    labels[..., middle - width // 2 : middle + width // 2] = 1
    return labels


def false_pixels(number: int) -> tuple[Tensor, Tensor]:
    """Return labels of a prediction and of the truth, (4, 32, 32) each, with oedema (2) and ET (3).

    Image 0 has no ET. The prediction is perfect except for `number` false positive pixels of ET in image 0
    (at most 256).
    """
    truth = torch.zeros(4, 32, 32, dtype=torch.int64)
    truth[:, 4:8] = 2
    truth[1:, 24:28, 20:30] = 3
    guess = truth.clone()
    places = torch.arange(number)
    guess[0, 10 + places // 16, places % 16] = 3
    return guess, truth


def spot(p: float, size: int = 64) -> tuple[Tensor, Tensor]:
    """Return logits (1, 2, size, size) and truth (1, size, size): 16 tumour pixels of probability `p`.

    The background is predicted correctly, with a probability of practically 1.
    """
    truth = torch.zeros(1, size, size, dtype=torch.int64)
    start = size // 2 - 2
    truth[:, start : start + 4, start : start + 4] = 1
    logits = torch.zeros(1, 2, size, size)
    logits[:, 1] = torch.where(truth == 1, float(np.log(p / (1 - p))), -15.0)
    return logits, truth


def touching_cells() -> tuple[np.ndarray, np.ndarray]:
    """Return an instance map of four round cells (96, 96), 0 outside, and the walls between them (bool).

    Three of the cells touch; a wall is a thin line of background between two of them.
    """
    discs = ((30, 26, 17), (30, 58, 15), (60, 42, 18), (78, 78, 11))  # row, column, radius
    y, x = np.mgrid[:96, :96]
    beyond = np.stack([np.hypot(y - row, x - column) - r for row, column, r in discs])  # (4, 96, 96)
    nearest, second = np.sort(beyond, axis=0)[:2]
    walls = (nearest < 0) & (second - nearest < 1.2)
    return np.where((nearest < 0) & ~walls, beyond.argmin(axis=0) + 1, 0), walls
