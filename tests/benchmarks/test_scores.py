"""Scores of one case: empty regions, volumes, contact, and the grade."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from real_data.scores import case_scores, film_scores, grade_of, read_grades, without_contact
from scipy import ndimage
from scipy.spatial import cKDTree

from brainlab.labels import REGIONS

NOTHING = np.zeros((20, 20, 12), np.uint8)


def with_boxes(*boxes):
    """Return labels with boxes (label, x, y, z, side)."""
    labels = NOTHING.copy()
    for label, x, y, z, side in boxes:
        labels[x : x + side, y : y + side, z : z + side] = label
    return labels


def test_the_truth_scores_one_and_no_volume_is_wrong():
    truth = with_boxes((2, 2, 2, 2, 6), (3, 3, 3, 3, 4), (1, 4, 4, 4, 2))
    row = case_scores(truth, truth, (1, 1, 1))
    for region in REGIONS:
        assert row[f"{region}_dice"] == row[f"{region}_lesion_dice"] == 1
        assert (row[f"{region}_missed"], row[f"{region}_invented"]) == (0, 0)
    assert [row[f"{name}_cm3"] for name in ("false", "unfound", "invented", "missed")] == [0, 0, 0, 0]
    assert row["WT_cm3"] == pytest.approx(0.216)


def test_a_prediction_on_the_other_side_is_all_wrong():
    truth = with_boxes((2, 2, 2, 2, 5))
    row = case_scores(truth[::-1], truth, (1, 1, 1))
    assert row["WT_dice"] == row["WT_lesion_dice"] == 0
    assert row["invented_cm3"] == row["missed_cm3"] == row["false_cm3"] == row["unfound_cm3"] == 0.125


def test_empty_enhancing_tumour_scores_as_in_brats():
    truth = with_boxes((1, 2, 2, 2, 6))
    right, wrong = truth, with_boxes((1, 2, 2, 2, 6), (3, 15, 15, 8, 1))
    row = case_scores(right, truth, (1, 1, 1))
    assert (row["ET_dice"], row["ET_lesion_dice"], row["ET_invented"]) == (1, 1, 0)
    row = case_scores(wrong, truth, (1, 1, 1))
    assert (row["ET_dice"], row["ET_lesion_dice"], row["ET_invented"]) == (0, 0, 1)
    row = case_scores(NOTHING, truth, (1, 1, 1))
    assert (row["TC_dice"], row["ET_dice"]) == (0, 1)


def test_volumes_follow_the_size_of_a_voxel():
    truth, predicted = with_boxes((2, 0, 0, 0, 4)), with_boxes((2, 0, 0, 0, 4), (2, 10, 10, 6, 3))
    fine, coarse = (case_scores(predicted, truth, size) for size in ((1, 1, 1), (2, 2, 5)))
    assert fine["invented_cm3"] == pytest.approx(0.027)
    for name in ("WT", "false", "invented"):
        assert coarse[f"{name}_cm3"] == pytest.approx(20 * fine[f"{name}_cm3"])


def test_what_touches_a_lesion_is_false_but_not_invented():
    truth = with_boxes((2, 4, 4, 4, 4))
    beside = with_boxes((2, 8, 8, 8, 2))  # the corners meet
    away = with_boxes((2, 9, 9, 9, 2))
    assert case_scores(beside, truth, (1, 1, 1))["invented_cm3"] == 0
    assert case_scores(beside, truth, (1, 1, 1))["missed_cm3"] == 0
    assert case_scores(beside, truth, (1, 1, 1))["false_cm3"] == pytest.approx(0.008)
    assert case_scores(away, truth, (1, 1, 1))["invented_cm3"] == pytest.approx(0.008)
    assert case_scores(away, truth, (1, 1, 1))["missed_cm3"] == pytest.approx(0.064)


@pytest.mark.parametrize("seed", range(5))
def test_contact_equals_the_distance_of_voxels(seed):
    """Against distances between all voxels of a component and all of the other mask."""
    mask, other = np.random.default_rng(seed).random((2, 12, 12, 8)) < [[[[0.05]]], [[[0.02]]]]
    parts, count = ndimage.label(mask, np.ones((3, 3, 3)))
    expected = np.zeros_like(mask)
    for part in range(1, count + 1):
        nearest, _ = cKDTree(np.argwhere(other)).query(np.argwhere(parts == part), p=np.inf)
        expected |= (parts == part) & (nearest.min() > 1)
    assert 0 < expected.sum() < mask.sum()
    np.testing.assert_array_equal(without_contact(mask, other), expected)
    np.testing.assert_array_equal(without_contact(mask, np.zeros_like(mask)), mask)


def test_film_scores_count_pixels():
    truth, predicted = np.zeros((2, 4, 5), bool)
    truth[0, :4], predicted[0, 2:] = True, True  # 4, 3 and 2 in both
    assert film_scores(predicted, truth) == pytest.approx(
        {"accuracy": 17 / 20, "dice": 4 / 7, "jaccard": 2 / 5}
    )


def case(path, case_id="Brats18_TCIA10_628_1"):
    return SimpleNamespace(id=case_id, patient=case_id[:-2], sources=[Path(path)])


def test_the_grade_comes_from_table_then_folder_then_volume(tmp_path):
    table = tmp_path / "name_mapping.csv"
    # A byte-order mark, a name of a patient, and one of a case of another year, as in BraTS' own table.
    table.write_text("\ufeffGrade,BraTS_2018_subject_ID,BraTS_2020_subject_ID\nLGG,brats18_tcia10_628,X\n")
    grades = read_grades(table)
    lgg = tmp_path / "HGG" / "training" / "LGG" / "case" / "t1.nii.gz"
    plain = tmp_path / "case" / "t1.nii.gz"
    assert grade_of(case(plain), 80.0, grades) == ("low", "table")
    assert grade_of(case(lgg, "another_1"), 80.0, grades) == ("low", "folder")
    assert grade_of(case(plain, "another_1"), 80.0, grades) == ("high", "proxy")
    assert grade_of(case(plain, "another_1"), 0.0) == ("low", "proxy")
    assert [grade_of(case(plain), cm3, limit=5.0)[0] for cm3 in (4.99, 5.0)] == ["low", "high"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("case,kind\na,HGG\n", "expected one called grade"),
        ("case,grade\na,HGG\nb,3\n", "line 3: grade '3'; expected HGG, LGG, high or low"),
        ("case,grade\na,\n", "line 2"),
    ],
)
def test_a_table_that_does_not_tell_the_grade_is_refused(tmp_path, text, message):
    table = tmp_path / "grades.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_grades(table)
