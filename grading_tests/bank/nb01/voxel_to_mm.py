"""Right and wrong answers to g01_voxel_to_mm."""

import numpy as np
import torch

from brainlab.data import voxel_to_mm
from grading_tests.bank.nb01._common import changed_input, returning, shared_result
from grading_tests.gap import Mistake


def mm_by_loop(voxel, affine):
    return [sum(affine[r, c] * voxel[c] for c in range(3)) + affine[r, 3] for r in range(3)]


def mm_in_torch(voxel, affine):
    matrix = torch.as_tensor(affine, dtype=torch.float32)
    return (matrix[:3, :3] @ torch.as_tensor(voxel, dtype=torch.float32) + matrix[:3, 3]).tolist()


def step_sizes(affine):
    return np.sqrt((affine[:3, :3] ** 2).sum(axis=0))


RIGHT = {
    "library": voxel_to_mm,
    "homogeneous": lambda voxel, affine: (affine @ np.append(voxel, 1))[:3],
    "rotation and offset": lambda voxel, affine: affine[:3, :3] @ voxel + affine[:3, 3],
    "einsum": lambda voxel, affine: np.einsum("rc,c->r", affine[:3, :3], voxel) + affine[:3, 3],
    "loop": mm_by_loop,
    "torch": mm_in_torch,
    "column vector": lambda voxel, affine: (affine @ np.array([[*voxel, 1]]).T)[:3, 0],
}


def exact(voxel, affine):
    return np.asarray(voxel_to_mm(np.asarray(voxel), np.asarray(affine)))


def in_type_of_voxel(voxel, affine):
    position = np.zeros(3, dtype=voxel.dtype)
    position[:] = exact(voxel, affine)
    return position


