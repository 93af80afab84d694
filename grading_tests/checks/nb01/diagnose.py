"""Five defective cases, to be told apart: diagnose() returns a table of names."""

import difflib
import re
from collections.abc import Callable, Mapping

import numpy as np

from brainlab.synth.phantom.cohort import DEFECTS, FIRST_DEFECTIVE
from grading_tests.checks.nb01.contract import kind_of
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


# What one would see if a case had this defect.
SEEN = {
    "mirrored_images": "with this one the mask would lie across the midline from the bright area",
    "missing_modality": "with this one a file would not be there",
    "label_four": "with this one 4 would be among the labels",
    "shifted_segmentation": "with this one the mask would lie beside the bright area, on its side",
    "segmentation_of_other_shape": "with this one the two shapes would differ",
    "float_labels": "with this one the labels would not be whole numbers",
    "empty_segmentation": "with this one 0 would be the only label",
    "constant_modality": "with this one minimum and maximum would be equal",
    "wrong_affine": "with this one mask and image would fit, and the head be turned",
    "truncated_file": "with this one a file could not be read to its end",
}


def entries(answer: Callable[[], Mapping]) -> dict[int, str]:
    """Return the table of an answer, however its names are spelled."""
    table = answer()
    if not isinstance(table, Mapping):
        raise Wrong("your table", "a dictionary {case number: name}", kind_of(table), "step 1")
    texts = [case for case in table if isinstance(case, str)]
    if texts and any(str(number) in text for text in texts for number in CASES):
        raise Wrong("the case numbers", "whole numbers, such as 90900", "texts", "step 1")
    return {case: re.sub(r"[\s-]+", "_", str(name).strip().lower()) for case, name in table.items()}


def instead_of_a_name(name: str) -> str:
    """Return what stands in the place of a name of the table, in words."""
    if sum(known in name for known in NAMES) > 1:
        return "several names for one case"
    if name in ("none", ""):
        return "no name"
    if re.fullmatch(r"[\d.]+", name):
        return "a number"
    close = difflib.get_close_matches(name, NAMES, 1, 0.8)
    return "a name that is spelled in another way" if close else "other words"


def form(answer: Callable[[], Mapping], rng: np.random.Generator) -> None:
    table = entries(answer)
    if missing := [case for case in CASES if case not in table]:
        raise Wrong("one entry for each case", list(CASES), f"none for {missing}", "step 1")
    if unknown := sorted({table[case] for case in CASES} - set(NAMES)):
        shown = f"names of the table, not {', '.join(unknown)}"
        raise Wrong(
            "the names", shown, ", ".join(sorted({instead_of_a_name(one) for one in unknown})), "step 1"
        )
    if others := [case for case in table if case not in CASES]:
        raise Wrong("one entry for each case", list(CASES), f"one for {others} too", "step 1")


def named(case: int) -> Callable[[Callable, np.random.Generator], None]:
    """Return a property: the defect of this case has its name."""

    def run(answer: Callable[[], Mapping], rng: np.random.Generator) -> None:
        name = entries(answer).get(case)
        if name != diagnose()[case]:
            # The right name is for the student to find, so the message does not say it.
            raise Wrong(f"case {case}", f"another defect; {SEEN.get(str(name), 'see the table')}", name)

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
