"""Right and wrong answers to g01_side_of_voxel."""

import nibabel as nib
import numpy as np
import torch

from brainlab.data import voxel_to_mm
from grading_tests.bank.nb01._common import changed_input, returning
from grading_tests.checks.nb01.side_of_voxel import side_of_voxel
from grading_tests.gap import Mistake, Survivor


def side_by_steps(voxel, affine, shape):
    """How far each index is from its middle, in steps of x."""
    away = 0.0
    for index, size, step in zip(voxel, shape, affine[0], strict=False):
        away += (index - (size - 1) / 2) * step
    return "right" if away > 0 else "left"


def side_in_numpy(voxel, affine, shape):
    x = affine[0] @ np.append(voxel, 1) - affine[0] @ np.append((np.array(shape) - 1) / 2, 1)
    return np.where(x < 0, "left", "right")


def side_along_x(voxel, affine, shape):
    """The affine of a difference has no offset."""
    away = affine[:3, :3] @ (np.asarray(voxel) - (np.array(shape) - 1) / 2)
    return ["right", "left"][int(away[0] < 0)]


def side_between_corners(voxel, affine, shape):
    """The middle of the eight corners is the middle of the volume."""
    corners = np.stack(np.meshgrid(*[(0, size - 1) for size in shape], indexing="ij"), axis=-1).reshape(-1, 3)
    x = [affine[0, :3] @ point + affine[0, 3] for point in (voxel, *corners)]
    return "left" if x[0] < np.mean(x[1:]) else "right"


def side_in_torch(voxel, affine, shape):
    points = torch.tensor(np.array([voxel, np.subtract(shape, 1) / 2]), dtype=torch.float64)
    x = points @ torch.as_tensor(affine[0, :3]) + affine[0, 3]
    return "left" if x[0].item() < x[1].item() else "right"


def opposite(side):
    return {"left": "right", "right": "left"}[side]


RIGHT = {
    "library": side_of_voxel,
    "steps of x": side_by_steps,
    "numpy string": side_in_numpy,
    "after reorientation": lambda voxel, affine, shape: (
        "left"
        if nib.affines.apply_affine(affine, voxel)[0]
        < nib.affines.apply_affine(affine, np.divide(np.subtract(shape, 1), 2))[0]
        else "right"
    ),
    "difference to the middle": side_along_x,
    "mean of the corners": side_between_corners,
    "torch": side_in_torch,
}


def against(centre):
    """Return an answer that compares x with that of `centre(shape)`."""
    return lambda voxel, affine, shape: (
        "left" if voxel_to_mm(voxel, affine)[0] < voxel_to_mm(centre(shape), affine)[0] else "right"
    )


def side_by_letters(voxel, affine, shape):
    letters = nib.aff2axcodes(affine)
    axis = [letter in "LR" for letter in letters].index(True)
    high = voxel[axis] > (shape[axis] - 1) / 2
    return "left" if high == (letters[axis] == "L") else "right"


def side_by_first_letter(voxel, affine, shape):
    high = voxel[0] > (shape[0] - 1) / 2
    return "left" if high == (nib.aff2axcodes(affine)[0] == "L") else "right"


def at_the_centre(voxel, affine, shape, word):
    """Return `word` exactly at the centre, 0 for an error."""
    if voxel_to_mm(voxel, affine)[0] != voxel_to_mm((np.array(shape) - 1) / 2, affine)[0]:
        return side_of_voxel(voxel, affine, shape)
    if word == 0:
        raise ValueError("in the middle")
    return word


def side_from_first_axis(voxel, affine, shape):
    return "left" if affine[0, 0] * (voxel[0] - (shape[0] - 1) / 2) < 0 else "right"


