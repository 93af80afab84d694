"""Recall, precision, F1 and specificity per class: class_scores(confusion)."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from brainlab import metrics
from grading_tests.checks.nb03.suspects import Traced
from grading_tests.gap import Gap, Property, Wrong, expect, plain, same
from grading_tests.networks import attempt

NAMES = ("recall", "precision", "f1", "specificity")


def class_scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the library's scores in the form of the gap."""
    found = metrics.scores(confusion)
    return {
        "recall": found.sensitivity,
        "precision": found.precision,
        "f1": found.f1,
        "specificity": found.specificity,
    }


def one_against_all(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """The oracle: for each class, the 2 x 2 table that is left when all others are taken together."""
    columns: dict[str, list[float]] = {name: [] for name in NAMES}
    for label in range(len(confusion)):
        others = np.arange(len(confusion)) != label
        tp, fn = confusion[label, label], confusion[label, others].sum()
        fp, tn = confusion[others, label].sum(), confusion[others][:, others].sum()
        parts = ((tp, tp + fn), (tp, tp + fp), (2 * tp, 2 * tp + fp + fn), (tn, tn + fp))
        for name, (above, below) in zip(NAMES, parts, strict=True):
            columns[name].append(above / below if below else np.nan)
    return {name: np.array(values) for name, values in columns.items()}


def counts(rng: np.random.Generator, classes: int) -> np.ndarray:
    """Return a confusion matrix with much background, and more right than wrong."""
    confusion = rng.integers(1, 40, (classes, classes))
    confusion += np.diag(rng.integers(50, 300, classes))
    confusion[0, 0] += 4000
    return confusion


def suspects(confusion: np.ndarray, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield wrong values of one score, and what is wrong about them."""
    tp = np.diag(confusion).astype(float)
    fn, fp = confusion.sum(1) - tp, confusion.sum(0) - tp
    total = float(confusion.sum())
    tn = total - tp - fn - fp
    right = one_against_all(confusion)
    absent = np.isnan(right[name])
    recall, precision = tp / (tp + fn), tp / (tp + fp)
    ratios = {
        "TP / (TP + FN), the recall": recall,
        "TP / (TP + FP), the precision": precision,
        "TN / (TN + FP), the specificity": tn / (tn + fp),
        "TN / (TN + FN), the negative predictive value": tn / (tn + fn),
        "FP / (TN + FP), the false positive rate": fp / (tn + fp),
        "FN / (TP + FN), the share that is missed": fn / (tp + fn),
        "(TP + TN) / all, the accuracy": (tp + tn) / total,
        "TP / (TP + FP + FN), Jaccard": tp / (tp + fp + fn),
        "2 TP / (2 TP + FP + FN), the F1": 2 * tp / (2 * tp + fp + fn),
        "the mean of recall and precision": (recall + precision) / 2,
        "the product of recall and precision": recall * precision,
        "the root of recall times precision": np.sqrt(recall * precision),
        "the F1 over all classes together, the accuracy": np.full(len(tp), tp.sum() / total),
        "the mean over the other classes' recall": (recall.sum() - recall) / max(len(tp) - 1, 1),
        "that of a TN that holds the diagonal only": (tp.sum() - tp) / (tp.sum() - tp + fp),
        "that of a TN that holds the whole diagonal": tp.sum() / (tp.sum() + fp),
        "that of the table with rows and columns exchanged": one_against_all(confusion.T)[name],
    }
    for value in (0.0, 1.0, np.inf, -1.0):
        words = f"0 / 0 is {value:g} here; a score without a denominator is nan."
        yield words, np.where(absent, value, right[name])
    yield "0 / (more than 0) is nan here; it is 0.", np.where(tp == 0, np.nan, right[name])
    yield (
        "the score of every absent class is nan here; only 0 / 0 is.",
        np.where(tp + fn == 0, np.nan, right[name]),
    )
    for what, values in ratios.items():
        yield f"{name} is {what} here.", values
    for digits in (1, 2, 3, 4, 5, 6):
        yield f"the {name} is rounded.", right[name].round(digits)
    yield f"{name} is in per cent; a share is asked for.", 100 * right[name]
    harmonic = 2 * recall * precision / (recall + precision)
    yield "F1 from recall and precision is nan where one of them is; from the counts it is not.", harmonic
    words = "F1 from recall and precision cannot tell 0 / 0, which is nan, from 0: take the counts."
    yield words, np.nan_to_num(harmonic)
    filled = np.nan_to_num(recall), np.nan_to_num(precision)
    yield words, 2 * filled[0] * filled[1] / (filled[0] + filled[1])
    for width in (np.uint8, np.int16, np.int32):
        yield (
            f"{np.dtype(width)} does not hold these counts.",
            one_against_all(confusion.astype(width))[name],
        )
    yield "float32 does not hold these counts.", one_against_all(confusion.astype(np.float32))[name]
    yield (
        "the counts are scaled and rounded.",
        one_against_all((1000 * (confusion / confusion.max())).round())[name],
    )
    for share in (confusion / np.maximum(confusion.sum(1, keepdims=True), 1), confusion / total):
        yield (
            "the scores of shares, not of counts: each class then has the same size.",
            one_against_all(share)[name],
        )


def idea_of(confusion: np.ndarray, name: str, got: Any) -> str:
    """Return why a score is wrong, "" if that is not found."""
    values = plain(got)
    with np.errstate(all="ignore"):
        if values is None or values.shape != (len(confusion),):
            return ""
        for words, wrong in suspects(confusion, name):
            if np.allclose(wrong, values, rtol=1e-9, atol=1e-12, equal_nan=True):
                return words
    return ""


def expect_scores(answer: Any, confusion: np.ndarray, tried: str, *names: str) -> None:
    """Raise `Wrong` unless the answer's scores with these names are right."""
    wanted = f"a dict with {', '.join(NAMES)}"
    expected = one_against_all(confusion)
    try:
        got = attempt(tried, wanted, answer, confusion.copy())
    except Wrong as error:
        if "ZeroDivisionError" in str(error.got):
            error.idea = (
                "0 / 0 is an error for numbers of Python: divide arrays, or look at the denominator first."
            )
        raise
    if not (isinstance(got, dict) and set(NAMES) <= set(got)):
        found = ", ".join(map(str, got)) if isinstance(got, dict) else type(got).__name__
        keys = f"the keys are {', '.join(NAMES)}, in small letters." if isinstance(got, dict) else ""
        raise Wrong(tried, wanted, found, idea=keys)
    for name in names:
        if not same(got[name], expected[name], 1e-5, 1e-7):
            find = partial(idea_of, confusion, name, got[name])
            raise Traced(f"{name} of {tried}", expected[name], got[name], "", find)


def recall_and_precision(answer: Any, rng: np.random.Generator) -> None:
    expect_scores(answer, counts(rng, 4), "4 classes, all present", "recall", "precision")


def specificity(answer: Any, rng: np.random.Generator) -> None:
    expect_scores(answer, counts(rng, 4), "4 classes, all present", "specificity")


def f1(answer: Any, rng: np.random.Generator) -> None:
    expect_scores(answer, counts(rng, 4), "4 classes, all present", "f1")


def no_denominator(answer: Any, rng: np.random.Generator) -> None:
    """Class 1 is never present, class 2 present but never predicted, class 3 neither."""
    confusion = counts(rng, 4)
    confusion[1], confusion[:, 2], confusion[3], confusion[:, 3] = 0, 0, 0, 0
    tried = "class 1 never present, class 2 never predicted, class 3 neither"
    expect_scores(answer, confusion, tried, "recall", "precision", "f1")


def nothing_else_there(answer: Any, rng: np.random.Generator) -> None:
    confusion = counts(rng, 3)
    confusion[1:] = 0
    expect_scores(answer, confusion, "a ground truth of background only", "specificity", "recall")


def other_classes(answer: Any, rng: np.random.Generator) -> None:
    for classes in (2, 6):
        expect_scores(answer, counts(rng, classes), f"{classes} classes", *NAMES)


def whole_volumes(answer: Any, rng: np.random.Generator) -> None:
    """Counts of many volumes: beyond 32-bit integers, and too uneven for float32."""
    confusion = counts(rng, 4)
    confusion[0, 0] = 2**32 + int(rng.integers(1000))
    expect_scores(answer, confusion, "4 billion voxels of background, few of tumour", *NAMES)


def arrays(answer: Any, rng: np.random.Generator) -> None:
    tried, wanted = "what is in the dict", "NumPy arrays of shape (3,)"
    got = attempt(tried, wanted, answer, counts(rng, 3))
    for name in NAMES:
        value = got.get(name) if isinstance(got, dict) else got
        if not isinstance(value, np.ndarray):
            raise Wrong(f"{tried}: {name}", wanted, f"a {type(value).__name__}")
        if value.shape != (3,):
            idea = "one number for each class: an array with a single axis."
            raise Wrong(f"{tried}: {name}", wanted, f"an array of shape {value.shape}", idea=idea)


def unchanged(answer: Any, rng: np.random.Generator) -> None:
    for change in (np.int64, np.float64):
        confusion = counts(rng, 4).astype(change)
        kept = confusion.copy()
        first = attempt("a confusion matrix", "scores", answer, kept)
        if kept.shape != confusion.shape or not np.allclose(kept, confusion, rtol=1e-5):
            raise Wrong(
                "confusion after the call", "unchanged", "changed: the function writes into its input"
            )
        attempt("another matrix", "scores", answer, counts(rng, 4))
        again = attempt("the same matrix again", "scores", answer, confusion)
        if isinstance(first, dict) and isinstance(again, dict):
            for name in NAMES:
                expect(again.get(name), first.get(name), f"{name} of the same matrix a second time")


GAP = Gap(
    "g03_scores",
    "class_scores",
    minutes=7,
    points=4,
    reference=class_scores,
    shortcuts=[metrics.scores],
    properties=[
        Property("recall and precision", recall_and_precision, share=2),
        Property("specificity", specificity),
        Property("F1", f1),
        Property("classes without a denominator", no_denominator),
        Property("a ground truth of one class", nothing_else_there, share=0.5),
        Property("other numbers of classes", other_classes, share=0.5),
        Property("the counts of whole volumes", whole_volumes, share=0.5),
        Property("arrays of shape (C,)", arrays, share=0.5),
        Property("input unchanged, a second call", unchanged, share=0.5),
    ],
)
