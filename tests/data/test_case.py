"""What a case gives, and when it reads."""

import pickle

import numpy as np
import pytest
from fake_cases import LPS, fake_case

from brainlab.data import find_cases
from brainlab.data import volume as volume_module
from brainlab.labels import MODALITIES


def test_image_stacks_the_modalities_in_the_order_of_the_house(tmp_path):
    _, arrays = fake_case(tmp_path)
    (case,) = find_cases(tmp_path)
    image = case.image()
    assert (image.shape, image.dtype) == ((4, 24, 20, 16), np.float32)
    np.testing.assert_array_equal(image, np.stack([arrays[name] for name in MODALITIES]))
    assert case.modality("t2f").dtype == np.float32
    np.testing.assert_array_equal(case.modality("t2f"), arrays["t2f"])


def test_geometry(tmp_path):
    fake_case(tmp_path)
    (case,) = find_cases(tmp_path)
    np.testing.assert_allclose(case.affine, LPS)
    np.testing.assert_allclose(case.spacing, (1, 1, 1))
    assert case.shape == (24, 20, 16)
    assert repr(case) == "<Case BraTS-GLI-00001-000, brats2023, (24, 20, 16), with segmentation>"


def test_voxels_are_read_only_when_asked_for(tmp_path, monkeypatch):
    fake_case(tmp_path)
    read = []
    monkeypatch.setattr(
        "brainlab.data.case.read_volume",
        lambda path: read.append(path.name) or volume_module.read_volume(path),
    )
    (case,) = find_cases(tmp_path)
    assert read == []
    case.modality("t1c")
    assert read == ["BraTS-GLI-00001-000-t1c.nii.gz"]


def test_warnings_are_said_once(tmp_path):
    fake_case(tmp_path, seg=np.zeros((24, 20, 16), np.uint8))
    (case,) = find_cases(tmp_path)
    for _ in range(3):
        case.seg()
    assert case.warnings == ["the segmentation is empty"]
    assert (
        "note      BraTS-GLI-00001-000: the segmentation is empty"
        in find_cases(tmp_path, check=True).report()
    )


def test_cases_travel_between_processes(tmp_path):
    fake_case(tmp_path)
    (case,) = find_cases(tmp_path)
    there = pickle.loads(pickle.dumps(case))
    np.testing.assert_array_equal(there.image(), case.image())
    assert (there.id, there.warnings) == (case.id, case.warnings)


def test_sources_are_all_files_once(tmp_path):
    paths, _ = fake_case(tmp_path)
    (case,) = find_cases(tmp_path)
    assert set(case.sources) == set(paths.values())
    assert len(case.sources) == 5


def test_name_of_another_generation_is_explained(tmp_path):
    fake_case(tmp_path)
    (case,) = find_cases(tmp_path)
    with pytest.raises(KeyError, match=r"modality 'flair'; expected one of t1n, t1c, t2w, t2f.*flair is t2f"):
        case.modality("flair")


def test_file_replaced_by_one_of_another_shape(tmp_path):
    paths, _ = fake_case(tmp_path)
    (case,) = find_cases(tmp_path)
    volume_module.save_nifti(np.zeros((5, 5, 5), np.int16), paths["t1c"], LPS)
    with pytest.raises(
        ValueError, match=r"t1c.nii.gz: found shape \(5, 5, 5\); expected \(24, 20, 16\).*changed"
    ):
        case.image()