WRONG = [
    Mistake(
        "x below zero",
        "nipy/nibabel docs, coordinate systems: the origin is not always the middle of the head",
        "you compare x with 0, in BraTS the edge of the image; compare with the middle of the volume.",
        lambda voxel, affine, shape: "left" if voxel_to_mm(voxel, affine)[0] < 0 else "right",
    ),
    Mistake(
        "picture side",
        "FZJ-INM1-BDA/siibra-explorer#1481: radiological and neurological display",
        "left and right are exchanged: in RAS+ x grows to the patient's right. Only pictures are mirrored.",
        lambda voxel, affine, shape: opposite(side_of_voxel(voxel, affine, shape)),
    ),
    Mistake(
        "index, BraTS habit",
        "nipreps/mriqc#229: flip when the orientation is another",
        "you look at the first index only; the same index is the other side in a file stored the other way.",
        lambda voxel, affine, shape: "right" if voxel[0] < shape[0] / 2 else "left",
    ),
    Mistake(
        "index, small is left",
        "nipy/niwidgets#28: axial view is left/right mirrored",
        "a small first index is not the left side: the affine decides, and in BraTS it starts at the right.",
        lambda voxel, affine, shape: "left" if voxel[0] < shape[0] / 2 else "right",
    ),
    Mistake(
        "y for x",
        "aces/brainbrowser#295: brain orientation in the axial plane",
        "you compare y, which is front and back; left and right is x, the first coordinate.",
        lambda voxel, affine, shape: (
            "left" if voxel_to_mm(voxel, affine)[1] < voxel_to_mm(np.divide(shape, 2), affine)[1] else "right"
        ),
    ),
    Mistake(
        "middle without offset",
        "ecaruyer/phantomas#6: the translation does not place the centre at 0",
        "the middle of the volume needs the whole affine too, offset and signs included.",
        lambda voxel, affine, shape: (
            "left" if voxel_to_mm(voxel, affine)[0] < shape[0] / 2 * abs(affine[0, 0]) else "right"
        ),
    ),
    Mistake(
        "sign of affine[0, 0]",
        "nipy/nibabel#1010: what to do for an arbitrary orientation",
        "you take the first axis for left-right; in this volume it is another axis.",
        lambda voxel, affine, shape: (
            "right" if (voxel[0] > (shape[0] - 1) / 2) == (affine[0, 0] > 0) else "left"
        ),
    ),
    Mistake(
        "voxel against millimetres",
        "SimpleITK/SimpleITK#532: points in pixel units instead of physical units",
        "you compare millimetres with voxels: put both the voxel and the middle through the affine.",
        lambda voxel, affine, shape: "left" if voxel_to_mm(voxel, affine)[0] < shape[0] / 2 else "right",
    ),
    Mistake(
        "letter of the axis",
        "ome/ngff#253: does R mean starting from the right or going to the right?",
        "LPS or RAS says where the axes lead, the same for all voxels; the task asks where this one lies.",
        lambda voxel, affine, shape: (
            "left" if "L" in nib.aff2axcodes(affine) and affine[0, 0] < 0 else "right"
        ),
    ),
    Mistake(
        "size without sign",
        "nipreps/mriqc#229: the voxel-to-RAS matrix is not taken into account",
        "you compare sizes without their signs; x falls or grows with the index, and the sign says which.",
        lambda voxel, affine, shape: (
            "left"
            if abs(voxel_to_mm(voxel, affine)[0]) < abs(voxel_to_mm(np.divide(shape, 2), affine)[0])
            else "right"
        ),
    ),
    Mistake(
        "inverse",
        "TorchIO-project/torchio#710: applying the inverse matrix",
        "you use the inverse or the transpose of the affine: x comes from its first row.",
        lambda voxel, affine, shape: side_of_voxel(voxel, np.linalg.inv(affine), shape),
    ),
    Mistake(
        "shape / 2",
        "nipy/nibabel#1076: voxel edges or centres",
        "your centre is half a voxel off: the last voxel has index shape - 1.",
        against(lambda shape: np.divide(shape, 2)),
        2,
    ),
    Mistake(
        "shape // 2",
        "a common slip: the centre as an index",
        "your centre is a whole voxel; of an even number of voxels it lies between two.",
        against(lambda shape: np.array(shape) // 2),
        2,
    ),
    Mistake(
        "(shape - 1) // 2",
        "a common slip: the centre as an index",
        "your centre is cut to a whole voxel; of an even number of voxels it lies between two.",
        against(lambda shape: (np.array(shape) - 1) // 2),
        2,
    ),
    Mistake(
        "far corner for the centre",
        "a common slip: the last voxel for the middle one",
        "you compare with the last voxel; the centre lies half-way.",
        against(lambda shape: np.array(shape) - 1),
        2,
    ),
    Mistake(
        "first corner for the centre",
        "misconception: the offset of the affine is the centre",
        "you compare with voxel (0, 0, 0), a corner of the volume, instead of with its centre.",
        against(lambda shape: np.zeros(3)),
        2,
    ),
    Mistake(
        "half of the far corner's mm",
        "misconception: half of the position is the position of the half",
        "half of the far corner's x is the centre only if the offset is 0: halve the indices instead.",
        lambda voxel, affine, shape: (
            "left"
            if voxel_to_mm(voxel, affine)[0] < voxel_to_mm(np.array(shape) - 1, affine)[0] / 2
            else "right"
        ),
        2,
    ),
    Mistake(
        "half of the offset",
        "misconception: the offset is the width of the head",
        "half of the offset is no centre: put the centre of the volume through the affine.",
        lambda voxel, affine, shape: "left" if voxel_to_mm(voxel, affine)[0] < affine[0, 3] / 2 else "right",
        2,
    ),
    Mistake(
        "shape in the order z, y, x",
        "InsightSoftwareConsortium/ITK#6706: conflicting order of axes",
        "you read the shape as (Z, Y, X); it is (X, Y, Z).",
        against(lambda shape: (np.array(shape[::-1]) - 1) / 2),
        2,
    ),
    Mistake(
        "shape of BraTS written down",
        "a common slip: 240, 240, 155",
        "you use the shape of BraTS; other volumes have other shapes, use the argument.",
        against(lambda shape: (np.array([240, 240, 155]) - 1) / 2),
        2,
    ),
    Mistake(
        "centre of the first axis only",
        "misconception: only i matters for left and right",
        "your centre lies on the edge of two axes; x depends on all three if the head is tilted.",
        against(lambda shape: np.array([(shape[0] - 1) / 2, 0, 0])),
        2,
    ),
    Mistake(
        "a cube",
        "a common slip: shape[0] for all axes",
        "you use the length of the first axis for all three.",
        against(lambda shape: np.full(3, (shape[0] - 1) / 2)),
        2,
    ),
    Mistake(
        "z for x",
        "a common slip: another coordinate",
        "you compare z, which is up and down; left and right is x, the first coordinate.",
        lambda voxel, affine, shape: (
            "left" if voxel_to_mm(voxel, affine)[2] < voxel_to_mm(np.divide(shape, 2), affine)[2] else "right"
        ),
        3,
    ),
    Mistake(
        "offset for the centre only",
        "ecaruyer/phantomas#6: the translation does not place the centre at 0",
        "the voxel needs the offset of the affine too: compare two positions in mm.",
        lambda voxel, affine, shape: (
            "left" if affine[0, :3] @ voxel < voxel_to_mm((np.array(shape) - 1) / 2, affine)[0] else "right"
        ),
        1,
    ),
    Mistake(
        "index against millimetres",
        "SimpleITK/SimpleITK#532: points in pixel units instead of physical units",
        "you compare an index with millimetres: put both the voxel and the centre through the affine.",
        lambda voxel, affine, shape: (
            "left" if voxel[0] < voxel_to_mm((np.array(shape) - 1) / 2, affine)[0] else "right"
        ),
        1,
    ),
    Mistake(
        "letters of the axes",
        "nipy/nibabel#1010: what to do for an arbitrary orientation",
        "letters such as LPS name the nearest direction only; in a tilted head the other axes count as well.",
        side_by_letters,
    ),
    Mistake(
        "first axis times its sign",
        "nipy/nibabel#1010: what to do for an arbitrary orientation",
        "you use the first axis alone; x depends on all three indices if axes are exchanged or tilted.",
        side_from_first_axis,
    ),
    Mistake(
        "signs dropped",
        "misconception: distances are positive",
        "you drop the signs of the affine; they tell in which direction x increases.",
        lambda voxel, affine, shape: (
            "left" if np.abs(affine[0, :3]) @ (voxel - (np.array(shape) - 1) / 2) < 0 else "right"
        ),
    ),
    Mistake(
        "voxel cut to whole numbers",
        "misconception: an index is a whole number",
        "you cut the voxel to whole numbers; a point may lie between voxels.",
        lambda voxel, affine, shape: side_of_voxel(np.asarray(voxel).astype(int), affine, shape),
        1,
    ),
    Mistake(
        "a band around the centre",
        "misconception: close to the centre is the centre",
        "near the centre you say the wrong side: compare the exact positions, without a margin or rounding.",
        lambda voxel, affine, shape: (
            "left"
            if voxel_to_mm(voxel, affine)[0] < voxel_to_mm((np.array(shape) - 1) / 2, affine)[0] - 5
            else "right"
        ),
        3,
    ),
    Mistake(
        "always left",
        "the answer of a program that tests x < 0 in BraTS",
        "you say the same side for every voxel.",
        lambda voxel, affine, shape: "left",
    ),
    Mistake(
        "True or False",
        "misconception: a comparison is an answer",
        'you return True or False; asked for is the word "left" or "right".',
        returning(side_of_voxel, lambda side: side == "left"),
        3,
    ),
    Mistake(
        "one letter",
        "the letters of orientations such as LPS",
        'you return a letter; asked for is the word "left" or "right".',
        returning(side_of_voxel, lambda side: side[0].upper()),
        3,
    ),
    Mistake(
        "capital letter",
        "a common slip: Left for left",
        'the word has a capital letter; asked for is "left" or "right".',
        returning(side_of_voxel, str.capitalize),
        3,
    ),
    Mistake(
        "printed, not returned",
        "a common slip: print instead of return",
        "your function returns nothing: print shows a value, return gives it back.",
        returning(side_of_voxel, lambda side: None),
        3,
    ),
    changed_input("voxel", side_of_voxel, lambda voxel, affine, shape: voxel.__iadd__(1)),
    changed_input("affine", side_of_voxel, lambda voxel, affine, shape: affine.__setitem__((0, 3), 7)),
    Mistake(
        "middle as a third answer",
        "a common slip: middle as a third answer",
        'near the centre you say something else; only "left" and "right" are possible.',
        lambda voxel, affine, shape: (
            "middle"
            if abs(voxel_to_mm(voxel, affine)[0] - voxel_to_mm(np.subtract(shape, 1) / 2, affine)[0]) < 1
            else side_of_voxel(voxel, affine, shape)
        ),
        3,
    ),
    Mistake(
        "nearer corner",
        "a common slip: nearer corner",
        "you compare distances to two corners of the volume; compare x with that of the centre.",
        lambda voxel, affine, shape: (
            "left"
            if np.linalg.norm(voxel_to_mm(voxel, affine) - affine[:3, 3])
            > np.linalg.norm(voxel_to_mm(voxel, affine) - voxel_to_mm(np.subtract(shape, 1), affine))
            else "right"
        ),
    ),
    Mistake(
        "rounded to mm",
        "a common slip: rounded to mm",
        "you round the positions to mm before you compare them.",
        lambda voxel, affine, shape: (
            "left"
            if np.rint(voxel_to_mm(voxel, affine)[0])
            < np.rint(voxel_to_mm(np.subtract(shape, 1) / 2, affine)[0])
            else "right"
        ),
        3,
    ),
    Mistake(
        "voxel rounded",
        "a common slip: voxel rounded",
        "you round the voxel to whole numbers; a point may lie between voxels.",
        lambda voxel, affine, shape: side_of_voxel(np.rint(voxel), affine, shape),
        1,
    ),
    Mistake(
        "capital letters",
        "a common slip: capital letters",
        'the word is in capital letters; asked for is "left" or "right".',
        returning(side_of_voxel, str.upper),
        3,
    ),
    Mistake(
        "a sentence",
        "a common slip: a sentence",
        'you return more than the word; asked for is "left" or "right" alone.',
        returning(side_of_voxel, lambda side: f"the voxel lies on the {side}"),
        3,
    ),
    Mistake(
        "the word with a dot",
        "a common slip: the word with a dot",
        'you return more than the word; asked for is "left" or "right" alone.',
        returning(side_of_voxel, lambda side: side + "."),
        3,
    ),
    Mistake(
        "a number",
        "a common slip: a number",
        'you return a number; asked for is the word "left" or "right".',
        returning(side_of_voxel, lambda side: -1 if side == "left" else 1),
        3,
    ),
    Mistake(
        "a pair",
        "a common slip: a pair",
        'you return a pair; asked for is the word "left" or "right" alone.',
        returning(side_of_voxel, lambda side: (side, 0.0)),
        3,
    ),
    Mistake(
        "nothing at the centre",
        "a common slip: < and >, and nothing for =",
        "exactly at the centre your function returns nothing; either word is right there.",
        lambda voxel, affine, shape: at_the_centre(voxel, affine, shape, None),
        3,
    ),
    Mistake(
        "a third word at the centre",
        "misconception: the centre has a side of its own",
        'exactly at the centre only "left" or "right" is asked for, either of them.',
        lambda voxel, affine, shape: at_the_centre(voxel, affine, shape, "centre"),
        3,
    ),
    Mistake(
        "an error at the centre",
        "misconception: the centre has no side",
        "exactly at the centre either word is right; no error is asked for.",
        lambda voxel, affine, shape: at_the_centre(voxel, affine, shape, 0),
        3,
    ),
    Mistake(
        "shape / 2 - 1",
        "nipy/nibabel#1076: voxel edges or centres",
        "your centre is half a voxel off: the mean of the first index and the last is (0 + shape - 1) / 2.",
        against(lambda shape: np.array(shape) / 2 - 1),
        2,
    ),
    Mistake(
        "letter of the first axis",
        "nipy/nibabel#1010: what to do for an arbitrary orientation",
        "you look at the first index and its letter; in this volume another axis runs from left to right.",
        side_by_first_letter,
    ),
    Mistake(
        "cut to mm",
        "a common slip: int() of both positions",
        "you cut the positions to whole mm before you compare them.",
        lambda voxel, affine, shape: (
            "left"
            if int(voxel_to_mm(voxel, affine)[0]) < int(voxel_to_mm(np.subtract(shape, 1) / 2, affine)[0])
            else "right"
        ),
    ),
    Mistake(
        "space behind the word",
        "a common slip: a space for print",
        'there is a space in your word; asked for is "left" or "right".',
        returning(side_of_voxel, lambda side: side + " "),
        3,
    ),
    Mistake(
        "a word in a list",
        "a common slip: a word in a list",
        'you return a list; asked for is the word "left" or "right" alone.',
        returning(side_of_voxel, lambda side: [side]),
        3,
    ),
]

SURVIVORS = [
    Survivor(
        'return "left" if x < x_middle else "right"',
        ['return "left" if (x <= x_middle) else "right"'],
        "differs only for a voxel exactly in the middle, which is on neither side",
    ),
]
