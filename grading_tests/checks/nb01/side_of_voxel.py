"""The side of the patient that a voxel is on: side_of_voxel(voxel, affine, shape)."""

import numpy as np

from brainlab.data import side_of_voxel
from grading_tests.checks.nb01.voxel_to_mm import TURNED
from grading_tests.gap import Gap, Property, expect

# The affine of BraTS files: the first index runs to the patient's left, the second to the back.
BRATS = np.array([[-1.0, 0, 0, 0], [0, -1, 0, 239], [0, 0, 1, 0], [0, 0, 0, 1]])


MNI = np.array([[2.0, 0, 0, -90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])


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


GAP = Gap(
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
