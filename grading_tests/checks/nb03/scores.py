"""Recall, precision, F1 and specificity per class: class_scores(confusion)."""

from typing import Any

import numpy as np

from brainlab import metrics
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.networks import attempt
from grading_tests.unchanged import expect_unchanged

STEPS = {"recall": "step 2", "precision": "step 3", "f1": "step 5", "specificity": "step 4"}


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
    columns: dict[str, list[float]] = {name: [] for name in STEPS}
    for label in range(len(confusion)):
        others = np.arange(len(confusion)) != label
        tp, fn = confusion[label, label], confusion[label, others].sum()
        fp, tn = confusion[others, label].sum(), confusion[others][:, others].sum()
        parts = ((tp, tp + fn), (tp, tp + fp), (2 * tp, 2 * tp + fp + fn), (tn, tn + fp))
        for name, (above, below) in zip(STEPS, parts, strict=True):
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
    wanted = f"a dict with {', '.join(STEPS)}"
    got = attempt(tried, wanted, answer, confusion.copy())
    if not (isinstance(got, dict) and set(STEPS) <= set(got)):
        found = ", ".join(map(str, got)) if isinstance(got, dict) else type(got).__name__
        raise Wrong(tried, wanted, found)
    for name in names:
        expect(got[name], one_against_all(confusion)[name], f"{name} of {tried}", STEPS[name])


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
        expect_scores(answer, 1000 * counts(rng, classes), f"{classes} classes, a large set", *STEPS)


def unchanged(answer: Any, rng: np.random.Generator) -> None:
    expect_unchanged(answer, counts(rng, 4))


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
        Property("other numbers of classes", other_classes, share=0.5, visible=False),
        Property("input unchanged", unchanged, share=0.5, visible=False),
    ],
)
