"""Five defective cases, to be told apart: diagnose() returns a table of names."""

import re
from collections.abc import Callable, Mapping

import numpy as np

from brainlab.synth.phantom.cohort import DEFECTS, FIRST_DEFECTIVE
from grading_tests.gap import Gap, Property, Wrong

NAMES = tuple(defect.__name__ for defect in DEFECTS)


# The cases of the hunt: those of the defective cases whose files open without a complaint.
CASES = tuple(
    90000 + FIRST_DEFECTIVE + NAMES.index(name)
    for name in ("mirrored_images", "label_four", "shifted_segmentation", "constant_modality", "wrong_affine")
)


def diagnose() -> dict[int, str]:
    """Return the defect of each case of the hunt: case number -> name."""
    return {case: NAMES[case - 90000 - FIRST_DEFECTIVE] for case in CASES}


def entries(answer: Callable[[], Mapping]) -> dict[int, str]:
    """Return the table of an answer, however its case numbers and names are spelled."""
    table = answer()
    if not isinstance(table, Mapping):
        raise Wrong("your table", "a dictionary {case number: name}", type(table).__name__, "step 1")
    found = {}
    for case, name in table.items():
        number = re.search(r"\d{5}", str(case))
        found[int(number[0]) if number else case] = re.sub(r"[\s-]+", "_", str(name).strip().lower())
    return found


def form(answer: Callable[[], Mapping], rng: np.random.Generator) -> None:
    table = entries(answer)
    if missing := [case for case in CASES if case not in table]:
        raise Wrong("one entry for each case", list(CASES), f"none for {missing}", "step 1")
    if unknown := sorted({table[case] for case in CASES} - set(NAMES)):
        raise Wrong("names from the table", "one of the names of the table", ", ".join(unknown), "step 1")
    if others := [case for case in table if case not in CASES]:
        raise Wrong("one entry for each case", list(CASES), f"one for {others} too", "step 1")


def named(case: int) -> Callable[[Callable, np.random.Generator], None]:
    """Return a property: the defect of this case has its name."""

    def run(answer: Callable[[], Mapping], rng: np.random.Generator) -> None:
        name = entries(answer).get(case)
        if name != diagnose()[case]:
            # The right name is for the student to find, so the message does not say it.
            raise Wrong(f"case {case}", "another defect", name)

    return run


GAP = Gap(
    "g01_diagnose",
    "diagnose",
    minutes=12,
    points=5,
    reference=diagnose,
    properties=[
        Property("a known name for every case", form, share=0),
        *(Property(f"case {case}", named(case)) for case in CASES),
    ],
)
