"""A cached case holds the voxels of its source, and the numbers that would need them all."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from brainlab.data.cache import cache_case
from brainlab.data.cached import (
    PERCENTILES,
    CachedCase,
    balanced_weights,
    label_counts,
    select_slices,
    slices_without,
    zscore_in_brain,
)
from brainlab.data.layouts import find_cases

REAL = Path(os.environ.get("BRAINLAB_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


def test_integers_are_stored_as_int16_without_loss(tiny_case, tmp_path, make_volumes):
    image, seg = make_volumes()
    cached = cache_case(tiny_case, tmp_path)
    assert cached.image.dtype == np.int16
    assert cached.image.shape == (8, 4, 13, 17)  # the brain box of the tiny case
    assert cached.box == ((3, 16), (5, 22), (1, 9))
    for channel in range(4):
        np.testing.assert_array_equal(cached.to_full(cached.image[:, channel]), image[channel])
    np.testing.assert_array_equal(cached.to_full(cached.labels), seg)
    np.testing.assert_allclose(cached.affine, np.diag([-1, -1, 1.5, 1]))
    np.testing.assert_allclose(cached.spacing, (1, 1, 1.5))
    assert cached.full_shape == image.shape[1:]
    assert (cached.id, cached.patient) == (tiny_case.id, tiny_case.patient)


@pytest.mark.parametrize("change", [lambda a: a + 0.25, lambda a: a * 100], ids=["fractions", "too large"])
def test_what_int16_cannot_hold_is_stored_as_float32(tmp_path, change, make_volumes, make_case):
    image, seg = make_volumes()
    image = np.where(image > 0, change(image.astype(np.float32)), 0).astype(np.float32)
    cached = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    assert cached.image.dtype == np.float32
    np.testing.assert_array_equal(cached.to_full(cached.image[:, 2]), image[2])


def test_a_label_outside_the_brain_is_kept(tmp_path, make_volumes, make_case):
    image, seg = make_volumes()
    seg[0, 0, 0] = 2
    cached = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    np.testing.assert_array_equal(cached.to_full(cached.labels), seg)


def test_statistics_are_those_of_each_modalitys_own_brain(tmp_path, make_volumes, make_case):
    image, seg = make_volumes()
    image[1, 3:8] = 0  # T1c was skull-stripped differently
    cached = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    for channel, volume in enumerate(image):
        brain = volume[volume != 0]
        assert cached.mean[channel] == pytest.approx(brain.mean())
        assert cached.std[channel] == pytest.approx(brain.std())
        np.testing.assert_allclose(cached.percentiles[channel], np.percentile(brain, PERCENTILES))


def test_a_slice_is_z_scored_inside_the_brain_and_0_outside(tmp_path, make_volumes, make_case):
    image, seg = make_volumes()
    image[1, 3:8] = 0
    cached = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    slices = np.stack([cached.slice(z) for z in range(len(cached))])  # (Z, 4, x, y)
    assert slices.dtype == np.float32
    for channel in range(4):
        brain = cached.image[:, channel] != 0
        assert slices[:, channel][brain].mean() == pytest.approx(0, abs=1e-5)
        assert slices[:, channel][brain].std() == pytest.approx(1, abs=1e-5)
        assert not slices[:, channel][~brain].any()


@pytest.mark.parametrize("value", [0.0, 0.1, 700.0])
def test_a_constant_modality_becomes_0_and_is_named(tmp_path, value, make_volumes, make_case):
    image, seg = make_volumes()
    image = image.astype(np.float32)
    image[2] = np.where(image[2] > 0, value, 0)
    case = make_case(tmp_path, image, seg)
    with pytest.warns(UserWarning, match=r"BraTS-GLI-00000-000: t2w: constant inside the brain"):
        cached = cache_case(case, tmp_path / "cache")
    assert cached.std[2] == 0
    assert not cached.slice(3)[2].any()
    assert cached.slice(3)[0].any()
    assert any("t2w: constant" in note for note in cached.warnings)


def test_label_counts_count_the_stored_slices(tiny_case, tmp_path):
    cached = cache_case(tiny_case, tmp_path)
    for z, labels in enumerate(cached.labels):
        assert cached.label_counts[z].tolist() == np.bincount(labels.ravel(), minlength=4).tolist()
    assert (cached.label_counts.sum(axis=1) == 13 * 17).all()


def test_a_case_without_segmentation(without_labels):
    assert without_labels.labels is None
    assert without_labels.label_counts is None
    assert not without_labels.has_labels
    assert without_labels.slice(0).shape == (4, 13, 17)


def test_an_entry_of_another_shape_is_damaged(tiny_case, tmp_path):
    folder = cache_case(tiny_case, tmp_path).folder
    facts = json.loads((folder / "case.json").read_text())
    facts["box"][0][1] -= 1
    (folder / "case.json").write_text(json.dumps(facts))
    with pytest.raises(ValueError, match=r"image.npy is \(8, 4, 13, 17\) int16; expected \(8, 4, 12, 17\)"):
        CachedCase(folder)


def test_pickling_carries_the_folder_and_not_the_voxels(tiny_case, tmp_path):
    cached = cache_case(tiny_case, tmp_path)
    data = pickle.dumps(cached)
    assert len(data) < 2000
    np.testing.assert_array_equal(pickle.loads(data).slice(1), cached.slice(1))


def test_to_full_refuses_another_shape(tiny_case, tmp_path):
    cached = cache_case(tiny_case, tmp_path)
    with pytest.raises(
        ValueError, match=r"has shape \(13, 17, 8\); expected \(8, 13, 17\), that is \(Z, x, y\)"
    ):
        cached.to_full(np.zeros((13, 17, 8)))


def test_the_window_is_that_of_the_stored_percentiles(tmp_path, make_volumes, make_case):
    image, seg = make_volumes()
    image[0] -= 500 * (image[0] != 0).astype(np.int16)  # as if it were normalised
    image[0, 3:16, 5:22, 1:9] -= 30
    cached = cache_case(make_case(tmp_path, image, seg), tmp_path / "cache")
    black, white = np.percentile(image[0][image[0] != 0], (0.5, 99.5))
    assert cached.window("t1n") == pytest.approx((black, white))
    assert cached.window("t1c") == pytest.approx((0, np.percentile(image[1][image[1] != 0], 99.5)))


@pytest.mark.skipif(not REAL.is_dir(), reason="no real cases beside the repository")
def test_a_real_case_comes_back_voxel_by_voxel(tmp_path):
    case = find_cases(REAL / "tcga_fg_6692")[0]
    cached = cache_case(case, tmp_path)
    image, seg = case.image(), case.seg()
    assert cached.image.dtype == np.int16
    for channel in range(4):
        np.testing.assert_array_equal(cached.to_full(cached.image[:, channel]), image[channel])
    np.testing.assert_array_equal(cached.to_full(cached.labels), seg)


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


@pytest.fixture
def image() -> np.ndarray:
    """(4, X, Y, Z) int16 with zeros around a box; every modality has its own scale."""
    rng = np.random.default_rng(0)
    volume = np.zeros((4, 8, 9, 7), np.int16)
    volume[:, 2:6, 2:7, 1:6] = (
        rng.normal(1, 0.2, (4, 4, 5, 5)) * np.array([100, 900, 400, 2000])[:, None, None, None]
    )
    return volume


def test_mean_zero_and_std_one_inside(image):
    scored = zscore_in_brain(image)
    for modality, raw in zip(scored, image, strict=True):
        assert modality[raw != 0].mean() == pytest.approx(0, abs=1e-5)
        assert modality[raw != 0].std() == pytest.approx(1, abs=1e-5)


def test_outside_stays_zero_and_the_input_stays(image):
    before = image.copy()
    assert (zscore_in_brain(image)[image == 0] == 0).all()
    np.testing.assert_array_equal(image, before)


def test_scale_and_padding_change_nothing(image):
    padded = np.pad(image, ((0, 0), (5, 5), (5, 5), (5, 5))).astype(float)
    np.testing.assert_allclose(
        zscore_in_brain(padded * 7.5)[:, 5:-5, 5:-5, 5:-5], zscore_in_brain(image), atol=1e-5
    )


def test_negative_voxels_belong_to_the_brain(image):
    image[0, 3] *= -1
    assert (zscore_in_brain(image)[0][image[0] < 0] != 0).all()


def test_flat_and_empty_modalities_become_zero(image):
    image[1][image[1] != 0] = 5
    image[2] = 0
    scored = zscore_in_brain(image)
    assert np.isfinite(scored).all()
    assert not scored[1].any()
    assert not scored[2].any()
    assert scored[0].any()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_flat_modality_of_floats_becomes_zero_although_its_mean_is_rounded(image, kind):
    """NumPy gives 0.1 in 100 places a standard deviation of 1e-17: divided by it, noise became 1 or -1."""
    floats = image.astype(kind)
    for value in (0.1, 1 / 3, 1234.567):
        floats[1][floats[1] != 0] = value
        scored = zscore_in_brain(floats)
        assert not scored[1].any()
        np.testing.assert_allclose(scored[2:], zscore_in_brain(image)[2:], atol=1e-5)


def test_known_statistics_are_used(image):
    half = zscore_in_brain(image[:, :4], mean=np.full(4, 100.0), std=np.array([50.0, 50, 50, 0]))
    inside = image[:, :4] != 0
    np.testing.assert_allclose(half[:3], np.where(inside, (image[:, :4] - 100.0) / 50, 0)[:3], atol=1e-5)
    np.testing.assert_allclose(half[3], np.where(inside, image[:, :4] - 100.0, 0)[3], atol=1e-3)
