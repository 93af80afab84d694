import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, inv_ornt_aff

from brainlab.data.display import VIEWS, frame_of
from brainlab.view.viewer import counts

LABELS = np.random.default_rng(0).choice(4, (6, 7, 8), p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8)
FRAME = frame_of(LABELS.shape, np.diag([-1.0, -2, 3, 1]))


def test_volumes_are_in_cubic_centimetres():
    voxels = np.bincount(LABELS.ravel())
    expected = [0, *voxels[1:] * 6 / 1000]
    assert counts.label_volumes(LABELS, FRAME) == pytest.approx(expected)
    assert counts.label_volumes(np.zeros((2, 2, 2), np.uint8), FRAME) == [0, 0, 0, 0]


def test_counts_of_every_slice_against_a_loop():
    table = counts.slice_counts(LABELS, FRAME)
    for view in VIEWS:
        axis = FRAME.axis(view)
        for index in range(LABELS.shape[axis]):
            plane = LABELS.take(index, axis)
            assert [table[view][k][index] for k in range(4)] == [0, *((plane == k).sum() for k in (1, 2, 3))]


def test_the_largest_slice_counts_the_asked_labels():
    table = counts.slice_counts(LABELS, FRAME)["axial"]
    assert counts.largest(table, [1, 3]) == np.isin(LABELS, (1, 3)).sum((0, 1)).argmax()
    assert counts.largest(table, []) is None
    assert counts.largest([[0, 0]] * 4, [1, 2]) is None


def test_the_centre_is_in_the_slice():
    labels = np.zeros((9, 9, 9), np.uint8)
    labels[2:5, 3:6, 7] = 2
    assert counts.centre(labels, 2, 7, [2]) == [3, 4, 7]


@pytest.mark.parametrize("codes", ["RAS", "LPS", "ASL", "IPR", "SLA"])
def test_the_box_holds_the_head_in_every_view(codes):
    shape = (20, 24, 22)
    frame = frame_of(shape, inv_ornt_aff(axcodes2ornt(codes), shape))
    volume = np.zeros(shape)
    volume[3:9, 11:14, 6:18] = 1
    boxes = counts.head_boxes(volume, frame, margin=0)
    for view in VIEWS:
        axis = frame.axis(view)
        rows, columns = np.nonzero(
            sum(np.abs(frame.plane(volume, view, index)) for index in range(shape[axis]))
        )
        assert boxes[view] == (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)
        rows, columns = frame.plane(volume, view, 0).shape
        assert counts.head_boxes(np.zeros(shape), frame)[view] == (0, rows, 0, columns)


def test_the_middle_is_that_of_the_head_and_not_of_the_volume():
    volume = np.zeros((10, 11, 12))
    volume[2:5, 4:10, 0:12] = 1
    volume[3] = 0  # a gap inside changes nothing
    assert counts.head_middle(volume) == [3.0, 6.5, 5.5]
    assert counts.head_middle(np.zeros((4, 5, 6))) == [1.5, 2.0, 2.5]
