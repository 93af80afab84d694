"""The confusion matrix of a segmentation and the scores that follow from it, class by class.

Arguments may be NumPy arrays or torch tensors of any shape; results are NumPy arrays and plain numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from brainlab.labels import LABELS, NUM_CLASSES, REGIONS

Regions = Mapping[str, Sequence[int]]


def confusion_matrix(pred: ArrayLike, target: ArrayLike, num_classes: int = NUM_CLASSES) -> np.ndarray:
    """Count the pixels of each true class (row) that were predicted as each class (column).

    The matrix of a whole data set is the sum of those of its batches or cases.

    Parameters
    ----------
    pred, target : integer arrays of one shape
        Label maps, for example (B, H, W) or (X, Y, Z).
    num_classes : int

    Returns
    -------
    (num_classes, num_classes) int64

    Raises
    ------
    ValueError
        If the shapes differ, or a value is not a label.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1], num_classes=2)
    array([[1, 1],
           [0, 2]])
    """
    pred, target = same_shape(to_array(pred), to_array(target))
    for name, labels in (("pred", pred), ("target", target)):
        check_labels(labels, name, num_classes)
    pairs = target.astype(np.int64).ravel() * num_classes + pred.astype(np.int64).ravel()
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


@dataclass(frozen=True)
class Scores:
    """The scores of a confusion matrix: one number per class, arrays of shape (C,).

    A ratio with denominator 0 is nan: the sensitivity to a class that is absent from the truth, the precision
    of one that was never predicted. Means leave it out.
    """

    sensitivity: np.ndarray
    specificity: np.ndarray
    precision: np.ndarray
    f1: np.ndarray
    dice: np.ndarray
    jaccard: np.ndarray
    accuracy: float

    def means(self, background: bool = True) -> dict[str, float]:
        """Return the mean over the classes of every score (macro average), with or without class 0."""
        start = 0 if background else 1
        means = {}
        for name in ("sensitivity", "specificity", "precision", "f1", "dice", "jaccard"):
            values = getattr(self, name)[start:]
            values = values[~np.isnan(values)]
            means[name] = float(values.mean()) if len(values) else float("nan")
        return means

    def __str__(self) -> str:
        names = ("sensitivity", "specificity", "precision", "f1", "jaccard")
        rows = [[getattr(self, name)[c] for name in names] for c in range(len(self.f1))]
        rows.append([self.means()[name] for name in names])
        heads = [label.short for label in LABELS] if len(rows) == NUM_CLASSES + 1 else range(len(rows) - 1)
        lines = ["        " + "".join(f"{name:>13}" for name in names)]
        for head, row in zip([*heads, "mean"], rows, strict=True):
            lines.append(f"{head!s:<8}" + "".join(f"{value:13.4f}" for value in row))
        return "\n".join([*lines, f"accuracy {self.accuracy:.4f}"])


def scores(confusion: ArrayLike) -> Scores:
    """Turn a confusion matrix (rows truth) into scores per class, each class against all others.

    With TP, FP, FN and TN of a class: sensitivity (recall) TP / (TP + FN), specificity TN / (TN + FP),
    precision TP / (TP + FP), F1 = Dice 2 TP / (2 TP + FP + FN), Jaccard TP / (TP + FP + FN); and over all
    classes accuracy, the fraction of correctly classified pixels.

    Raises
    ------
    ValueError
        If the matrix is not square or empty.
    """
    confusion = to_array(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ValueError(
            f"confusion has shape {confusion.shape}; expected (C, C): pass confusion_matrix(...)"
        )
    total = confusion.sum()
    if total == 0:
        raise ValueError("confusion counts no pixel; expected at least one: is the set of cases empty?")
    tp = np.diag(confusion)  # (C,)
    fn = confusion.sum(axis=1) - tp
    fp = confusion.sum(axis=0) - tp
    tn = total - tp - fn - fp
    f1 = _ratio(2 * tp, 2 * tp + fp + fn)
    return Scores(
        sensitivity=_ratio(tp, tp + fn),
        specificity=_ratio(tn, tn + fp),
        precision=_ratio(tp, tp + fp),
        f1=f1,
        dice=f1,  # the usual name in segmentation
        jaccard=_ratio(tp, tp + fp + fn),
        accuracy=float(tp.sum() / total),
    )


def region_dice(confusion: np.ndarray, regions: Regions | None = None) -> dict[str, float]:
    """Return the Dice of each region, given a confusion matrix (C, C) with rows truth.

    A region that neither truth nor prediction holds scores 1.

    Parameters
    ----------
    confusion : ndarray (C, C)
    regions : dict of str to labels, optional
        By default WT, TC and ET for the four classes of the course, otherwise every class but the background.
    """
    if regions is None:
        classes = len(confusion)
        regions = REGIONS if classes == NUM_CLASSES else {f"class {c}": (c,) for c in range(1, classes)}
    dice = {}
    for name, labels in regions.items():
        rows = confusion[list(labels)]  # truth in the region
        both = rows.sum() + confusion[:, list(labels)].sum()
        dice[name] = 2 * float(rows[:, list(labels)].sum()) / float(both) if both else 1.0
    return dice


def region_dice_of_labels(pred_labels: ArrayLike, target_labels: ArrayLike) -> dict[str, float]:
    """Return the Dice of WT, TC and ET of two label maps of one shape, such as (H, W) or (X, Y, Z).

    Raises
    ------
    ValueError
        As `confusion_matrix`.
    """
    return region_dice(confusion_matrix(pred_labels, target_labels))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0)


def check_labels(labels: np.ndarray, name: str, num_classes: int) -> None:
    """Raise a ValueError that names the likely cause unless `labels` are integers below `num_classes`."""
    if not (np.issubdtype(labels.dtype, np.integer) or labels.dtype == bool):
        raise ValueError(f"{name} is {labels.dtype}; expected integer labels: are these logits? Take argmax")
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        found = labels.max() if labels.min() >= 0 else labels.min()
        hint = (
            "was 4 not mapped to 3 (BraTS 2017 to 2021)?"
            if found == 4
            else "are these labels of another data set?"
        )
        raise ValueError(f"{name} holds the label {found}; expected 0 to {num_classes - 1}: {hint}")


def to_array(values: ArrayLike) -> np.ndarray:
    """Return an array or tensor as a NumPy array; a ValueError if it is None."""
    if values is None:
        raise ValueError("got None; expected an array or tensor: has the case no segmentation?")
    # A tensor may have a graph and a device; torch itself need not be imported for it.
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def same_shape(pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays; a ValueError gives their shapes if they differ."""
    if pred.shape != target.shape:
        hint = (
            "is one of them one-hot or logits? Take argmax"
            if pred.ndim != target.ndim
            else "are they one case?"
        )
        raise ValueError(
            f"pred has shape {pred.shape}, target {target.shape}; expected the same shape: {hint}"
        )
    return pred, target
