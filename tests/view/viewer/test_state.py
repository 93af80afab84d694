"""Traits and volumes of the slice browser, and its messages."""

import base64
import gzip
import json
import subprocess
import sys

import numpy as np
import pytest
from traitlets import TraitError

from brainlab.labels import MODALITIES
from brainlab.view import SliceViewer
from brainlab.view.colours import to_grey

SHAPE = (12, 14, 10)
AFFINE = np.diag([-2.0, -2.0, 2.0, 1.0])
AFFINE[:3, 3] = (10, 12, -4)


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    image = np.zeros((4, *SHAPE), np.float32)
    image[:, 2:-2, 2:-2, 1:-1] = rng.gamma(5, 80, (4, 8, 10, 8))
    seg = np.zeros(SHAPE, np.uint8)
    seg[3:8, 4:8, 5:8], seg[3:8, 8, 6], seg[4:7, 5:8, 6], seg[5, 6, 6] = 2, 2, 3, 1
    pred = np.roll(seg, 1, 0)
    return image, seg, pred


@pytest.fixture
def viewer(arrays):
    image, seg, pred = arrays
    return SliceViewer(image, seg, pred, affine=AFFINE)


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


def test_an_overlay_that_was_not_given_is_refused(arrays):
    viewer = SliceViewer(arrays[0], affine=AFFINE)
    assert (viewer.overlay, viewer.slice) == ("none", 5)
    with pytest.raises(TraitError, match="was seg given"):
        viewer.overlay = "truth"
    with pytest.raises(TraitError, match="was pred given"):
        SliceViewer(arrays[0], arrays[1]).overlay = "errors"


def test_first_values_are_set(arrays):
    viewer = SliceViewer(*arrays, affine=AFFINE, view="coronal", slice=3, modality="t1c", overlay="errors")
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


def test_the_input_is_left_alone(arrays):
    image, seg, pred = (a.copy() for a in arrays)
    viewer = SliceViewer(*arrays, affine=AFFINE, after=arrays[0], overlay="both")
    viewer.to_figure()
    for before, after in zip((image, seg, pred), arrays, strict=True):
        np.testing.assert_array_equal(before, after)


def test_window_and_level_are_shares_of_the_default_range(viewer, arrays):
    viewer.set_trait("overlay", "none")
    image = arrays[0][3]
    inside = image[image != 0]
    high = np.percentile(inside, 99.5)  # nothing is below 0: black is 0
    viewer.window, viewer.level = 0.5, 0.75
    plane = viewer.frame.plane(image, "axial", viewer.slice)
    expected = to_grey(plane, 0.5 * high, high)
    np.testing.assert_allclose(viewer.pictures()["FLAIR"][..., 0], expected, atol=1e-5)


def test_the_figure_shows_marks_legend_and_true_proportions(viewer):
    viewer.view = "coronal"
    viewer.side_by_side = True
    fig = viewer.to_figure()
    axes = fig.axes
    assert [ax.get_title() for ax in axes] == ["T1", "T1 + contrast", "T2", "FLAIR"]
    assert [text.get_text() for text in axes[0].texts] == ["R", "L", "S", "I"]
    assert len(fig.legends[0].get_patches()) == 3
    viewer.overlay = "errors"
    assert [t.get_text() for t in viewer.to_figure().legends[0].get_texts()] == [
        "missed",
        "false positive",
        "wrong class",
    ]


def test_three_views_cross_at_the_voxel(viewer, arrays):
    viewer.overlay = "none"
    viewer.three_views, viewer.side_by_side = True, True
    viewer.voxel = [4, 9, 3]
    pictures = viewer.pictures()
    assert list(pictures) == ["axial slice 3", "coronal slice 9", "sagittal slice 4"]
    for view, rgb in zip(("axial", "coronal", "sagittal"), pictures.values(), strict=True):
        assert rgb[viewer.frame.pixel(view, viewer.voxel)][0] == pytest.approx(
            to_grey(arrays[0][3, 4, 9, 3], *viewer.source.window("t2f"))
        )
    axes = viewer.to_figure().axes
    assert [ax.texts[2].get_text() for ax in axes] == ["A", "S", "S"]
    assert viewer.describe().startswith("axial slice 3, coronal slice 9, sagittal slice 4 of FLAIR")


@pytest.mark.parametrize("overlay", ["truth", "errors"])
def test_the_legend_is_not_cut_off_under_a_narrow_picture(viewer, overlay):
    viewer.set_trait("overlay", overlay)
    viewer.boxes = {**viewer.boxes, "axial": (0, 14, 4, 8)}
    fig = viewer.to_figure()
    fig.draw_without_rendering()
    legend, page = fig.legends[0].get_window_extent(), fig.bbox
    assert page.x0 <= legend.x0
    assert legend.x1 <= page.x1


def test_anisotropic_voxels_keep_their_shape(arrays):
    viewer = SliceViewer(arrays[0], affine=np.diag([-1.0, -1, 5, 1]), view="sagittal")
    assert viewer.to_figure().axes[0].get_aspect() == 5


def test_the_opening_state_holds_the_first_modality_and_the_labels(arrays):
    viewer = SliceViewer(*arrays, affine=AFFINE)
    turned = viewer.frame.display(arrays[1])
    np.testing.assert_array_equal(
        np.frombuffer(gzip.decompress(viewer.truth_codes), np.uint8), turned.ravel()
    )
    codes = np.frombuffer(gzip.decompress(viewer.first_codes), np.uint8).reshape(turned.shape)
    told = viewer.first["offset"] + viewer.first["step"] * (codes.astype(float) - 1)
    image = viewer.frame.display(arrays[0][3])
    inside = (image > 0) & (codes < 255)
    assert np.abs(told - image)[inside].max() <= viewer.first["step"]
    json.dumps(viewer.about)  # plain values only


def test_other_modalities_come_when_asked_for(arrays, monkeypatch):
    viewer = SliceViewer(*arrays, affine=AFFINE, after=arrays[0] + 1)
    sent = []
    monkeypatch.setattr(viewer, "send", lambda content, buffers=None: sent.append((content, buffers)))
    viewer._handle_custom_msg({"ask": "part", "part": "t1n"}, [])
    viewer._handle_custom_msg({"ask": "part", "part": "t1n/after"}, [])
    viewer._handle_custom_msg({"ask": "values", "voxel": [5, 6, 6], "parts": ["t2f", "t2f/after"]}, [])
    viewer._handle_custom_msg({"ask": "part", "part": "t9"}, [])
    kinds = [content["kind"] for content, _ in sent]
    assert kinds == ["part", "part", "values", "problem"]
    assert len(gzip.decompress(sent[0][1][0])) == np.prod(SHAPE)
    value = float(arrays[0][3, 5, 6, 6])
    assert sent[2][0]["values"] == {"t2f": value, "t2f/after": pytest.approx(value + 1)}
    assert "t9" in sent[3][0]["text"]


def test_a_static_page_gets_a_picture_with_alt_text(viewer):
    data, metadata = viewer._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "axial slice 6 of FLAIR" in metadata["image/png"]["alt"]
    assert f'alt="{metadata["image/png"]["alt"]}"' in data["text/html"]
    assert data["image/png"] in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert len(data["image/png"]) < 200_000


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_the_library_loads_no_widgets():
    code = (
        "import brainlab, brainlab.view.figures, sys; "
        "print({'torch', 'ipywidgets', 'anywidget'} & set(sys.modules))"
    )
    assert run(code).stdout.strip() == "set()"
