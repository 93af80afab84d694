"""The pictures, the figure and the alt text of the slice browser."""

import base64

import numpy as np
import pytest

from brainlab.view import SliceViewer
from brainlab.view.colours import to_grey


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


def test_a_static_page_gets_a_picture_with_alt_text(viewer):
    data, metadata = viewer._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "axial slice 6 of FLAIR" in metadata["image/png"]["alt"]
    assert f'alt="{metadata["image/png"]["alt"]}"' in data["text/html"]
    assert data["image/png"] in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert len(data["image/png"]) < 200_000


def test_both_halves_of_the_wipe_are_named(arrays):
    image = arrays[0]
    viewer = SliceViewer(image[0], after=image[3], captions=("bicubic", "ESRGAN"), wipe=0.25)
    left, right = viewer.to_figure().axes[0].texts[-2:]
    assert (left.get_text(), left.get_ha()) == ("bicubic", "right")
    assert (right.get_text(), right.get_ha()) == ("ESRGAN", "left")
    assert left.xy == right.xy == (round(0.25 * image.shape[1]) - 0.5, left.xy[1])
    assert "bicubic left of the divider and ESRGAN right of it" in viewer.describe()
