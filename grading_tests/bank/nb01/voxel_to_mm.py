"""Right and wrong answers to g01_voxel_to_mm."""

import numpy as np
import torch

from brainlab.data import voxel_to_mm
from grading_tests.gap import Mistake


def mm_by_loop(voxel, affine):
    return [sum(affine[r, c] * voxel[c] for c in range(3)) + affine[r, 3] for r in range(3)]


def mm_in_torch(voxel, affine):
    matrix = torch.as_tensor(affine, dtype=torch.float32)
    return matrix[:3, :3] @ torch.as_tensor(voxel, dtype=torch.float32) + matrix[:3, 3]


def step_sizes(affine):
    return np.sqrt((affine[:3, :3] ** 2).sum(axis=0))


RIGHT = {
    "library": voxel_to_mm,
    "homogeneous": lambda voxel, affine: (affine @ np.append(voxel, 1))[:3],
    "rotation and offset": lambda voxel, affine: affine[:3, :3] @ voxel + affine[:3, 3],
    "einsum": lambda voxel, affine: np.einsum("rc,c->r", affine[:3, :3], voxel) + affine[:3, 3],
    "loop": mm_by_loop,
    "torch": mm_in_torch,
    "column vector": lambda voxel, affine: (affine @ np.array([[*voxel, 1]]).T)[:3],
}


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
        "you are one voxel off: Python counts voxels from 0.",
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
]
