"""The position of a voxel in millimetres: voxel_to_mm(voxel, affine)."""

import numpy as np

from brainlab.data import voxel_to_mm
from grading_tests.gap import Gap, Property, expect

# The second index runs to the left, the first to the front: rows and columns of the affine are permuted.
TURNED = np.array([[0, -1.5, 0, 150], [1, 0, 0, -100], [0, 0, 3, -40], [0, 0, 0, 1]])


def positions(answer, affine: np.ndarray, voxels: np.ndarray, tried: str) -> None:
    got = [np.asarray(answer(voxel.copy(), affine.copy())) for voxel in voxels]
    expect(np.array(got), voxel_to_mm(voxels, affine), tried)


def brats_positions(answer, rng: np.random.Generator) -> None:
    affine = np.diag([-1.0, -2.0, 3.0, 1.0])
    affine[:3, 3] = rng.integers(20, 200, 3)
    positions(answer, affine, rng.integers(1, 100, (2, 3)), f"two voxels, affine {affine[:3].tolist()}")


def turned_positions(answer, rng: np.random.Generator) -> None:
    positions(answer, TURNED, rng.integers(1, 100, (2, 3)), f"axes in another order: {TURNED[:3].tolist()}")


def tilted_positions(answer, rng: np.random.Generator) -> None:
    angle = rng.uniform(0.2, 0.5)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine[:3, 3] = [-80, -100, -70]
    positions(answer, affine, rng.uniform(0, 100, (3, 3)), "a tilted head, positions between voxels")


GAP = Gap(
    "g01_voxel_to_mm",
    "voxel_to_mm",
    minutes=5,
    points=2,
    reference=voxel_to_mm,
    properties=[
        Property("flipped axes and an offset", brats_positions, share=2),
        Property("axes stored in another order", turned_positions),
        Property("a tilted head", tilted_positions, visible=False),
    ],
)