WRONG = [
    Mistake(
        "offset forgotten",
        "ecaruyer/phantomas#6",
        "the last column of the affine, where voxel (0, 0, 0) lies, is missing.",
        lambda voxel, affine: affine[:3, :3] @ voxel,
    ),
    Mistake(
        "voxel size only",
        "nipreps/mriqc#229: the voxel-to-RAS matrix is not taken into account",
        "you multiply by the voxel size, so the minus signs of the affine (a flipped axis) are lost.",
        lambda voxel, affine: voxel * step_sizes(affine) + affine[:3, 3],
    ),
    Mistake(
        "diagonal only",
        "nipy/nibabel#1010: volumes whose axes are not x, y, z",
        "you use the diagonal of the affine only; a volume may be stored with its axes in another order.",
        lambda voxel, affine: np.diag(affine)[:3] * voxel + affine[:3, 3],
    ),
    Mistake(
        "transposed",
        "nipy/nitransforms#207: do not transpose",
        "you multiply from the wrong side: a row of the affine, not a column, makes one coordinate.",
        lambda voxel, affine: voxel @ affine[:3, :3] + affine[:3, 3],
    ),
    Mistake(
        "inverse",
        "TorchIO-project/torchio#710: applying the inverse matrix",
        "you go from mm to voxels: the affine itself, not its inverse, leads from voxels to mm.",
        lambda voxel, affine: (np.linalg.inv(affine) @ np.append(voxel, 1))[:3],
    ),
    Mistake(
        "offset first",
        "ANTsX/ANTs#345: the coordinates of a voxel went out of bounds",
        "you add the offset before multiplying; it is already in mm, so it comes last.",
        lambda voxel, affine: affine[:3, :3] @ (voxel + affine[:3, 3]),
    ),
    Mistake(
        "LPS",
        "SimpleITK/SimpleITK#1256: the point is in RAS, SimpleITK in LPS",
        "x and y have the wrong sign: that is the LPS world of ITK and DICOM, NIfTI's is RAS+.",
        lambda voxel, affine: voxel_to_mm(voxel, affine) * [-1, -1, 1],
    ),
    Mistake(
        "counted from one",
        "nipy/nibabel#924: the affines of SPM count voxels from 1",
        "every index is 1 too large: count from 0, and append the 1 (array + [1] adds it to each).",
        lambda voxel, affine: voxel_to_mm(np.asarray(voxel) + 1, affine),
    ),
    Mistake(
        "corner of the voxel",
        "nipy/nibabel#1076: voxel edges or centres",
        "you are half a voxel off: whole indices are the centres of the voxels, not their corners.",
        lambda voxel, affine: voxel_to_mm(np.asarray(voxel) + 0.5, affine),
    ),
    Mistake(
        "rounded",
        "misconception: a position is a whole number",
        "you round; a position in mm need not be a whole number.",
        lambda voxel, affine: np.rint(voxel_to_mm(np.rint(voxel), affine)),
    ),
    Mistake(
        "voxel cut to whole numbers",
        "a common slip: astype(int) because indices are whole numbers",
        "you cut the voxel to whole numbers; a point may lie between voxels.",
        lambda voxel, affine: exact(np.asarray(voxel).astype(int), affine),
    ),
    Mistake(
        "voxel rounded",
        "misconception: an index is a whole number",
        "you round the voxel to whole numbers; a point may lie between voxels.",
        lambda voxel, affine: exact(np.rint(voxel), affine),
    ),
    Mistake(
        "result rounded",
        "misconception: a position is a whole number",
        "you round the result; a position in mm need not be a whole number.",
        lambda voxel, affine: np.rint(exact(voxel, affine)),
        2,
    ),
    Mistake(
        "result cut to whole numbers",
        "misconception: a position is a whole number",
        "you cut the result to whole numbers; a position in mm need not be one.",
        lambda voxel, affine: exact(voxel, affine).astype(int),
        2,
    ),
    Mistake(
        "one decimal",
        "a common slip: rounding for print, in the function",
        "you round the result to one decimal; round where you print it, not in the function.",
        lambda voxel, affine: exact(voxel, affine).round(1),
        2,
    ),
    Mistake(
        "affine cut to whole numbers",
        "a common slip: the affine of BraTS has whole numbers only, other affines have not",
        "you cut the affine to whole numbers; voxel sizes need not be whole.",
        lambda voxel, affine: exact(voxel, affine.astype(int)),
    ),
    Mistake(
        "four numbers",
        "a common slip: the 1 of the homogeneous vector is still in the result",
        "your result has four numbers; the last one, always 1, is no coordinate.",
        lambda voxel, affine: np.append(exact(voxel, affine), 1),
        2,
    ),
    Mistake(
        "first one dropped",
        "a common slip: [1:] for [:3]",
        "you drop x and keep the 1: it is the last of the four numbers that is no coordinate.",
        lambda voxel, affine: np.append(exact(voxel, affine)[1:], 1),
        2,
    ),
    Mistake(
        "1 in front",
        "a common slip: the 1 is put before the voxel",
        "the 1 belongs behind i, j, k, because the offset is in the last column.",
        lambda voxel, affine: (affine @ np.append(1, voxel))[:3],
        1,
    ),
    Mistake(
        "row times matrix",
        "nipy/nitransforms#207: do not transpose",
        "you multiply from the wrong side: a row of the affine, not a column, makes one coordinate.",
        lambda voxel, affine: (np.append(voxel, 1) @ affine)[:3],
        2,
    ),
    Mistake(
        "element by element",
        "misconception: * is the product of a matrix and a vector",
        "* multiplies element by element; the product of a matrix and a vector adds up each row.",
        lambda voxel, affine: (affine * np.append(voxel, 1))[:3],
        2,
    ),
    Mistake(
        "columns added up",
        "a common slip: * and then sum over the wrong axis",
        "you add up the columns; each coordinate is the sum over a row of the affine.",
        lambda voxel, affine: (affine * np.append(voxel, 1)).sum(axis=0)[:3],
        2,
    ),
    Mistake(
        "signs dropped",
        "misconception: distances are positive",
        "you drop the signs of the affine, which tell in which direction an axis runs.",
        lambda voxel, affine: np.abs(affine[:3, :3]) @ voxel + affine[:3, 3],
    ),
    Mistake(
        "all signs dropped",
        "misconception: distances are positive",
        "you drop the signs of the affine, also of the offset; they tell where an axis begins and runs.",
        lambda voxel, affine: (np.abs(affine) @ np.append(voxel, 1))[:3],
    ),
    Mistake(
        "z, y, x",
        "InsightSoftwareConsortium/ITK#6706: conflicting order of axes",
        "your coordinates are in the order z, y, x; asked for are x, y, z.",
        lambda voxel, affine: exact(voxel, affine)[::-1],
    ),
    Mistake(
        "k, j, i",
        "SimpleITK reads arrays in the order k, j, i",
        "you read the voxel as k, j, i; it is given as i, j, k.",
        lambda voxel, affine: exact(voxel[::-1], affine),
        1,
    ),
    Mistake(
        "offset subtracted",
        "misconception: the offset moves the origin, so it is subtracted",
        "you subtract the offset; voxel (0, 0, 0) lies at the offset itself.",
        lambda voxel, affine: affine[:3, :3] @ voxel - affine[:3, 3],
    ),
    Mistake(
        "half a voxel less",
        "nipy/nibabel#1076: voxel edges or centres",
        "you are half a voxel off: whole indices are the centres of the voxels.",
        lambda voxel, affine: exact(np.asarray(voxel) - 0.5, affine),
    ),
    Mistake(
        "x only",
        "a common slip: one coordinate is left",
        "you return one coordinate; asked for are all three.",
        lambda voxel, affine: exact(voxel, affine)[0],
        2,
    ),
    Mistake(
        "negative indices cut off",
        "misconception: an index is never negative",
        "you move a point outside of the volume to its edge; it has a position, too.",
        lambda voxel, affine: exact(np.clip(voxel, 0, None), affine),
    ),
    Mistake(
        "half precision",
        "a common slip: float16 has three digits",
        "float16 has three digits only: compute in float64.",
        lambda voxel, affine: (affine.astype(np.float16) @ np.append(voxel, 1).astype(np.float16))[:3],
    ),
    Mistake(
        "array of the voxel's type",
        "a common slip: np.zeros_like(voxel) is an array of integers if the voxel is",
        "the result takes the type of the voxel; written into an array of integers it loses its decimals.",
        in_type_of_voxel,
    ),
    Mistake(
        "a column",
        "a common slip: the product with a column vector is a column",
        "your result has two axes; asked for is one axis with three numbers.",
        lambda voxel, affine: exact(voxel, affine)[:, None],
        2,
    ),
    Mistake(
        "a tensor",
        "habit from PyTorch",
        "you return a tensor; asked for is an array, a list or a tuple.",
        returning(exact, torch.as_tensor),
    ),
    shared_result(exact),
    changed_input("voxel", exact, lambda voxel, affine: voxel.__iadd__(1)),
    changed_input("affine", exact, lambda voxel, affine: affine.__setitem__((0, 3), 0)),
    Mistake(
        "inverse of the axes only",
        "a common slip: inverse of the axes only",
        "you invert the first three columns; the affine itself leads from voxels to mm.",
        lambda voxel, affine: np.linalg.inv(affine[:3, :3]) @ voxel + affine[:3, 3],
    ),
    Mistake(
        "lengths of the rows",
        "a common slip: lengths of the rows",
        "you multiply by the length of each row; a coordinate needs all entries of its row.",
        lambda voxel, affine: np.linalg.norm(affine[:3, :3], axis=1) * voxel + affine[:3, 3],
    ),
    Mistake(
        "unit directions",
        "a common slip: unit directions",
        "you divide the columns by the voxel size, so the steps are 1 mm long.",
        lambda voxel, affine: (
            (affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)) @ voxel + affine[:3, 3]
        ),
    ),
    Mistake(
        "offset cut to whole numbers",
        "a common slip: offset cut to whole numbers",
        "you cut the offset to whole numbers.",
        lambda voxel, affine: affine[:3, :3] @ voxel + np.floor(affine[:3, 3]),
    ),
    Mistake(
        "x turned round",
        "a common slip: x turned round",
        "the sign of x is turned round: in RAS+ x grows to the right.",
        lambda voxel, affine: exact(voxel, affine) * [-1, 1, 1],
    ),
    Mistake(
        "the largest entry of each row",
        "a common slip: the largest entry of each row",
        "you use one entry of each row; if the head is tilted, all three count.",
        lambda voxel, affine: np.array(
            [row[abs(row[:3]).argmax()] * voxel[abs(row[:3]).argmax()] + row[3] for row in affine[:3]]
        ),
    ),
    Mistake(
        "a dictionary of coordinates",
        "a common slip: a dictionary of coordinates",
        "you return a dictionary; asked for is an array, a list or a tuple.",
        lambda voxel, affine: dict(zip("xyz", exact(voxel, affine), strict=True)),
    ),
    Mistake(
        "a text",
        "a common slip: a text",
        "you return a text; asked for are three numbers.",
        lambda voxel, affine: ", ".join(map(str, exact(voxel, affine))),
    ),
    Mistake(
        "texts in a list",
        "a common slip: formatted for print, in the function",
        "you return texts; asked for are numbers, so format them where you print them.",
        lambda voxel, affine: [f"{value:.1f}" for value in exact(voxel, affine)],
    ),
    Mistake(
        "printed, not returned",
        "a common slip: print instead of return",
        "your function returns nothing: print shows a value, return gives it back.",
        lambda voxel, affine: print(exact(voxel, affine)),
    ),
    Mistake(
        "three decimals",
        "a common slip: rounding for print, in the function",
        "you round the result; round where you print it, not in the function.",
        lambda voxel, affine: np.round(exact(voxel, affine), 3),
    ),
    Mistake(
        "no signs in the result",
        "misconception: a position is positive",
        "you drop the sign of the position: left of the origin x is negative.",
        lambda voxel, affine: np.abs(exact(voxel, affine)),
    ),
    Mistake(
        "one affine for all",
        "a common slip: a variable of the notebook in place of the argument",
        "your position does not depend on the argument affine: use it, not one from another cell.",
        lambda voxel, affine: exact(voxel, np.diag([-1.0, -1, 1, 1])),
    ),
    Mistake(
        "one row",
        "a common slip: a matrix of one row",
        "your result has two axes; asked for is one axis with three numbers.",
        lambda voxel, affine: exact(voxel, affine)[None],
    ),
]
