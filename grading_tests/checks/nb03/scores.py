"""Recall, precision, F1 and specificity per class: class_scores(confusion)."""

from typing import Any

import numpy as np

from brainlab import metrics
from grading_tests.gap import Gap, Property, Wrong, expect
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


def expect_scores(answer: Any, confusion: np.ndarray, tried: str, *names: str) -> None:
    """Raise `Wrong` unless the answer's scores with these names are right."""
    wanted = f"a dict with {', '.join(NAMES)}"
    expected = one_against_all(confusion)
    got = attempt(tried, wanted, answer, confusion.copy())
    if not (isinstance(got, dict) and set(NAMES) <= set(got)):
        found = ", ".join(map(str, got)) if isinstance(got, dict) else type(got).__name__
        raise Wrong(tried, wanted, found)
    for name in names:
        expect(got[name], expected[name], f"{name} of {tried}", rtol=1e-5, atol=1e-7)


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
            raise Wrong(f"{tried}: {name}", wanted, f"an array of shape {value.shape}")


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
