"""Right and wrong answers: the hunt for defects."""

from collections import OrderedDict, UserDict

import numpy as np

from grading_tests.checks.nb01.diagnose import CASES, diagnose
from grading_tests.gap import Mistake

FOUND = diagnose()


def but(**changes):
    """Return an answer in which each defect named in `changes` is taken for another one."""
    return lambda: {case: changes.get(name, name) for case, name in diagnose().items()}


class Spoken(UserDict):
    """A dictionary of another kind, with names as one would say them."""


def from_table():
    table = """90900 mirrored images
    90902 label four
    90903 shifted segmentation
    90907 constant modality
    90908 wrong affine"""
    pairs = (line.split(maxsplit=1) for line in table.splitlines())
    return {int(case): name for case, name in pairs}


def looked_up():
    """Number the names as the list in the notebook does, then pick."""
    names = list(FOUND.values())
    return {int(case): names[place] for place, case in enumerate(np.array(list(FOUND)))}


RIGHT = {
    "library": diagnose,
    "other order": lambda: OrderedDict(reversed(FOUND.items())),
    "words": lambda: {case: name.replace("_", " ").capitalize() for case, name in FOUND.items()},
    "pairs": lambda: dict(zip(CASES, map(FOUND.get, CASES), strict=True)),
    "lines of a text": from_table,
    "NumPy numbers": lambda: {np.int64(case): np.str_(name) for case, name in looked_up().items()},
    "a mapping, hyphens": lambda: Spoken({c: f" {n.replace('_', '-').upper()} " for c, n in FOUND.items()}),
}


