"""The position of a voxel in millimetres: voxel_to_mm(voxel, affine)."""

import numpy as np

from brainlab.data import voxel_to_mm
from grading_tests.checks.nb01.contract import (
    Cases,
    called_again,
    expect_numbers,
    expect_unrounded,
    numbers_of,
    unchanged,
)
from grading_tests.gap import Gap, Property, Wrong, expect, plain, same

# The second index runs to the left, the first to the front: rows and columns of the affine are permuted.
TURNED = np.array([[0, -1.5, 0, 150], [1, 0, 0, -100], [0, 0, 3, -40], [0, 0, 0, 1]])


def tilted(offset: tuple, angle: float = 0.4, sizes: tuple = (0.9, 1.2, 3.0)) -> np.ndarray:
    """Return the affine (4, 4) of a head that is turned about two axes, with voxels that are not cubes."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn * sizes, offset
    return affine


def compare(got: object, arguments: tuple, tried: str) -> None:
    expect(got, voxel_to_mm(*arguments), tried, atol=1e-3)


def positions(answer, affine: np.ndarray, voxels: np.ndarray, tried: str) -> None:
    expected = voxel_to_mm(voxels, affine)
    got = [numbers_of(answer(voxel.copy(), affine.copy()), "one voxel") for voxel in voxels]
    expect(np.array(got), expected, tried, atol=1e-3)


def brats_positions(answer, rng: np.random.Generator) -> None:
    affine = np.diag([-1.0, -2.0, 3.0, 1.0])
    affine[:3, 3] = rng.integers(20, 200, 3)
    voxels = rng.integers(1, 100, (2, 3))
    first, second = (plain(answer(voxels[0].copy(), given)) for given in (affine.copy(), TURNED.copy()))
    if first is not None and second is not None and same(first, second):
        raise Wrong(
            "one voxel with two affines", "two positions", "the same position, whatever the affine is"
        )
    positions(answer, affine, voxels, f"two voxels, affine {affine[:3].tolist()}")


def turned_positions(answer, rng: np.random.Generator) -> None:
    positions(answer, TURNED, rng.integers(1, 100, (2, 3)), f"axes in another order: {TURNED[:3].tolist()}")


def tilted_positions(answer, rng: np.random.Generator) -> None:
    affine = tilted((-80.3, -100.6, -70.2), rng.uniform(0.2, 0.5))
    voxels, tried = rng.integers(0, 100, (3, 3)), "a tilted head, voxels of 0.9 x 1.2 x 3 mm"
    got = np.array([numbers_of(answer(voxel.copy(), affine.copy()), "one voxel") for voxel in voxels])
    expected = voxel_to_mm(voxels, affine)
    if got.shape == expected.shape and np.allclose(got, expected, rtol=0, atol=1):
        expect_unrounded(got, expected, "positions in a tilted head")
    positions(answer, affine, voxels, tried)


def positions_between(answer, rng: np.random.Generator) -> None:
    affine = np.diag([-0.9375, 0.9375, 1.25, 1.0])
    affine[:3, 3] = [112.35, -96.8, -61.25]
    voxels = [np.array([40.25, 7.6, 3.45]), np.array([-0.45, 11.3, -1.7])]
    tried = f"between voxels, and just outside: {[voxel.tolist() for voxel in voxels]}"
    positions(answer, affine, np.array(voxels), tried)


def typed(rng: np.random.Generator) -> Cases:
    """Return voxels of several types, with affines of floats and of whole numbers."""
    voxel = rng.integers(130, 250, 3)  # beyond one byte with a sign, and twice it beyond one without
    whole = np.array([[0, -3, 0, 300], [2, 0, 0, -200], [0, 0, 6, -80], [0, 0, 0, 1]])
    return [
        (f"a voxel of type {kind}", (voxel.astype(kind), affine))
        for kind in ("float64", "int64", "float32", "int16", "uint8")
        for affine in (tilted((-80.3, -100.6, -70.2)), whole)
    ]


def positions_typed(answer, rng: np.random.Generator) -> None:
    for tried, (voxel, affine) in typed(rng):
        positions(answer, affine, voxel[None], tried)


def positions_form(answer, rng: np.random.Generator) -> None:
    expect_numbers(answer(rng.integers(1, 100, 3), TURNED.copy()), 3, "iuf", "one voxel")


GAP = Gap(
    "g01_voxel_to_mm",
    "voxel_to_mm",
    minutes=5,
    points=2,
    reference=voxel_to_mm,
    properties=[
        Property("flipped axes and an offset", brats_positions, share=2),
        Property("axes stored in another order", turned_positions),
        Property("a tilted head", tilted_positions),
        Property("positions between voxels", positions_between, share=0.5),
        Property("voxels of other types", positions_typed, share=0.5),
        Property("three numbers", positions_form, share=0.5),
        Property("inputs unchanged", unchanged(typed, ("voxel", "affine")), share=0.5),
        Property("another call", called_again(typed, compare), share=0.5),
    ],
)
