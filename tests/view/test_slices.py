import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from nibabel.orientations import axcodes2ornt, inv_ornt_aff

from brainlab.data.display import oriented
from brainlab.view import draw, head_box, largest_slice
from brainlab.view.slices import mark_sides

RAS = np.diag([1.0, 1.0, 1.0, 1.0])


def affine_of(codes):
    """The affine of a 4 x 6 x 2 volume whose axes point to `codes`."""
    return RAS @ inv_ornt_aff(axcodes2ornt(codes), (4, 6, 2))


@pytest.mark.parametrize(("x", "y"), list(itertools.product("LR", "AP")))
def test_front_is_up_and_the_left_is_on_the_right(x, y):
    plane = np.zeros((4, 6))  # (X, Y)
    # A mark at the patient's left front, whatever way the axes run.
    plane[3 if x == "L" else 0, 5 if y == "A" else 0] = 1
    picture = oriented(plane, affine_of((x, y, "S")))
    assert picture.shape == (6, 4)
    assert picture[0, -1] == 1


def test_axes_in_another_order_are_turned():
    plane = np.zeros((6, 4))  # front-back first
    plane[5, 3] = 1
    affine = np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])  # axes point to A, L, S
    picture = oriented(plane, affine)
    assert picture.shape == (6, 4)
    assert picture[0, -1] == 1


def test_a_sagittal_volume_is_refused_by_name():
    with pytest.raises(ValueError, match=r"\('S', 'P'\).*axial"):
        oriented(np.zeros((3, 3)), np.array([[0, 0, 1, 0], [0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]]))


def test_marks_and_limits():
    ax = Figure().subplots()
    plane = np.zeros((40, 40))
    plane[10:30, 12:20] = 5
    draw(ax, plane, RAS, title="x")
    assert [text.get_text() for text in ax.texts] == ["R", "L"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # rows grow downwards
    assert head_box(np.zeros((4, 6))) == (-0.5, 5.5, 3.5, -0.5)


def test_a_mark_has_the_same_weight_wherever_it_stands():
    """Snapped to pixels, the strokes of an L were one or two pixels wide, and it could be read as an I."""
    ink = []
    for shift in np.linspace(0, 1, 6, endpoint=False):  # of a pixel
        fig = Figure(figsize=(1, 1), dpi=100, facecolor="black")
        canvas = FigureCanvasAgg(fig)
        ax = fig.add_axes((shift / 100, shift / 100, 1, 1), facecolor="black")
        mark_sides(ax, " L")
        canvas.draw()
        ink.append(np.asarray(canvas.buffer_rgba())[:, 80:, 0].sum(dtype=float))
    assert min(ink) > 0.85 * max(ink) > 0


def test_largest_slice():
    labels = np.zeros((4, 4, 5), int)
    labels[:2, :2, 3] = 2
    labels[0, 0, 1] = 3
    assert largest_slice(labels) == 3
    assert largest_slice(labels, (3,)) == 1
    assert largest_slice(np.zeros((4, 4, 6), int)) == 3
