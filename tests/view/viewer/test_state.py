"""Traits and volumes of the slice browser, and its messages."""

import subprocess
import sys

import numpy as np
import pytest
from traitlets import TraitError

from brainlab.labels import MODALITIES
from brainlab.view import SliceViewer


def test_it_opens_at_the_largest_tumour_slice(viewer, arrays):
    assert (viewer.view, viewer.slice, viewer.modality, viewer.overlay) == ("axial", 6, "t2f", "truth")
    assert viewer.voxel == [5, 6, 6]
    assert list(viewer.modalities) == list(MODALITIES)
    assert viewer.volumes["truth"][2] == pytest.approx((arrays[1] == 2).sum() * 8 / 1000)


def test_slice_view_and_voxel_follow_each_other(viewer):
    seen = []
    viewer.observe(lambda change: seen.append(change["new"]), "slice")
    viewer.slice = 3
    assert viewer.voxel == [5, 6, 3]
    viewer.view = "coronal"
    assert viewer.slice == 6
    viewer.slice = 13
    viewer.view = "sagittal"
    assert (viewer.slice, viewer.voxel) == (5, [5, 13, 3])
    viewer.voxel = [1, 2, 4]
    assert viewer.slice == 1
    assert seen == [3, 6, 13, 5, 1]
    viewer.view = "axial"
    assert viewer.jump([1]) == 6


def test_what_the_page_sends_is_taken_whole(viewer):
    # A view with more slices and a slice that only it has, in one message.
    viewer.set_state({"view": "coronal", "slice": 13, "voxel": [5, 13, 6]})
    assert (viewer.view, viewer.slice, viewer.voxel) == ("coronal", 13, [5, 13, 6])


@pytest.mark.parametrize(
    ("trait", "value", "says"),
    [
        ("slice", 10, "0 to 9 in the axial view"),
        ("voxel", [0, 14, 0], "inside the shape"),
        ("modality", "flair", "expected one of t1n, t1c, t2w, t2f"),
        ("view", "oblique", "axial"),
        ("labels", [4], "labels"),
        ("alpha", 1.5, "alpha"),
    ],
)
def test_wrong_values_are_refused(viewer, trait, value, says):
    before = getattr(viewer, trait)
    with pytest.raises(TraitError, match=says):
        setattr(viewer, trait, value)
    assert getattr(viewer, trait) == before


def test_an_overlay_that_was_not_given_is_refused(arrays, affine):
    viewer = SliceViewer(arrays[0], affine=affine)
    assert (viewer.overlay, viewer.slice) == ("none", 5)
    with pytest.raises(TraitError, match="was seg given"):
        viewer.overlay = "truth"
    with pytest.raises(TraitError, match="was pred given"):
        SliceViewer(arrays[0], arrays[1]).overlay = "errors"


def test_first_values_are_set(arrays, affine):
    viewer = SliceViewer(*arrays, affine=affine, view="coronal", slice=3, modality="t1c", overlay="errors")
    assert (viewer.view, viewer.slice, viewer.modality, viewer.overlay) == ("coronal", 3, "t1c", "errors")
    assert viewer.first["part"] == "t1c"
    with pytest.raises(TypeError, match="'slide'"):
        SliceViewer(arrays[0], slide=3)


@pytest.mark.parametrize(
    ("give", "says"),
    [
        ({"case_or_arrays": np.zeros((4, 4))}, "single slice"),
        ({"case_or_arrays": np.zeros((4, 4, 4)), "seg": np.zeros((4, 4, 3))}, "is it of this case"),
        ({"case_or_arrays": np.zeros((4, 4, 4)), "pred": np.full((4, 4, 4), 4)}, "decoded by argmax"),
        ({"case_or_arrays": np.zeros((4, 4, 4)), "pred": np.full((4, 4, 4), 0.5)}, "decoded by argmax"),
        ({"case_or_arrays": np.zeros((4, 4, 4)), "after": np.zeros((4, 4, 8))}, "same grid"),
        ({"case_or_arrays": np.zeros((4, 4, 4), complex)}, "complex"),
    ],
)
def test_wrong_volumes_are_refused(give, says):
    with pytest.raises(ValueError, match=says):
        SliceViewer(**give)


def test_arrays_of_any_number_of_channels():
    assert list(SliceViewer(np.ones((4, 5, 6))).modalities) == ["image"]
    assert list(SliceViewer(np.ones((2, 4, 5, 6))).modalities) == ["channel 0", "channel 1"]


def test_the_input_is_left_alone(arrays, affine):
    image, seg, pred = (a.copy() for a in arrays)
    viewer = SliceViewer(*arrays, affine=affine, after=arrays[0], overlay="both")
    viewer.to_figure()
    for before, after in zip((image, seg, pred), arrays, strict=True):
        np.testing.assert_array_equal(before, after)


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_the_library_loads_no_widgets():
    code = (
        "import brainlab, brainlab.view.figures, sys; "
        "print({'torch', 'ipywidgets', 'anywidget'} & set(sys.modules))"
    )
    assert run(code).stdout.strip() == "set()"
