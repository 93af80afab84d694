"""The orientation of slices: which way up they are drawn, and their marks."""

import itertools

import numpy as np
import pytest
from nibabel.affines import apply_affine
from nibabel.orientations import axcodes2ornt, inv_ornt_aff

from brainlab.data.display import MARKS, VIEWS, frame_of, oriented

SHAPE = (4, 6, 5)
CODES = [c for c in itertools.product("LRAPSI", repeat=3) if len({"LRAPSI".index(x) // 2 for x in c}) == 3]
STEP = {
    "L": (-1, 0, 0), "R": (1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1),
}  # fmt: skip


def affine_of(codes, shape=SHAPE):
    """An affine for axes that point to `codes`, with voxels of 1, 2 and 3 mm along x, y, z of the world."""
    return np.diag([1.0, 2, 3, 1]) @ inv_ornt_aff(axcodes2ornt(codes), shape)


@pytest.mark.parametrize("codes", CODES, ids="".join)
@pytest.mark.parametrize("view", VIEWS)
def test_the_marks_tell_the_truth_whatever_way_the_axes_run(codes, view):
    affine = affine_of(codes)
    frame = frame_of(SHAPE, affine)
    # Each voxel holds its number, so that a pixel says where in the world it is.
    volume = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    index = 2
    picture = frame.plane(volume, view, index)
    places = np.stack(np.unravel_index(picture, SHAPE), -1)
    assert (places[..., frame.axis(view)] == index).all()
    world = apply_affine(affine, places)
    left, right, top, bottom = MARKS[view]
    to_right = world[0, -1] - world[0, 0]
    to_bottom = world[-1, 0] - world[0, 0]
    for direction, mark, opposite in ((to_right, right, left), (to_bottom, bottom, top)):
        assert direction @ STEP[mark] > 0
        assert direction @ STEP[opposite] < 0
        assert np.count_nonzero(direction) == 1
    # The pixel's size and the way back from a voxel to a pixel.
    height, width = frame.pixel_size(view)
    assert np.abs(world[1, 0] - world[0, 0]).sum() == pytest.approx(height)
    assert np.abs(world[0, 1] - world[0, 0]).sum() == pytest.approx(width)
    row, column = 1, 3
    assert frame.pixel(view, tuple(places[row, column])) == (row, column)


@pytest.mark.parametrize(("x", "y"), [(x, y) for x in "LR" for y in "AP"])
def test_the_axial_picture_is_that_of_the_figures(x, y):
    affine = affine_of((x, y, "S"))
    volume = np.random.default_rng(0).normal(size=SHAPE)
    np.testing.assert_array_equal(
        frame_of(SHAPE, affine).plane(volume, "axial", 3), oriented(volume[:, :, 3], affine)
    )


def test_without_an_affine_nothing_is_marked():
    frame = frame_of(SHAPE, None)
    assert [frame.marks(view) for view in VIEWS] == ["", "", ""]
    volume = np.random.default_rng(0).normal(size=SHAPE)
    np.testing.assert_array_equal(frame.plane(volume, "axial", 1), volume[:, :, 1].T)


def test_a_slightly_oblique_affine_goes_to_the_nearest_axes():
    affine = affine_of("LPS")
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    assert frame_of(SHAPE, turn @ affine).axes == (0, 1, 2)
    assert frame_of(SHAPE, turn @ affine).flipped == (False, False, False)


@pytest.mark.parametrize("affine", [np.eye(3), np.zeros((4, 4)), np.full((4, 4), np.nan)])
def test_an_affine_that_is_none_is_refused(affine):
    with pytest.raises(ValueError, match="can be inverted"):
        frame_of(SHAPE, affine)
