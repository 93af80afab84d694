# ruff: noqa: E501
"""Right and wrong answers to the gap about recall, precision, F1 and specificity."""

import math

import numpy as np
import torch

from grading_tests.bank.nb03._edits import edits_of
from grading_tests.checks.nb03.scores import class_scores
from grading_tests.gap import Mistake


def table(confusion):
    """Return TP, FN, FP, TN of each class."""
    tp = np.diag(confusion)
    fn, fp = confusion.sum(axis=1) - tp, confusion.sum(axis=0) - tp
    return tp, fn, fp, confusion.sum() - tp - fn - fp


def named(recall, precision, f1, specificity):
    return {"recall": recall, "precision": precision, "f1": f1, "specificity": specificity}


def by_where(confusion):
    def ratio(above, below):
        return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)

    tp, fn, fp, tn = table(confusion)
    return named(ratio(tp, tp + fn), ratio(tp, tp + fp), ratio(2 * tp, 2 * tp + fp + fn), ratio(tn, tn + fp))


def class_by_class(confusion):
    scores = named([], [], [], [])
    classes, total = range(len(confusion)), sum(sum(row) for row in confusion.tolist())
    for c in classes:
        tp = int(confusion[c][c])
        fn = sum(int(confusion[c][other]) for other in classes if other != c)
        fp = sum(int(confusion[other][c]) for other in classes if other != c)
        tn = total - tp - fn - fp
        pairs = ((tp, tp + fn), (tp, tp + fp), (2 * tp, 2 * tp + fp + fn), (tn, tn + fp))
        for values, (above, below) in zip(scores.values(), pairs, strict=True):
            values.append(above / below if below else math.nan)
    return {name: np.array(values) for name, values in scores.items()}


def by_sums(confusion):
    """F1 is twice the diagonal over row and column; specificity is 1 - FP / (all - row)."""
    right, rows, columns = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    others = confusion.sum() - rows
    with np.errstate(all="ignore"):
        return named(
            right / rows, right / columns, 2 * right / (rows + columns), 1 - (columns - right) / others
        )


def in_torch(confusion):
    m = torch.as_tensor(confusion, dtype=torch.float64)
    tp, rows, columns = m.diagonal(), m.sum(dim=1), m.sum(dim=0)
    tn = m.sum() - rows - columns + tp
    scores = named(tp / rows, tp / columns, 2 * tp / (rows + columns), tn / (m.sum() - rows))
    return {name: value.numpy() for name, value in scores.items()}


def by_masks(confusion):
    confusion = np.array(confusion, dtype=float)
    one = np.eye(len(confusion))
    tp = np.einsum("ij,ij,kj->k", one, confusion, one)
    fn = np.einsum("ki,ij,kj->k", one, confusion, 1 - one)
    fp = np.einsum("ki,ij,kj->k", 1 - one, confusion, one)
    tn = np.einsum("ki,ij,kj->k", 1 - one, confusion, 1 - one)
    with np.errstate(invalid="ignore"):
        return named(tp / (tp + fn), tp / (tp + fp), tp / (tp + (fp + fn) / 2), tn / (fp + tn))


RIGHT = {
    "library": class_scores,
    "division with where": by_where,
    "class by class": class_by_class,
    "sums of rows and columns": by_sums,
    "torch": in_torch,
    "masks and einsum": by_masks,
    "an additional score": lambda confusion: by_where(confusion) | {"classes": len(confusion)},
}


def wrong(recall=None, precision=None, f1=None, specificity=None):
    """Return an answer in which these scores are made from TP, FN, FP, TN by another formula."""

    def answer(confusion):
        parts = table(confusion.astype(float))
        scores = by_where(confusion)
        for name, formula in named(recall, precision, f1, specificity).items():
            if formula is not None:
                scores[name] = formula(*parts)
        return scores

    return answer


def everywhere(change):
    """Return an answer that does something to all right scores."""
    return lambda confusion: {name: change(value) for name, value in by_where(confusion).items()}