WRONG = [
    Mistake(
        "mirrored taken for shifted, and shifted for mirrored",
        "Rolston-Lab/LeGUI#2: are the hemispheres switched",
        "a mask that was moved to the front keeps its distance to the midline; a mirrored one changes sides.",
        but(mirrored_images="shifted_segmentation", shifted_segmentation="mirrored_images"),
    ),
    Mistake(
        "mirrored taken for the affine",
        "templateflow/templateflow#6: left and right flipped against the other template",
        "if the affine were wrong, image and mask would be wrong together and still fit each other.",
        but(mirrored_images="wrong_affine"),
    ),
    Mistake(
        "affine taken for mirrored",
        "the BraTS-MET case of the course's real data: RAS affine over LPS voxels",
        "mask and image fit each other in this case; compare its orientation with that of the others.",
        but(wrong_affine="mirrored_images"),
    ),
    Mistake(
        "label 4 taken for floats",
        "MIC-DKFZ/BraTS2017#18: labels 0, 1, 2, 4",
        "the labels of this case are whole numbers; look at which ones.",
        but(label_four="float_labels"),
    ),
    Mistake(
        "constant taken for missing",
        "DASDAE/dascore#281: zeroed channels in a normalisation",
        "all four files are there; look at minimum and maximum inside the brain.",
        but(constant_modality="missing_modality"),
    ),
    Mistake(
        "shifted taken for another shape",
        "nilearn/nilearn#1171: a mask resampled to another grid",
        "the shapes of image and mask agree; look at where the mask lies.",
        but(shifted_segmentation="segmentation_of_other_shape"),
    ),
    Mistake(
        "shifted taken for mirrored",
        "a common slip: the mask lies beside the tumour, so it must be mirrored",
        "mask and bright area lie on the same side of the midline, one only beside the other.",
        but(shifted_segmentation="mirrored_images"),
    ),
    Mistake(
        "one name for all",
        "misconception: one cause explains all",
        "every case has a defect of its own.",
        lambda: dict.fromkeys(CASES, "mirrored_images"),
    ),
    Mistake(
        "own words",
        "misconception: any description will do",
        "use the names of the list, so that they can be compared.",
        but(label_four="label 4 instead of 3"),
    ),
    Mistake(
        "a case left out",
        "misconception: no complaint, no defect",
        "one case has no entry: that no program complains does not make it sound.",
        lambda: {case: name for case, name in diagnose().items() if name != "wrong_affine"},
    ),
    Mistake(
        "affine taken for shifted",
        "a common slip: something is displaced",
        "mask and image fit each other in this case; compare its orientation with that of the others.",
        but(wrong_affine="shifted_segmentation"),
    ),
    Mistake(
        "mirrored taken for shifted",
        "a common slip: the mask lies beside the tumour, so it must be shifted",
        "the mask is as far from the midline as the bright area; on which side of it are the two?",
        but(mirrored_images="shifted_segmentation"),
    ),
    Mistake(
        "mirrored and affine exchanged",
        "templateflow/templateflow#6: left and right flipped against the other template",
        "if the affine were wrong, image and mask would be wrong together and still fit each other.",
        but(mirrored_images="wrong_affine", wrong_affine="mirrored_images"),
    ),
    Mistake(
        "constant taken for an empty mask",
        "misconception: something is missing",
        "this mask is not empty: its labels are in the table; look at minimum and maximum in the brain.",
        but(constant_modality="empty_segmentation"),
    ),
    Mistake(
        "constant taken for an incomplete file",
        "misconception: a file that ended too early is constant",
        "a file that ended too early cannot be read to its end; look at minimum and maximum in the brain.",
        but(constant_modality="truncated_file"),
    ),
    Mistake(
        "a list of names",
        "misconception: the order says which case it is",
        "you return a list; asked for is a dictionary from case numbers to names.",
        lambda: list(FOUND.values()),
    ),
    Mistake(
        "nothing returned",
        "a common slip: the return is forgotten",
        "your function returns nothing; asked for is a dictionary.",
        lambda: None,
    ),
    Mistake(
        "counted from 0",
        "misconception: the number of a case is its place",
        "no key is the number of a case: use these numbers as keys, and the names as values.",
        lambda: dict(enumerate(FOUND.values())),
    ),
    Mistake(
        "texts for numbers",
        "a common slip: the number is taken from the name of the folder",
        "your keys are texts; the case numbers are whole numbers: int() makes them of texts.",
        lambda: {str(case): name for case, name in FOUND.items()},
        1,
    ),
    Mistake(
        "names in the order of the table",
        "misconception: the cases are in the order of the table",
        "you pair cases and names in their orders; look at each case by itself.",
        lambda: dict(
            zip(
                CASES,
                ("mirrored_images", "shifted_segmentation", "wrong_affine", "label_four", "float_labels"),
                strict=True,
            )
        ),
    ),
    Mistake(
        "affine and constant exchanged",
        "a common slip: two cases exchanged",
        "exchanged: compare minimum and maximum of these two cases with those of the others.",
        but(wrong_affine="constant_modality", constant_modality="wrong_affine"),
    ),
    Mistake(
        "the example",
        "a common slip: the example of the task is kept",
        "truncated_file was an example of a name: this file can be read to its end.",
        but(mirrored_images="truncated_file"),
    ),
    Mistake(
        "two names joined",
        "misconception: two guesses are safer",
        "one of your names is not in the table: each case has one name, and no more words.",
        but(mirrored_images="mirrored_images or wrong_affine"),
    ),
    Mistake(
        "several names for a case",
        "a common slip: one case, several guesses",
        "a case has one name: return it as a text.",
        lambda: {case: list(FOUND.values()) for case in FOUND},
    ),
    Mistake(
        "another case, too",
        "misconception: more is better",
        "the dictionary should have the five cases only.",
        lambda: {**FOUND, 90901: "missing_modality"},
    ),
    Mistake(
        "label four and constant exchanged",
        "a common slip: label four and constant exchanged",
        "compare the labels and the intensities of these two cases with those of the others.",
        but(label_four="constant_modality", constant_modality="label_four"),
    ),
    Mistake(
        "shifted taken for an empty mask",
        "a common slip: shifted taken for an empty mask",
        "this mask is not empty; look at where it lies.",
        but(shifted_segmentation="empty_segmentation"),
    ),
    Mistake(
        "constant taken for float labels",
        "a common slip: constant taken for float labels",
        "the labels of this case are whole numbers; look at minimum and maximum in the brain.",
        but(constant_modality="float_labels"),
    ),
    Mistake(
        "a set of names",
        "a common slip: a set of names",
        "you return a set; asked for is a dictionary from case numbers to names.",
        lambda: set(FOUND.values()),
    ),
    Mistake(
        "a text",
        "a common slip: a text",
        "you return a text; asked for is a dictionary from case numbers to names.",
        lambda: str(FOUND),
    ),
    Mistake(
        "numbers for names",
        "a common slip: numbers for names",
        "your values are numbers; asked for are names of the table.",
        lambda: {case: place for place, case in enumerate(FOUND)},
    ),
    Mistake(
        "a name misspelled",
        "a common slip: a name misspelled",
        "one of your names is not in the table: is it spelled like there?",
        but(mirrored_images="mirror_images"),
    ),
    Mistake(
        "no name for a case",
        "a common slip: no name for a case",
        "one case has no name.",
        lambda: {**FOUND, CASES[-1]: None},
    ),
]
