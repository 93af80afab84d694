import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from brainlab.data.cached import balanced_weights, label_counts, select_slices, slices_without


@pytest.fixture
def labels() -> np.ndarray:
    """(Z, X, Y): slice z has z tumour voxels; class 3 only in the last slice."""
    volume = np.zeros((5, 6, 7), dtype=np.uint8)
    for z in range(5):
        volume[z].flat[:z] = np.resize([2, 1], z)
    volume[4, 0, 0] = 3
    return volume


def test_counts_are_those_of_a_slow_loop(labels):
    slow = [[sum(v == label for v in plane.ravel()) for label in range(4)] for plane in labels]
    np.testing.assert_array_equal(label_counts(labels), slow)


def test_every_row_of_counts_sums_to_the_slice(labels):
    assert (label_counts(labels).sum(axis=1) == 6 * 7).all()


def test_counts_do_not_wrap_around():
    assert label_counts(np.zeros((1, 300, 300), np.uint8))[0, 0] == 90_000


def test_slices_without_a_class(labels):
    counts = label_counts(labels)
    assert slices_without(counts, 3).tolist() == [0, 1, 2, 3]
    assert slices_without(counts, 0).tolist() == []


def test_selection_is_in_square_millimetres(labels):
    assert select_slices(labels, (1, 1, 5), 3).tolist() == [3, 4]
    assert select_slices(labels, (0.5, 2, 9), 3).tolist() == [3, 4]
    assert select_slices(labels, (2, 2, 1), 3).tolist() == [1, 2, 3, 4]


def test_larger_areas_select_fewer_slices(labels):
    kept = [len(select_slices(labels, (1, 1, 1), area)) for area in range(6)]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] == len(labels)


def test_weights_are_those_of_scikit_learn(labels):
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels.ravel())
    np.testing.assert_allclose(balanced_weights(label_counts(labels)), expected)


def test_weights_of_all_voxels_are_the_same_for_every_class(labels):
    counts = label_counts(labels)
    weighed = balanced_weights(counts) * counts.sum(axis=0)
    np.testing.assert_allclose(weighed, weighed[0])


def test_an_absent_class_weighs_nothing():
    weights = balanced_weights(np.array([[10, 5, 0, 1]]))
    assert weights[2] == 0
    assert np.isfinite(weights).all()