def harmonic(tp, fn, fp, tn):
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return 2 * precision * recall / (precision + recall)


def others_on_the_diagonal(confusion):
    tp, _, fp, _ = table(confusion)
    tn = tp.sum() - tp
    return by_where(confusion) | {"specificity": tn / (tn + fp)}


def whole_numbers(confusion):
    tp, fn, fp, tn = table(confusion)
    return named(tp // (tp + fn), tp // (tp + fp), 2 * tp // (2 * tp + fp + fn), tn // (tn + fp))


def errors_left_in_place(confusion):
    right = np.diag(confusion).copy()
    scores = by_where(confusion)
    np.fill_diagonal(confusion, 0)
    return scores | {"recall": right / (right + confusion.sum(axis=1))}


def rows_with_the_diagonal(confusion):
    tp, rows, columns = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    return named(
        tp / (tp + rows),
        tp / (tp + columns),
        2 * tp / (2 * tp + rows + columns),
        by_where(confusion)["specificity"],
    )


WRONG = [
    Mistake(
        "rows and columns swapped",
        "accord-net/framework#1187, samleoqh/MSCG-Net#29, microsoft/ML-For-Beginners#235",
        "recall and precision are swapped: a row holds one true class, a column one predicted class.",
        lambda confusion: by_where(confusion.T),
    ),
    Mistake(
        "specificity for precision",
        "topepo/caret#1178: specificity taken for TP / (TP + FP)",
        "your specificity is the precision; specificity is how many of the others were left alone.",
        wrong(specificity=lambda tp, fn, fp, tn: tp / (tp + fp)),
    ),
    Mistake(
        "specificity for recall",
        "scikit-learn-contrib/imbalanced-learn#613: tp / (tp + fn) in the documentation",
        "your specificity is the recall; specificity is TN / (TN + FP).",
        wrong(specificity=lambda tp, fn, fp, tn: tp / (tp + fn)),
    ),
    Mistake(
        "TN of the diagonal only",
        "beacon-biosignals/Lighthouse.jl#100, scikit-learn-contrib/imbalanced-learn#585",
        "TN is more than the others' diagonal: another class called a third one was also left alone.",
        others_on_the_diagonal,
    ),
    Mistake(
        "TN too small",
        "accord-net/framework#669, JuliaAI/MLJBase.jl#629: negative true negatives",
        "row and column overlap in the diagonal, so you subtract TP twice.",
        wrong(specificity=lambda tp, fn, fp, tn: (tn - tp) / (tn - tp + fp)),
    ),
    Mistake(
        "TN is all the rest of the matrix",
        "Sokolova and Lapalme 2009 (doi:10.1016/j.ipm.2009.03.002): TN of one class against all others",
        "TN is what is left after TP, FN and FP; you subtract only TP.",
        wrong(specificity=lambda tp, fn, fp, tn: (tn + fn + fp) / (tn + fn + fp + fp)),
    ),
    Mistake(
        "negative predictive value",
        "lindawangg/COVID-Net#83: TN / (TN + FN) or TN / N?",
        "TN / (TN + FN) is the negative predictive value; specificity is TN / (TN + FP).",
        wrong(specificity=lambda tp, fn, fp, tn: tn / (tn + fn)),
    ),
    Mistake(
        "false positive rate",
        "scikit-learn/scikit-learn#10831: a specificity in place of the false positive rate",
        "that is the false positive rate; specificity is one minus it.",
        wrong(specificity=lambda tp, fn, fp, tn: fp / (tn + fp)),
    ),
    Mistake(
        "accuracy for recall",
        "flairNLP/flair#483: accuracy of a class with its true negatives",
        "true negatives do not belong in the recall: that is an accuracy, and background makes it nearly 1.",
        wrong(recall=lambda tp, fn, fp, tn: (tp + tn) / (tp + tn + fp + fn)),
    ),
    Mistake(
        "share of all pixels",
        "GilLevi/AgeGenderDeepLearning#29: what must sum to 1?",
        "recall is a share of the pixels of its class, not of all pixels.",
        wrong(recall=lambda tp, fn, fp, tn: tp / (tp + fn + fp + tn)),
    ),
    Mistake(
        "diagonal counted twice",
        "accord-net/framework#669: is RowTotals with or without the diagonal?",
        "the sum of a row contains TP already: FN is the sum minus TP.",
        rows_with_the_diagonal,
    ),
    Mistake(
        "mean of both for F1",
        "Model-R/modleR#63, WinVector/zmPDSwR#6: F1 is the harmonic mean",
        "that is the plain mean of recall and precision; F1 is their harmonic mean.",
        wrong(f1=lambda tp, fn, fp, tn: (tp / (tp + fn) + tp / (tp + fp)) / 2),
    ),
    Mistake(
        "product for F1",
        "WinVector/zmPDSwR#6: F1 as precision times recall",
        "that is the product of recall and precision; F1 is 2 TP / (2 TP + FP + FN).",
        wrong(f1=lambda tp, fn, fp, tn: tp / (tp + fn) * tp / (tp + fp)),
    ),
    Mistake(
        "F1 without 2",
        "Striveworks/valor#809, sonyc-project/urban-sound-tagging-baseline#18: F1 half as large",
        "the factor 2 is missing above: a perfect class would have F1 0.5.",
        wrong(f1=lambda tp, fn, fp, tn: tp / (2 * tp + fp + fn)),
    ),
    Mistake(
        "Jaccard for F1",
        "Jaccard 1901: TP / (TP + FP + FN)",
        "that is the Jaccard index; F1, which is Dice, counts TP twice, above and below.",
        wrong(f1=lambda tp, fn, fp, tn: tp / (tp + fp + fn)),
    ),
    Mistake(
        "nan from nan",
        "TUT-ARG/sed_eval#14, dotnet/machinelearning#4664, live-image-tracking-tools/traccuracy#354",
        "F1 from recall and precision is nan where one of them is; 2 TP / (2 TP + FP + FN) is not.",
        wrong(f1=harmonic),
    ),
    Mistake(
        "0 for nan",
        "scikit-learn/scikit-learn#10812: 0 for a class that nobody has",
        "a class without a denominator is not 0 but unknown: nan, so that a mean can leave it out.",
        everywhere(np.nan_to_num),
    ),
    Mistake(
        "1 for nan",
        "scikit-learn/scikit-learn#25531: zero_division 0, 1 or nan",
        "a class without a denominator is not 1 but unknown: nan, so that a mean can leave it out.",
        everywhere(lambda value: np.nan_to_num(value, nan=1.0)),
    ),
    Mistake(
        "one number",
        "scikit-learn: average='macro'",
        "that is the mean over the classes; the task asks for one number for each class.",
        everywhere(lambda value: np.nanmean(value) if not np.isnan(value).all() else np.nan),
    ),
    Mistake(
        "background left out",
        "MONAI: include_background=False",
        "class 0 is missing: one number for each class, background too.",
        everywhere(lambda value: value[1:]),
    ),
    Mistake(
        "whole numbers",
        "accord-net/framework#669: the division of two integers",
        "// divides to whole numbers; a score is a fraction: /.",
        whole_numbers,
    ),
    Mistake(
        "percent",
        "TUT-ARG/sed_eval#14 prints percent",
        "your scores are percentages; the task asks for fractions from 0 to 1.",
        everywhere(lambda value: 100 * value),
    ),
    Mistake(
        "into the input",
        "numpy: fill_diagonal works in place",
        "the confusion matrix was changed: work on a copy.",
        errors_left_in_place,
    ),
]

# Wrong answers as edits of this right one.
CELL = """def class_scores(confusion):
    tp = np.diag(confusion)
    fn = confusion.sum(axis=1) - tp
    fp = confusion.sum(axis=0) - tp
    tn = confusion.sum() - tp - fn - fp
    with np.errstate(invalid="ignore"):
        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}
        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}
    return out
"""

WRONG += edits_of(
    CELL,
    (
        "swap rp",
        "recall and precision are swapped: recall is TP / (TP + FN).",
        (
            '        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
            '        scores = {"recall": tp / (tp + fp), "precision": tp / (tp + fn)}',
        ),
    ),
    (
        "fn keep tp",
        "step 2: TP is still in FN.",
        ("    fn = confusion.sum(axis=1) - tp", "    fn = confusion.sum(axis=1)"),
    ),
    (
        "fp keep tp",
        "step 3: TP is still in FP.",
        ("    fp = confusion.sum(axis=0) - tp", "    fp = confusion.sum(axis=0)"),
    ),
    (
        "tn no fn",
        "step 4: FN is still in TN.",
        ("    tn = confusion.sum() - tp - fn - fp", "    tn = confusion.sum() - tp - fp"),
    ),
    (
        "tn plus",
        "step 4: TP is still in TN.",
        ("    tn = confusion.sum() - tp - fn - fp", "    tn = confusion.sum() - (fn + fp)"),
    ),
    (
        "spec acc",
        "that is the accuracy of each class, not its specificity.",
        (
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}',
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": (tp + tn) / confusion.sum()}',
        ),
    ),
    (
        "f1 no2b",
        "F1: the factor 2 is missing below.",
        (
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}',
            '        out = scores | {"f1": 2 * tp / (tp + fp + fn), "specificity": tn / (tn + fp)}',
        ),
    ),
    (
        "f1 geo",
        "F1 is the harmonic mean, not the geometric one.",
        (
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}',
            '        out = scores | {"f1": np.sqrt(scores["recall"] * scores["precision"]), "specificity": tn / (tn + fp)}',
        ),
    ),
    (
        "eps",
        "a small number below turns 0 / 0 into 0; it is nan.",
        (
            '        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
            '        scores = {"recall": tp / (tp + fn + 1e-6), "precision": tp / (tp + fp)}',
        ),
    ),
    (
        "max1",
        "a bound below turns 0 / 0 into 0; it is nan.",
        (
            '        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
            '        scores = {"recall": tp / (tp + fn), "precision": tp / np.maximum(tp + fp, 1)}',
        ),
    ),
    (
        "none",
        "None in place of nan.",
        ("    return out", "    return {k: [None if np.isnan(x) else x for x in v] for k, v in out.items()}"),
    ),
    (
        "lists",
        "lists in place of NumPy arrays.",
        ("    return out", "    return {k: v.tolist() for k, v in out.items()}"),
    ),
    ("tuple", "a tuple in place of the dict.", ("    return out", "    return tuple(out.values())")),
    (
        "round",
        "the scores are rounded.",
        ("    return out", "    return {k: v.round(2) for k, v in out.items()}"),
    ),
    (
        "float32 counts",
        "float32 holds seven digits, too few for counts of volumes.",
        (
            "def class_scores(confusion):",
            "def class_scores(confusion):\n    confusion = confusion.astype(np.float32)",
        ),
    ),
    (
        "float16",
        "float16 holds three digits and numbers up to 65504.",
        (
            "def class_scores(confusion):",
            "def class_scores(confusion):\n    confusion = confusion.astype(np.float16)",
        ),
    ),
    (
        "uint8",
        "uint8 holds numbers up to 255.",
        (
            "def class_scores(confusion):",
            "def class_scores(confusion):\n    confusion = confusion.astype(np.uint8)",
        ),
    ),
    (
        "int32",
        "int32 overflows at two billion voxels.",
        (
            "def class_scores(confusion):",
            "def class_scores(confusion):\n    confusion = confusion.astype(np.int32)",
        ),
    ),
    (
        "inplace norm",
        "the function writes into the matrix.",
        ("def class_scores(confusion):", "def class_scores(confusion):\n    confusion /= confusion.sum()"),
    ),
    (
        "norm rows",
        "the rows are divided by their sums first: then the columns mean nothing.",
        (
            "def class_scores(confusion):",
            "def class_scores(confusion):\n    confusion = confusion / confusion.sum(axis=1, keepdims=True)",
        ),
    ),
    (
        "floor",
        "// divides without decimals.",
        (
            '        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
            '        scores = {"recall": tp // (tp + fn), "precision": tp / (tp + fp)}',
        ),
    ),
    (
        "keys upper",
        "the keys are written in lower case.",
        (
            '        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
            '        scores = {"Recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
        ),
    ),
    (
        "keys sens",
        "the key is recall.",
        (
            '        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
            '        scores = {"sensitivity": tp / (tp + fn), "precision": tp / (tp + fp)}',
        ),
    ),
    (
        "no spec",
        "specificity is missing.",
        (
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}',
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn)}',
        ),
    ),
    (
        "range4",
        "the number of classes is fixed at 4.",
        ("    tp = np.diag(confusion)", "    tp = np.array([confusion[c, c] for c in range(4)])"),
    ),
    (
        "range3",
        "the number of classes is bounded by 4.",
        (
            "    tp = np.diag(confusion)",
            "    tp = np.array([confusion[c, c] for c in range(min(len(confusion), 4))])",
        ),
    ),
    (
        "micro",
        "TP is the sum over all classes.",
        ("    tp = np.diag(confusion)", "    tp = np.full(len(confusion), np.trace(confusion))"),
    ),
    (
        "torch",
        "tensors in place of NumPy arrays.",
        ("    return out", "    return {k: torch.from_numpy(v) for k, v in out.items()}"),
    ),
    (
        "dict by class",
        "one dict for each class; one dict of arrays is asked for.",
        ("    return out", "    return [{k: v[c] for k, v in out.items()} for c in range(len(tp))]"),
    ),
    (
        "tril",
        "only one half of the matrix is counted.",
        (
            "    fn = confusion.sum(axis=1) - tp\n    fp = confusion.sum(axis=0) - tp",
            "    fn = np.triu(confusion, 1).sum(axis=1)\n    fp = np.triu(confusion, 1).sum(axis=0)",
        ),
    ),
    (
        "neg pred",
        "specificity is TN / (TN + FP).",
        (
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}',
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fn + fp)}',
        ),
    ),
    (
        "precision all",
        "precision is divided by all pixels.",
        (
            '        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}',
            '        scores = {"recall": tp / (tp + fn), "precision": tp / confusion.sum()}',
        ),
    ),
    (
        "where zero",
        "0 / 0 is nan, not 0.",
        ("    return out", "    return {k: np.where(tp == 0, 0.0, v) for k, v in out.items()}"),
    ),
    (
        "where nan",
        "TP = 0 is no reason for nan: only a denominator of 0 is.",
        ("    return out", "    return {k: np.where(tp == 0, np.nan, v) for k, v in out.items()}"),
    ),
    (
        "spec nan",
        "a class that is absent has a specificity: its denominator is TN + FP.",
        (
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}',
            '        out = scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": np.where(tp + fn == 0, np.nan, tn / (tn + fp))}',
        ),
    ),
    (
        "drop absent",
        "undefined scores are dropped; they are nan, in place.",
        ("    return out", "    return {k: v[~np.isnan(v)] for k, v in out.items()}"),
    ),
)

WRONG += edits_of(
    CELL,
    (
        "F1 nan without TP",
        "F1 is nan wherever TP is 0; 0 / (more than 0) is 0.",
        ("    return out", "    return out | {'f1': np.where(tp == 0, np.nan, out['f1'])}"),
    ),
    (
        "None for nan",
        "None makes an array of Python objects: a score without a denominator is nan.",
        (
            "    return out",
            "    return {k: np.array([None if np.isnan(x) else x for x in v]) for k, v in out.items()}",
        ),
    ),
)
