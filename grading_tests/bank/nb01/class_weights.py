"""Right and wrong answers to g01_class_weights."""

import numpy as np
import torch

from brainlab.data import balanced_weights
from grading_tests.bank.nb01._common import changed_input, returning, shared_result
from grading_tests.gap import Mistake, Survivor


def weights_by_loop(counts):
    total = [int(column.sum()) for column in np.asarray(counts).T]
    return np.array([sum(total) / (4 * n) if n else 0.0 for n in total])


def weights_from_shares(counts):
    share = counts.sum(axis=0) / counts.sum()
    return np.divide(0.25, share, out=np.zeros(4), where=share > 0)


def weights_torch(counts):
    total = torch.as_tensor(counts).sum(0).double()
    return torch.nan_to_num(total.sum() / (4 * total), posinf=0.0).numpy()


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
    return weights


def weights_of(total, classes=4):
    weights = total.sum() / (classes * np.maximum(total, 1e-12))
    return np.where(total > 0, weights, 0)


def weights_of_slices(counts):
    per_slice = counts.sum(axis=1, keepdims=True) / (4 * np.maximum(counts, 1))
    return per_slice.mean(axis=0)


RIGHT = {
    "library": balanced_weights,
    "loop": weights_by_loop,
    "from shares": weights_from_shares,
    "torch": weights_torch,
    "masked array": weights_masked,
    "present classes only": weights_from_labels,
    "mean over own": weights_by_mean,
}


def instead(value):
    """Return the answer that gives this weight to an absent class."""

    def run(counts):
        weights = balanced_weights(counts)
        weights[counts.sum(axis=0) == 0] = value
        return weights

    return run


def present_only(counts):
    weights, there = balanced_weights(counts), counts.sum(axis=0) > 0
    return weights * 4 / there.sum()


def of_means(counts):
    """The mean count of a class may be below 1, and then `np.maximum` changes it."""
    mean = counts.mean(axis=0)
    return np.where(mean > 0, mean.sum() / (4 * np.maximum(mean, 1)), 0)


def where_present(counts):
    weights = np.zeros(4)
    for c in range(4):
        rows = counts[counts[:, c] > 0]
        if len(rows):
            weights[c] = rows.sum() / (4 * rows[:, c].sum())
    return weights


def in_32_bits(counts):
    total = counts.sum(axis=0, dtype=np.int32)
    return np.where(total > 0, total.sum(dtype=np.int32) / (4 * np.maximum(total, 1)), 0)


