"""Labels and intensities that are off: mended where one answer is right, else told."""

import numpy as np
import pytest
from fake_cases import BAD, GOOD, NAMES_2020, assert_tells, fake_brain, fake_case, write_case

from brainlab.data import find_cases


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, np.int32])
def test_labels_of_another_type(tmp_path, dtype):
    arrays = fake_brain()
    fake_case(tmp_path, seg=arrays["seg"].astype(dtype))
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.seg(), arrays["seg"])
    assert case.warnings == []


def test_labels_just_off_whole_numbers_are_rounded(tmp_path):
    arrays = fake_brain()
    fake_case(tmp_path, seg=(arrays["seg"] * 0.99999997).astype(np.float64))
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.seg(), arrays["seg"])
    assert any("rounded" in warning for warning in case.warnings)


@pytest.mark.parametrize(
    ("stored", "parts"),
    [
        (
            [0, 1, 2, 4],
            ["labels 0 1 2 4", "0 1 2 3 as in brats2023", "enhancing tumour", "profile='brats2021'"],
        ),
        ([0, 4, 2, 3], ["labels 0 2 3 4", "resection cavity", "profile='brats2024-gli'"]),
        ([0, 255, 255, 255], ["labels 0 255", "0 and 255"]),
        ([0, 1, 2, 7], ["labels 0 1 2 7", "not the segmentation"]),
        ([0.0, 1.0, 1.5, 3.0], ["no whole numbers, such as 1.5", "linear interpolation"]),
        ([0.0, 1.0, np.nan, 3.0], ["no whole numbers, such as nan"]),
        ([0, -1, 2, 3], ["labels from -1 to 3", "an image in the place"]),
        ([0, 1, 700, 3], ["labels from 0 to 700", "an image in the place"]),
    ],
)
def test_labels_are_never_guessed(tmp_path, stored, parts):
    fake_case(tmp_path, GOOD)
    values = np.array(stored, np.float32 if isinstance(stored[0], float) else np.int16)
    fake_case(tmp_path, BAD, seg=values[fake_brain()["seg"]])
    cases = find_cases(tmp_path, check=True)
    assert [case.id for case in cases] == [GOOD]
    assert_tells(cases.problems[0].message, f"{BAD}-seg.nii.gz", *parts)
    with pytest.raises(ValueError, match="Likely cause"):
        next(case for case in find_cases(tmp_path) if case.id == BAD).seg()


@pytest.mark.parametrize(
    ("stored", "hint"),
    [([0, 1, 2, 3], "profile='brats2023'"), ([0, 1, 3, 4], "profile='brats2015'")],
)
def test_label_3_in_a_data_set_without_it(tmp_path, stored, hint):
    arrays = fake_brain()
    arrays["seg"] = np.array(stored, np.uint8)[arrays["seg"]]
    write_case(tmp_path, arrays, "BraTS2021_00000_", NAMES_2020)
    (problem,) = find_cases(tmp_path, check=True).problems
    assert_tells(problem.message, hint)


def test_paediatric_case_with_label_4(tmp_path):
    fake_case(tmp_path, "BraTS-PED-00001-000", seg=(fake_brain()["seg"] + 1).astype(np.uint8))
    (problem,) = find_cases(tmp_path, check=True).problems
    assert_tells(problem.message, "profile='brats2024-ped'")


@pytest.mark.parametrize(
    ("table", "word"), [([0, 1, 2, 2], "no enhancing tumour"), ([0, 0, 0, 0], "the segmentation is empty")]
)
def test_no_enhancing_tumour_is_told(tmp_path, table, word):
    seg = np.array(table, np.uint8)[fake_brain()["seg"]]
    fake_case(tmp_path, seg=seg)
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.seg(), seg)
    assert [warning for warning in case.warnings if word in warning]


def test_negative_voxels_of_resampling_become_background(tmp_path):
    image = fake_brain()["t2w"].astype(np.float32)
    image[0, 0, :8] = -5.0
    fake_case(tmp_path, t2w=image)
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.modality("t2w"), np.maximum(image, 0))
    assert any("t2w: 8 negative voxels (lowest -5)" in warning for warning in case.warnings)


def test_normalised_image_keeps_its_negative_voxels(tmp_path):
    raw = fake_brain()["t2w"].astype(np.float32)
    image = np.where(raw > 0, (raw - 450) / 90, 0).astype(np.float32)
    fake_case(tmp_path, t2w=image)
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.modality("t2w"), image)
    assert any("already normalised?" in warning for warning in case.warnings)


def test_background_that_is_not_0_is_moved_there(tmp_path):
    raw = fake_brain()["t2w"].astype(np.float32)
    fake_case(tmp_path, t2w=raw - 100)
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.modality("t2w"), raw)
    assert any("background was -100" in warning for warning in case.warnings)


def test_nan_becomes_background(tmp_path):
    image = fake_brain()["t2w"].astype(np.float32)
    image[5:8, 5, 5] = np.nan, np.inf, -np.inf
    fake_case(tmp_path, t2w=image)
    (case,) = find_cases(tmp_path)
    read = case.modality("t2w")
    assert np.isfinite(read).all()
    assert (read[5:8, 5, 5] == 0).all()
    assert any("3 voxels that are not numbers" in warning for warning in case.warnings)


def test_outlier_is_told_and_kept(tmp_path):
    image = fake_brain()["t1c"]
    image[12, 10, 8] = 9 * np.median(image[image > 0])
    fake_case(tmp_path, t1c=image)
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.modality("t1c"), image)
    assert any("t1c: the brightest voxel is 9 times the median" in warning for warning in case.warnings)


def test_empty_modality_is_told(tmp_path):
    fake_case(tmp_path, t1c=np.zeros_like(fake_brain()["t1c"]))
    (case,) = find_cases(tmp_path)
    case.image()
    assert any("t1c: empty" in warning for warning in case.warnings)


def test_brain_masks_that_differ_are_told_and_kept(tmp_path):
    image = fake_brain()["t1c"]
    image[:8] = 0
    fake_case(tmp_path, t1c=image)
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.image()[1], image)
    assert any("the brain masks differ (t1n 100%, t1c" in warning for warning in case.warnings)
