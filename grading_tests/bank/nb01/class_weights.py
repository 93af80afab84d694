"""Right and wrong answers to g01_class_weights."""

import numpy as np
import torch

from brainlab.data import balanced_weights
from grading_tests.gap import Mistake, Survivor


def weights_by_loop(counts):
    total = [int(column.sum()) for column in np.asarray(counts).T]
    return [sum(total) / (4 * n) if n else 0.0 for n in total]


def weights_from_shares(counts):
    share = counts.sum(axis=0) / counts.sum()
    return np.divide(0.25, share, out=np.zeros(4), where=share > 0)


def weights_torch(counts):
    total = torch.as_tensor(counts).sum(0).float()
    return torch.nan_to_num(total.sum() / (4 * total), posinf=0.0)


def weights_masked(counts):
    total = np.ma.masked_equal(counts.sum(axis=0), 0)
    return (counts.sum() / (4 * total)).filled(0)


def weights_from_labels(counts):
    """For the classes that there are, as scikit-learn's "balanced", but with all four below the line."""
    weights, total = np.zeros(4), np.einsum("zc->c", counts).astype(float)
    there = np.nonzero(total)[0]
    weights[there] = total.sum() / (4 * total[there])
    return weights.astype(np.float32)


def weights_by_mean(counts):
    """The mean number of voxels of a class over that of this class."""
    total = sum(np.asarray(row, dtype=float) for row in counts)
    with np.errstate(divide="ignore"):
        weights = total.mean() / total
    weights[np.isinf(weights)] = 0
    return torch.from_numpy(weights)


def weights_of(total, classes=4):
    weights = total.sum() / (classes * np.maximum(total, 1e-12))
    return np.where(total > 0, weights, 0)


def weights_of_slices(counts):
    per_slice = counts.sum(axis=1, keepdims=True) / (4 * np.maximum(counts, 1))
    return per_slice.mean(axis=0)


RIGHT = {
    "library": balanced_weights,
    "lists": weights_by_loop,
    "from shares": weights_from_shares,
    "torch": weights_torch,
    "masked array": weights_masked,
    "present classes only": weights_from_labels,
    "mean over own": weights_by_mean,
}


WRONG = [
    Mistake(
        "share for weight",
        "jfzhang95/pytorch-deeplab-xception#109: why not just the frequency",
        "your weight grows with the class; a rare class needs the larger weight.",
        lambda counts: counts.sum(axis=0) / counts.sum(),
    ),
    Mistake(
        "number of classes forgotten",
        "misconception: all voxels / voxels of the class",
        "the 4 is missing below the line: the weights should be 1 where all classes are equally frequent.",
        lambda counts: 4 * balanced_weights(counts),
    ),
    Mistake(
        "one over the count",
        "weecology/DeepTreeAttention#4: inverse frequency",
        "1 / count depends on how many voxels there are in all; put the total above the line.",
        lambda counts: 1 / np.maximum(counts.sum(axis=0), 1) * (counts.sum(axis=0) > 0),
    ),
    Mistake(
        "infinite for an absent class",
        "scikit-learn/scikit-learn#32639: zero division in compute_class_weight",
        "a class that does not occur divides by 0; its weight should be 0.",
        lambda counts: counts.sum() / (4 * counts.sum(axis=0)),
    ),
    Mistake(
        "huge for an absent class",
        "vanvalenlab/deepcell-toolbox#71: an epsilon in the denominator",
        "an epsilon below the line turns an absent class into the heaviest of all; it should weigh 0.",
        lambda counts: counts.sum() / (4 * np.maximum(counts.sum(axis=0), 1e-6)),
    ),
    Mistake(
        "log",
        "ultralytics/ultralytics#24843: 1 / ln(1.02 + frequency) of ENet",
        "this is ENet's rule with a logarithm; the task asks for all voxels / (4 * voxels of the class).",
        lambda counts: 1 / np.log(1.02 + counts.sum(axis=0) / counts.sum()),
    ),
    Mistake(
        "median frequency",
        "alexgkendall/SegNet-Tutorial#31: median frequency / frequency",
        "this is median frequency balancing; the task asks for all voxels / (4 * voxels of the class).",
        lambda counts: np.where(
            counts.sum(axis=0) > 0,
            np.median(counts.sum(axis=0)) / np.maximum(counts.sum(axis=0), 1),
            0,
        ),
    ),
    Mistake(
        "slice by slice",
        "alexgkendall/caffe-segnet#37: frequency over the images where the class is present",
        "you average the weights of the slices; add the voxels of all slices first.",
        weights_of_slices,
    ),
    Mistake(
        "slices counted",
        "misconception: how many slices have the class",
        "you count slices that have the class; count its voxels.",
        lambda counts: weights_of((counts > 0).sum(axis=0)),
    ),
    Mistake(
        "tumour classes only",
        "misconception: background is no class",
        "the background is left out: there are four classes, and the total holds all voxels.",
        lambda counts: np.concatenate([[0], weights_of(counts[:, 1:].sum(axis=0), classes=3)]),
    ),
]

SURVIVORS = [
    Survivor(
        "weights = total.sum() / (4 * np.maximum(total, 1))",
        [
            "weights = total.sum() / (4 * total)",
            "weights = total.sum() / (4 * np.maximum(total, 0))",
            "weights = total.sum() / (4 * np.maximum(total, (-1)))",
        ],
        "step 3 replaces the 0 / 0 of an absent class; NumPy warns",
    ),
]
