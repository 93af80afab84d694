"""The readers on real cases; skipped where there are none (README: `BRAINLAB_REAL_DATA`)."""

import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainlab.data import find_cases, orientation
from brainlab.data.case import FRONT, lowest_part_in_front
from brainlab.labels import MODALITIES

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("BRAINLAB_REAL_DATA") or BESIDE)
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no real cases; set BRAINLAB_REAL_DATA to their folder"
)


@pytest.fixture(scope="module")
def cases():
    return {case.id: case for case in find_cases(FOLDER, check=True)}


def test_all_are_found_and_sound():
    found = find_cases(FOLDER)
    assert found.problems == []
    assert [(case.id, case.patient, case.profile, case.has_seg) for case in found] == [
        ("BraTS-GLI-00001-000", "BraTS-GLI-00001", "brats2023", False),
        ("BraTS-MET-00110-000", "BraTS-MET-00110", "brats2023", False),
        ("TCGA-DU-7294", "TCGA-DU-7294", "tcga", True),
        ("TCGA-FG-6692", "TCGA-FG-6692", "tcga", True),
    ]
    assert {case.shape for case in found} == {(240, 240, 155)}


def test_voxels_are_those_that_nibabel_reads(cases):
    case = cases["BraTS-GLI-00001-000"]
    expected = np.stack([nib.load(case.files[name]).get_fdata() for name in MODALITIES])
    np.testing.assert_array_equal(case.image(), expected)
    np.testing.assert_allclose(case.affine, nib.load(case.files["t1n"]).affine)
    assert case.warnings == [], "a sound case gives no warnings"


def test_labels_of_the_fused_masks(cases):
    case = cases["TCGA-FG-6692"]
    raw = np.asarray(nib.load(case.seg_path).dataobj)
    assert set(np.unique(raw)) == {0, 1, 2, 4}
    for stored, label in ((0, 0), (1, 1), (2, 2), (4, 3)):
        np.testing.assert_array_equal(case.seg() == label, raw == stored)
    assert any("no enhancing tumour" in warning for warning in cases["TCGA-DU-7294"].warnings)


def test_negative_voxels_of_the_resampled_cases_are_background(cases):
    case = cases["TCGA-FG-6692"]
    raw = nib.load(case.files["t2w"]).get_fdata()
    assert raw.min() < 0
    np.testing.assert_array_equal(case.modality("t2w"), np.maximum(raw, 0))
    assert any(f"t2w: {(raw < 0).sum():,} negative voxels" in warning for warning in case.warnings)


def test_case_off_the_brats_grid_is_told_not_flipped(cases):
    case = cases["BraTS-MET-00110-000"]
    assert orientation(case.affine) == "RAS"
    assert any("left and right cannot be trusted" in warning for warning in case.warnings)
    assert any("the brain masks differ" in warning for warning in case.warnings)
    np.testing.assert_array_equal(case.modality("t1c"), nib.load(case.files["t1c"]).get_fdata())


def test_other_cases_lie_on_the_grid_and_in_order(cases):
    for case_id in ("BraTS-GLI-00001-000", "TCGA-DU-7294", "TCGA-FG-6692"):
        case = cases[case_id]
        brain = (case.image() != 0).any(axis=0)
        assert orientation(case.affine) == "LPS"
        assert not any("left and right" in warning for warning in case.warnings)
        assert lowest_part_in_front(brain, case.affine) < 0.4
        ras = case.affine @ np.diag([-1.0, -1, 1, 1])  # the affine that a careless tool writes
        assert lowest_part_in_front(brain, ras) > FRONT
