"""Notebook 01: where a voxel lies, and on which side."""

import numpy as np

from brainlab.data import side_of_voxel, voxel_to_mm
from grading_tests.gap import Gap, Property, expect

# The affine of BraTS files: the first index runs to the patient's left, the second to the back.
BRATS = np.array([[-1.0, 0, 0, 0], [0, -1, 0, 239], [0, 0, 1, 0], [0, 0, 0, 1]])
MNI = np.array([[2.0, 0, 0, -90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
# The second index runs to the left, the first to the front: no row or column is where one expects it.
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


VOXEL_TO_MM = Gap(
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


def sides(answer, affine: np.ndarray, shape: tuple, voxels: list, tried: str, step: str = "") -> None:
    words = {"l": "left", "r": "right"}
    said = [str(answer(np.array(voxel), affine.copy(), shape)).strip().lower() for voxel in voxels]
    got = [words.get(word[:1], word) for word in said]
    expected = [side_of_voxel(np.array(voxel), affine, shape) for voxel in voxels]
    expect(got, expected, tried, step)


def brats_sides(answer, rng: np.random.Generator) -> None:
    voxels = [(i, *rng.integers(30, 120, 2)) for i in (20, 90, 150, 220)]
    tried = "a BraTS volume of 240 voxels, i = 20, 90, 150, 220 (the affine has x = -i)"
    sides(answer, BRATS, (240, 240, 155), voxels, tried, "step 3")


def mni_sides(answer, rng: np.random.Generator) -> None:
    voxels = [(i, *rng.integers(10, 80, 2)) for i in (10, 40, 50, 80)]
    tried = "a volume of 91 voxels stored the other way, i = 10, 40, 50, 80 (x = 2 i - 90)"
    sides(answer, MNI, (91, 109, 91), voxels, tried, "step 1")


def turned_sides(answer, rng: np.random.Generator) -> None:
    voxels = [(rng.integers(5, 95), j, 20) for j in (10, 60, 100, 150)]
    tried = "a volume whose second axis runs left to right, j = 10, 60, 100, 150"
    sides(answer, TURNED, (100, 160, 40), voxels, tried, "step 1")


def far_sides(answer, rng: np.random.Generator) -> None:
    affine = MNI.copy()
    affine[0, 3] = rng.integers(200, 400)
    sides(answer, affine, (60, 109, 91), [(5, 9, 9), (50, 80, 80)], "a head far from the origin", "step 2")


SIDE_OF_VOXEL = Gap(
    "g01_side_of_voxel",
    "side_of_voxel",
    minutes=8,
    points=3,
    reference=side_of_voxel,
    properties=[
        Property("a BraTS volume, where every x is negative", brats_sides),
        Property("a volume stored the other way round", mni_sides),
        Property("axes in another order", turned_sides, visible=False),
        Property("a head far from the origin", far_sides, visible=False),
    ],
)
