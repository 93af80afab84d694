"""Right and wrong answers to g01_side_of_voxel."""

import nibabel as nib
import numpy as np
import torch

from brainlab.data import side_of_voxel, voxel_to_mm
from grading_tests.gap import Mistake, Survivor


def side_by_direction(voxel, affine, shape):
    axis = int(np.abs(affine[0, :3]).argmax())
    grows_right = affine[0, axis] > 0
    high = voxel[axis] > (shape[axis] - 1) / 2
    return "right" if high == grows_right else "left"


def side_in_numpy(voxel, affine, shape):
    x = affine[0] @ np.append(voxel, 1) - affine[0] @ np.append(np.array(shape) // 2, 1)
    return np.where(x < 0, "left", "right")


def side_along_x(voxel, affine, shape):
    """The affine of a difference has no offset."""
    away = affine[:3, :3] @ (np.asarray(voxel) - (np.array(shape) - 1) / 2)
    return ["right", "left"][int(away[0] < 0)]


def side_between_corners(voxel, affine, shape):
    """The middle of the eight corners is the middle of the volume."""
    corners = np.stack(np.meshgrid(*[(0, size - 1) for size in shape], indexing="ij"), axis=-1).reshape(-1, 3)
    x = [affine[0, :3] @ point + affine[0, 3] for point in (voxel, *corners)]
    return "L" if x[0] < np.mean(x[1:]) else "R"


def side_in_torch(voxel, affine, shape):
    points = torch.tensor(np.array([voxel, np.divide(shape, 2)]), dtype=torch.float64)
    x = points @ torch.as_tensor(affine[0, :3]) + affine[0, 3]
    return "left" if x[0].item() < x[1].item() else "right"


def opposite(side):
    return {"left": "right", "right": "left"}[side]


RIGHT = {
    "library": side_of_voxel,
    "direction of the axis": side_by_direction,
    "numpy string": side_in_numpy,
    "after reorientation": lambda voxel, affine, shape: (
        "Left"
        if nib.affines.apply_affine(affine, voxel)[0]
        < nib.affines.apply_affine(affine, np.divide(shape, 2))[0]
        else "Right"
    ),
    "difference to the middle": side_along_x,
    "mean of the corners, one letter": side_between_corners,
    "torch": side_in_torch,
}


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
        "you use the inverse of the affine, which leads from mm to voxels.",
        lambda voxel, affine, shape: side_of_voxel(voxel, np.linalg.inv(affine), shape),
    ),
]

SURVIVORS = [
    Survivor(
        "middle = (np.array(shape) - 1) / 2",
        [
            "middle = ((np.array(shape) + 1)) / 2",
            "middle = ((np.array(shape) * 1)) / 2",
            "middle = (np.array(shape)) / 2",
            "middle = (np.array(shape) - 2) / 2",
            "middle = (np.array(shape) - 0) / 2",
            "middle = (np.array(shape) - (-1)) / 2",
        ],
        "shape // 2 is as good a middle: no voxel is tried this close to it",
    ),
    Survivor(
        'return "left" if x < x_middle else "right"',
        ['return "left" if (x <= x_middle) else "right"'],
        "differs only for a voxel exactly in the middle, which is on neither side",
    ),
]
