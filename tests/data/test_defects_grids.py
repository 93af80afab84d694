"""Volumes that do not fit each other, and affines that cannot be right."""

import nibabel as nib
import numpy as np
import pytest
from fake_cases import BAD, LPS, NAMES_2023, assert_tells, fake_case, spoil_one, write_case

from brainlab.data import find_cases
from brainlab.data.case import lowest_part_in_front


@pytest.mark.parametrize("role", ["t2w", "seg"])
def test_volumes_of_other_shape(tmp_path, role):
    def spoil(path):
        nib.save(nib.Nifti1Image(np.zeros((24, 20, 15), np.int16), LPS), path)

    assert_tells(spoil_one(tmp_path, role, spoil), f"{BAD}-{role}", "shape (24, 20, 15)", "(24, 20, 16)")


@pytest.mark.parametrize("role", ["t2w", "seg"])
def test_one_file_of_other_orientation(tmp_path, role):
    def spoil(path):
        nib.save(nib.Nifti1Image(np.asarray(nib.load(path).dataobj), np.eye(4)), path)

    assert_tells(spoil_one(tmp_path, role, spoil), f"{BAD}-{role}", "orientation RAS", "LPS as")


def test_one_file_a_little_aside_is_told(tmp_path):
    paths, _ = fake_case(tmp_path)
    shifted = LPS.copy()
    shifted[0, 3] += 2
    nib.save(nib.Nifti1Image(np.asarray(nib.load(paths["t2f"]).dataobj), shifted), paths["t2f"])
    (case,) = find_cases(tmp_path)
    assert any("t2f lies 2.0 mm off t1n" in warning for warning in case.warnings)


def save_with_codes(path, q, q_code, s, s_code):
    image = nib.Nifti1Image(np.asarray(nib.load(path).dataobj), None)
    image.set_qform(q, q_code)
    image.set_sform(s, s_code)
    nib.save(image, path)


def test_mixed_codes_over_one_affine_are_no_defect(tmp_path):
    paths, _ = fake_case(tmp_path)
    save_with_codes(paths["t2f"], LPS, 2, LPS, 1)
    save_with_codes(paths["t2w"], LPS, 1, LPS, 0)
    save_with_codes(paths["t1c"], LPS, 0, LPS, 4)
    (case,) = find_cases(tmp_path)
    np.testing.assert_allclose(case.affine, LPS)
    assert case.warnings == []


def test_forms_that_disagree_are_told_and_the_sform_counts(tmp_path):
    paths, _ = fake_case(tmp_path)
    for path in paths.values():
        save_with_codes(path, np.eye(4), 1, LPS, 1)
    (case,) = find_cases(tmp_path)
    np.testing.assert_allclose(case.affine, LPS)
    assert any("qform and sform disagree by up to" in warning for warning in case.warnings)


def test_no_orientation_at_all_is_told(tmp_path):
    paths, _ = fake_case(tmp_path)
    for path in paths.values():
        save_with_codes(path, LPS, 0, LPS, 0)
    (case,) = find_cases(tmp_path)
    assert any("no orientation" in warning for warning in case.warnings)


def test_affine_that_cannot_be_inverted(tmp_path):
    def spoil(path):
        save_with_codes(path, None, 0, np.diag([1.0, 1.0, 0.0, 1.0]), 1)

    assert_tells(spoil_one(tmp_path, "t1n", spoil), f"{BAD}-t1n.nii.gz", "cannot be inverted")


def head():
    """A brain of 3 mm voxels in LPS order: an ellipsoid, below it at the back the cerebellum."""
    x, y, z = np.meshgrid(np.arange(60), np.arange(70), np.arange(50), indexing="ij")
    brain = ((x - 30) / 24) ** 2 + ((y - 35) / 28) ** 2 + ((z - 28) / 20) ** 2 < 1
    brain |= ((x - 30) / 15) ** 2 + ((y - 48) / 10) ** 2 + ((z - 9) / 8) ** 2 < 1
    return brain


def test_affine_that_the_brain_contradicts_is_told(tmp_path):
    lps, ras = np.diag([-3.0, -3.0, 3.0, 1.0]), np.diag([3.0, 3.0, 3.0, 1.0])
    brain = (head() * 100).astype(np.int16)
    arrays = dict.fromkeys(("t1n", "t1c", "t2w", "t2f"), brain)
    write_case(tmp_path / "right", arrays, "BraTS-GLI-00001-000-", affine=lps)
    write_case(tmp_path / "wrong", arrays, "BraTS-GLI-00002-000-", affine=ras)
    turned = dict.fromkeys(arrays, brain[::-1, ::-1])  # a true reorientation
    write_case(tmp_path / "turned", turned, "BraTS-GLI-00003-000-", affine=ras)
    warned = {case.id[-7:-4]: " ".join((case.image(), case.warnings)[1]) for case in find_cases(tmp_path)}
    assert "the affine says RAS, but then the cerebellum lies in front" in warned["002"]
    assert (warned["001"], warned["003"]) == ("", "")


def test_affine_off_the_brats_grid_is_told(tmp_path):
    brats = np.array([[-1.0, 0, 0, 0], [0, -1.0, 0, 239], [0, 0, 1.0, 0], [0, 0, 0, 1.0]])
    ras = np.array([[1.0, 0, 0, -239], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]])
    wrong = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 239], [0, 0, 1.0, 0], [0, 0, 0, 1.0]])
    arrays = dict.fromkeys(NAMES_2023, np.zeros((240, 240, 155), np.uint8))
    del arrays["seg"]
    for number, affine in enumerate((brats, ras, wrong)):
        write_case(tmp_path, arrays, f"BraTS-GLI-0000{number}-000-", affine=affine)
    warned = [" ".join(case.warnings) for case in find_cases(tmp_path)]
    assert warned[:2] == ["", ""], "the same box in mm, whatever the order of the axes"
    assert "x 0 to 239, y 239 to 478" in warned[2]
    assert "left and right cannot be trusted" in warned[2]


def test_small_objects_are_not_judged_as_heads():
    assert lowest_part_in_front(np.ones((20, 20, 20), bool), np.eye(4)) is None
    assert lowest_part_in_front(np.zeros((20, 20, 20), bool), np.eye(4)) is None