def with_ones(counts):
    counts[0, counts.sum(axis=0) == 0] = 1
    return balanced_weights(counts)


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
        "an absent class becomes the heaviest of all (an epsilon, or nan_to_num of inf?); it should weigh 0.",
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
    Mistake(
        "1 for an absent class",
        "misconception: the neutral weight is 1",
        "a class that does not occur should weigh 0.",
        instead(1),
        3,
    ),
    Mistake(
        "a quarter of all voxels for an absent class",
        "a common slip: np.maximum(total, 1), and nothing after it",
        "an absent class gets the largest weight, because you count one voxel for it; it should weigh 0.",
        lambda counts: counts.sum() / (4 * np.maximum(counts.sum(axis=0), 1)),
        3,
    ),
    Mistake(
        "one voxel more",
        "vanvalenlab/deepcell-toolbox#71: an epsilon in the denominator",
        "you add 1 to the voxels of each class below the line, which changes the weights of rare classes.",
        lambda counts: np.where(counts.sum(axis=0) > 0, counts.sum() / (4 * (counts.sum(axis=0) + 1)), 0),
        2,
    ),
    Mistake(
        "one voxel more everywhere",
        "Laplace's rule of succession",
        "you add 1 to the voxels of each class, which changes the weights.",
        lambda counts: np.where(counts.sum(axis=0) > 0, balanced_weights((counts.sum(axis=0) + 1)[None]), 0),
        1,
    ),
    Mistake(
        "classes that occur",
        "scikit-learn's balanced weights count the classes that occur",
        "you divide by the number of classes that occur; the formula has a 4.",
        present_only,
        2,
    ),
    Mistake(
        "three classes",
        "misconception: background is no class",
        "you divide by 3; the formula has a 4, because background is a class.",
        lambda counts: balanced_weights(counts) * 4 / 3,
        2,
    ),
    Mistake(
        "background 0",
        "misconception: background needs no weight",
        "you set the weight of the background to 0; it is a class like the others.",
        lambda counts: balanced_weights(counts) * [0, 1, 1, 1],
    ),
    Mistake(
        "tumour voxels above the line",
        "misconception: background is no class",
        "above the line you leave out the background; all voxels belong there.",
        lambda counts: balanced_weights(counts) * counts[:, 1:].sum() / counts.sum(),
        2,
    ),
    Mistake(
        "scaled to sum 1",
        "a common convention, but not this formula",
        "you scale the weights to the sum 1; the formula needs no scaling.",
        returning(balanced_weights, lambda weights: weights / weights.sum()),
    ),
    Mistake(
        "scaled to sum 4",
        "a common convention, but not this formula",
        "you scale the weights to the sum 4; the formula needs no scaling.",
        returning(balanced_weights, lambda weights: 4 * weights / weights.sum()),
    ),
    Mistake(
        "scaled to mean 1",
        "a common convention, but not this formula",
        "you scale the weights to the mean 1; the formula needs no scaling.",
        returning(balanced_weights, lambda weights: weights / weights[weights > 0].mean()),
    ),
    Mistake(
        "background scaled to 1",
        "a common convention, but not this formula",
        "the background, the largest class, gets 1: all voxels belong above the line, without scaling.",
        returning(balanced_weights, lambda weights: weights / (weights[0] or 1)),
    ),
    Mistake(
        "one minus the share",
        "misconception: rare means 1 - frequency",
        "1 - share hardly tells a rare class from a very rare one; the formula divides.",
        lambda counts: np.where(counts.sum(axis=0) > 0, 1 - counts.sum(axis=0) / counts.sum(), 0),
        2,
    ),
    Mistake(
        "square root",
        "a common way to soften weights, but not this formula",
        "you take a square root; the formula has none.",
        returning(balanced_weights, np.sqrt),
    ),
    Mistake(
        "logarithm of the weights",
        "a common way to soften weights, but not this formula",
        "you take a logarithm; the formula has none.",
        returning(balanced_weights, np.log1p),
    ),
    Mistake(
        "one weight a slice",
        "a common slip: axis=1 for axis=0",
        "you sum over the classes and get one number per slice; sum over the slices.",
        lambda counts: balanced_weights(counts.T),
        1,
    ),
    Mistake(
        "weights of every slice",
        "a common slip: the sum over the slices is forgotten",
        "you return weights for every slice; add up the slices first.",
        lambda counts: np.stack([balanced_weights(row[None]) for row in counts]),
        1,
    ),
    Mistake(
        "mean of the weights of the slices",
        "alexgkendall/caffe-segnet#37: frequency over the images where the class is present",
        "you average the weights of the slices; add the voxels of all slices first.",
        lambda counts: np.mean([balanced_weights(row[None]) for row in counts], axis=0),
        1,
    ),
    Mistake(
        "mean for sum",
        "a common slip: mean(axis=0), which may be below 1",
        "the mean count of a rare class is below 1, so np.maximum changes it: use the sum.",
        of_means,
        1,
    ),
    Mistake(
        "first slice only",
        "a common slip: counts[0]",
        "you look at the first slice only.",
        lambda counts: balanced_weights(counts[:1]),
        1,
    ),
    Mistake(
        "slices with tumour only",
        "ivadomed/ivadomed#18: remove slices that are empty",
        "you leave out the slices without tumour; their background counts, too.",
        lambda counts: balanced_weights(counts[counts[:, 1:].any(axis=1)]),
        1,
    ),
    Mistake(
        "slices with all classes only",
        "misconception: a slice without a class is incomplete",
        "you leave out the slices that lack a class; their voxels count, too.",
        lambda counts: balanced_weights(counts[(counts > 0).all(axis=1)]),
        1,
    ),
    Mistake(
        "slices that have the class",
        "alexgkendall/caffe-segnet#37: frequency over the images where the class is present",
        "you count only the slices in which the class is present; all voxels of all slices count.",
        where_present,
        1,
    ),
    Mistake(
        "few voxels are none",
        "misconception: a few voxels do not count",
        "you give the weight 0 to a class with few voxels; only a class without any has it.",
        lambda counts: np.where(counts.sum(axis=0) > 10, balanced_weights(counts), 0),
        3,
    ),
    Mistake(
        "limited to 100",
        "a common way to limit weights, but not this formula",
        "you limit the weights; the formula has no limit.",
        returning(balanced_weights, lambda weights: np.minimum(weights, 100)),
    ),
    Mistake(
        "limited to 10",
        "a common way to limit weights, but not this formula",
        "you limit the weights; the formula has no limit.",
        returning(balanced_weights, lambda weights: np.minimum(weights, 10)),
    ),
    Mistake(
        "integer division",
        "a common slip: // for /",
        "// cuts the weights to whole numbers.",
        returning(balanced_weights, np.floor),
        2,
    ),
    Mistake(
        "whole numbers",
        "a common slip: astype(int)",
        "you cut the weights to whole numbers.",
        returning(balanced_weights, lambda weights: weights.astype(int)),
    ),
    Mistake(
        "rounded",
        "a common slip: rounding for print, in the function",
        "you round the weights; round where you print them.",
        returning(balanced_weights, lambda weights: weights.round(2)),
    ),
    Mistake(
        "32 bits",
        "a common slip: int32 ends at 2,147,483,647",
        "32 bits are too few for the voxels of many cases: add up in int64 or float64.",
        in_32_bits,
        1,
    ),
    Mistake(
        "half precision",
        "a common slip: float16 has three digits",
        "float16 has three digits only: return float32 or float64.",
        returning(balanced_weights, lambda weights: weights.astype(np.float16)),
    ),
    Mistake(
        "absent classes left out",
        "huggingface/dataset-viewer#1900: return counts for all labels, not only those found",
        "your result has no entry for an absent class; it should be 0.",
        lambda counts: balanced_weights(counts)[counts.sum(axis=0) > 0],
        3,
    ),
    Mistake(
        "one number",
        "a common slip: a sum too many",
        "you return one number; asked for is one weight per class.",
        returning(balanced_weights, np.sum),
    ),
    Mistake(
        "a column",
        "a common slip: keepdims=True",
        "your result has two axes; asked for is one, with four weights.",
        returning(balanced_weights, lambda weights: weights[:, None]),
    ),
    Mistake(
        "a row",
        "a common slip: keepdims=True",
        "your result has two axes; asked for is one, with four weights.",
        returning(balanced_weights, lambda weights: weights[None]),
    ),
    Mistake(
        "a tensor",
        "habit from PyTorch, whose losses take tensors",
        "you return a tensor; asked for is a NumPy array, which the next cell multiplies with another.",
        returning(balanced_weights, torch.as_tensor),
    ),
    Mistake(
        "a list",
        "habit from Python: lists for arrays",
        "you return a list; asked for is an array.",
        returning(balanced_weights, np.ndarray.tolist),
    ),
    Mistake(
        "a tuple",
        "habit from Python: tuples for arrays",
        "you return a tuple; asked for is an array.",
        returning(balanced_weights, tuple),
    ),
    Mistake(
        "a dictionary",
        "habit from scikit-learn, whose class_weight is a dictionary",
        "you return a dictionary; asked for is an array.",
        returning(balanced_weights, lambda weights: dict(enumerate(weights.tolist()))),
    ),
    Mistake(
        "a voxel added to the input",
        "a common slip: the counts are repaired in place",
        "an absent class gets a voxel, and so a weight; besides, this changes the input.",
        with_ones,
        2,
    ),
    shared_result(balanced_weights),
    changed_input("counts", balanced_weights, lambda counts: np.cumsum(counts, axis=0, out=counts)),
    Mistake(
        "squared weights",
        "a common slip: squared weights",
        "you square the weights.",
        returning(balanced_weights, np.square),
    ),
    Mistake(
        "falling order",
        "a common slip: falling order",
        "your weights run from class 3 to 0.",
        returning(balanced_weights, lambda weights: weights[::-1]),
    ),
    Mistake(
        "softmax",
        "a common slip: softmax",
        "you apply a softmax; the formula has none.",
        returning(
            balanced_weights,
            lambda weights: np.exp(weights - weights.max()) / np.exp(weights - weights.max()).sum(),
        ),
    ),
    Mistake(
        "divided by the number of slices",
        "a common slip: divided by the number of slices",
        "you divide by the number of slices; the formula has only voxels.",
        lambda counts: balanced_weights(counts) / len(counts),
        2,
    ),
    Mistake(
        "median for sum",
        "a common slip: median for sum",
        "you take the median of the slices; add them up.",
        lambda counts: balanced_weights(np.median(counts, axis=0)[None]),
        1,
    ),
    Mistake(
        "minus one for an absent class",
        "a common slip: minus one for an absent class",
        "a class that does not occur should weigh 0.",
        instead(-1),
        3,
    ),
    Mistake(
        "last slice left out",
        "a common slip: last slice left out",
        "you leave out the last slice.",
        lambda counts: balanced_weights(counts[:-1]),
        1,
    ),
    Mistake(
        "texts",
        "a common slip: texts",
        "you return texts; asked for are numbers.",
        returning(balanced_weights, lambda weights: [f"{one:.3f}" for one in weights]),
    ),
    Mistake(
        "Python objects",
        "a common slip: Python objects",
        "your array holds Python objects; asked for are floats.",
        returning(balanced_weights, lambda weights: weights.astype(object)),
    ),
    Mistake(
        "a masked array",
        "a common slip: a masked array",
        "you return a masked array, in which 0 is hidden; asked for is a plain one.",
        returning(balanced_weights, lambda weights: np.ma.masked_equal(weights, 0)),
    ),
    Mistake(
        "upside down",
        "a common slip: the fraction is turned round",
        "your fraction is upside down: a rare class gets the smaller weight.",
        lambda counts: 4 * counts.sum(axis=0) / counts.sum(),
        2,
    ),
    Mistake(
        "number of slices for the number of classes",
        "a common slip: len(counts) for 4",
        "len(counts) is the number of slices; below the line belongs the number of classes.",
        lambda counts: balanced_weights(counts) * 4 / len(counts),
        2,
    ),
    Mistake(
        "mean above the line",
        "a common slip: mean() for sum(), and the 4 as well",
        "above the line is the mean of the classes, and you divide by 4 once more.",
        lambda counts: balanced_weights(counts) / 4,
        2,
    ),
    Mistake(
        "mean of the slices below the line",
        "a common slip: all voxels above the line, the mean of the slices below",
        "below the line is the mean over the slices, above it all voxels: take the sum in both.",
        lambda counts: balanced_weights(counts) * len(counts),
        2,
    ),
    Mistake(
        "multiplied for want of brackets",
        "a common slip: / 4 * n",
        "a / 4 * n multiplies by n: what is below the line needs brackets.",
        lambda counts: counts.sum() / 4 * counts.sum(axis=0),
        2,
    ),
    Mistake(
        "largest weight for an absent class",
        "misconception: an absent class is very rare",
        "a class that does not occur should weigh 0, not as much as the rarest.",
        lambda counts: instead(balanced_weights(counts).max())(counts),
        3,
    ),
    Mistake(
        "ones above the line as well",
        "a common slip: np.maximum before the sum",
        "you add a voxel for each absent class to the total above the line.",
        lambda counts: np.where(
            counts.sum(axis=0) > 0,
            np.maximum(counts.sum(axis=0), 1).sum() / (4 * np.maximum(counts.sum(axis=0), 1)),
            0,
        ),
        2,
    ),
    Mistake(
        "three weights",
        "misconception: background needs no weight",
        "the weight of the background is missing: there are four classes.",
        lambda counts: balanced_weights(counts)[1:],
    ),
    Mistake(
        "one weight a slice and class",
        "a common slip: no sum over the slices",
        "you return a table; add up the slices first, then there are four weights.",
        lambda counts: counts.sum(axis=1, keepdims=True) / (4 * np.maximum(counts, 1)),
        1,
    ),
    Mistake(
        "axis of a single slice lost",
        "a common slip: squeeze",
        "counts of one slice are still a table: squeeze takes its axis away.",
        lambda counts: balanced_weights(counts) if len(counts) > 1 else np.array(0.25),
        1,
    ),
    Mistake(
        "first slice left out",
        "a common slip: range(1, len(counts))",
        "the first slice is missing from the sum.",
        lambda counts: balanced_weights(counts[1:]) if len(counts) > 1 else balanced_weights(counts),
        1,
    ),
    Mistake(
        "4 n in 32 bits",
        "a common slip: int32 in a product",
        "4 times the voxels does not fit into 32 bits: compute in int64 or float64.",
        lambda counts: np.where(
            (total := counts.sum(axis=0)) > 0,
            total.sum() / (4 * np.maximum(total, 1)).astype(np.int64).astype(np.int32),
            0,
        ),
        2,
    ),
    Mistake(
        "largest slice only",
        "a common slip: largest slice only",
        "you look at one slice; add up all of them.",
        lambda counts: balanced_weights(counts[counts[:, 1:].sum(axis=1).argmax()][None]),
        1,
    ),
    Mistake(
        "tiny weight for an absent class",
        "a common slip: tiny weight for an absent class",
        "a class that does not occur should weigh exactly 0.",
        instead(0.01),
        3,
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
