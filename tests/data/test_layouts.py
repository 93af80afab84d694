"""Every layout is written as its data set has it, and read back to the same voxels and labels."""

import nibabel as nib
import numpy as np
import pytest
from fake_cases import (
    EXAMPLES,
    LPS,
    NAMES_2020,
    OWN_TESTS,
    TO_2021,
    TO_MSD,
    fake_brain,
    fake_case,
    write_case,
    write_kaggle,
)

from brainlab.data import PROFILES, CaseList, find_cases
from brainlab.labels import MODALITIES


def assert_same(case, arrays):
    image = case.image()
    assert image.shape == (4, *arrays["t1n"].shape)
    assert image.dtype == np.float32
    for channel, name in zip(image, MODALITIES, strict=True):
        np.testing.assert_array_equal(channel, arrays[name])
        np.testing.assert_array_equal(case.modality(name), arrays[name])
    np.testing.assert_array_equal(case.seg(), arrays["seg"])
    assert case.seg().dtype == np.uint8
    np.testing.assert_allclose(case.affine, LPS)
    assert case.shape == arrays["t1n"].shape


def test_every_data_set_has_an_example():
    for profile in PROFILES:
        told = f"PROFILES has {profile!r}, but EXAMPLES in tests/data/fake_cases.py has no case of it"
        assert profile in EXAMPLES or profile in OWN_TESTS, told


@pytest.mark.parametrize(
    ("profile", "example"),
    [(profile, example) for profile, examples in EXAMPLES.items() for example in examples],
)
def test_one_file_per_modality(tmp_path, profile, example):
    arrays, case_id = fake_brain(), example.case_id
    stored = {**arrays, "seg": example.stored[arrays["seg"]]}
    folder = tmp_path / "unpacked" / example.folder / case_id
    write_case(folder, stored, case_id + example.separator, example.names, example.suffix)

    cases = find_cases(tmp_path)

    assert (cases.problems, [case.id for case in cases]) == ([], [case_id])
    assert (cases[0].patient, cases[0].profile) == (example.patient, profile)
    assert_same(cases[0], arrays)
    assert [case.id for case in find_cases(folder)] == [case_id], "the case's own folder works as root"


@pytest.mark.parametrize("nested", [True, False])
def test_brats_2015(tmp_path, nested):
    itk = pytest.importorskip("SimpleITK")
    arrays = fake_brain()
    non_enhancing = np.zeros_like(arrays["seg"], bool)
    non_enhancing[:, :, ::2] = arrays["seg"][:, :, ::2] == 1
    stored = {**arrays, "seg": np.where(non_enhancing, 3, TO_2021[arrays["seg"]]).astype(np.uint8)}
    folder = tmp_path / "HGG" / "brats_tcia_pat153_0109"
    words = {"t1n": "MR_T1", "t1c": "MR_T1c", "t2w": "MR_T2", "t2f": "MR_Flair", "seg": "OT"}
    for number, (role, word) in enumerate(words.items()):
        name = f"VSD.Brain{'_3more' if role == 'seg' else ''}.XX.O.{word}.{54512 + number}"
        path = folder / name / f"{name}.mha" if nested else folder / f"{name}.mha"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = itk.GetImageFromArray(stored[role].transpose(2, 1, 0))  # ITK takes (Z, Y, X)
        image.SetOrigin((0.0, -19.0, 0.0))  # LPS+ mm: what LPS says in RAS+
        itk.WriteImage(image, str(path))

    (case,) = find_cases(tmp_path)

    assert (case.id, case.patient, case.profile) == (
        "brats_tcia_pat153_0109",
        "brats_tcia_pat153",
        "brats2015",
    )
    assert_same(case, arrays)  # 3, non-enhancing, is NCR


def test_brats_2020_case_355_has_a_segmentation_of_another_name(tmp_path):
    arrays = fake_brain()
    folder = tmp_path / "BraTS20_Training_355"
    stored = {**arrays, "seg": TO_2021[arrays["seg"]]}
    paths = write_case(folder, stored, "BraTS20_Training_355_", NAMES_2020, ".nii")
    paths["seg"].rename(folder / "W39_1998.09.19_Segm.nii")

    (case,) = find_cases(tmp_path)

    assert_same(case, arrays)
    assert any("W39_1998.09.19_Segm.nii" in warning for warning in case.warnings)


def test_resection_cavity_of_2024_becomes_background(tmp_path):
    arrays = fake_brain()
    cavity = arrays["seg"] == 1
    fake_case(tmp_path, "BraTS-GLI-02063-100", seg=np.where(cavity, 4, arrays["seg"]).astype(np.uint8))
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.seg(), np.where(cavity, 0, arrays["seg"]))
    assert any("cavity" in w and f"{cavity.sum():,} voxels" in w for w in case.warnings)


def test_time_points_share_their_patient(tmp_path):
    for case_id in ("BraTS-GLI-02063-100", "BraTS-GLI-02063-101", "BraTS-GLI-02064-100"):
        fake_case(tmp_path, case_id)
    cases = find_cases(tmp_path)
    assert [case.id[-9:] for case in cases] == ["02063-100", "02063-101", "02064-100"]
    assert [case.patient for case in cases] == ["BraTS-GLI-02063"] * 2 + ["BraTS-GLI-02064"]
    assert "3 cases of 2 patients" in cases.report()


@pytest.mark.parametrize("root", ["", "imagesTr"])
def test_msd_has_four_volumes_in_a_file_and_its_own_order_of_labels(tmp_path, root):
    arrays = fake_brain()
    stacked = np.stack([arrays[name] for name in ("t2f", "t1n", "t1c", "t2w")], axis=-1)
    for folder, array in (("imagesTr", stacked), ("labelsTr", TO_MSD[arrays["seg"]]), ("imagesTs", stacked)):
        (tmp_path / folder).mkdir()
        name = "BRATS_485.nii.gz" if folder == "imagesTs" else "BRATS_001.nii.gz"
        nib.save(nib.Nifti1Image(array, LPS), tmp_path / folder / name)
        (tmp_path / folder / f"._{name}").write_bytes(b"of a Mac")  # as in the published archive

    cases = find_cases(tmp_path / root)

    assert cases.problems == []
    assert [(case.id, case.has_seg) for case in cases][:1] == [("BRATS_001", True)]
    assert_same(cases[0], arrays)
    if not root:
        assert [(case.id, case.has_seg) for case in cases][1:] == [("BRATS_485", False)]
        assert cases[1].seg() is None


def test_files_named_by_the_modality_alone_take_the_name_of_their_folder(tmp_path):
    arrays = fake_brain()
    write_case(tmp_path / "patient_7", arrays, names=NAMES_2020)
    (case,) = find_cases(tmp_path)
    assert (case.id, case.profile) == ("patient_7", "unknown")
    assert_same(case, arrays)
    assert any("not recognised" in warning for warning in case.warnings)


def test_many_cases_in_one_folder(tmp_path):
    arrays = {f"BraTS2021_0000{n}": fake_brain(n) for n in range(3)}
    for case_id, made in arrays.items():
        stored = {**made, "seg": TO_2021[made["seg"]]}
        write_case(tmp_path, stored, f"{case_id}_", NAMES_2020)
    cases = find_cases(tmp_path)
    assert [case.id for case in cases] == sorted(arrays)
    for case in cases:
        assert_same(case, arrays[case.id])


def test_layouts_mix(tmp_path):
    fake_case(tmp_path, "BraTS-GLI-00001-000")
    stored = {**fake_brain(), "seg": TO_2021[fake_brain()["seg"]]}
    write_case(tmp_path / "old", stored, "BraTS2021_00000_", NAMES_2020)
    write_kaggle(tmp_path / "kaggle", fake_brain())
    cases = find_cases(tmp_path, check=True)
    assert isinstance(cases, CaseList)
    assert {case.profile for case in cases} == {"brats2023", "brats2021", "kaggle-h5"}
    assert all(set(np.unique(case.seg())) == {0, 1, 2, 3} for case in cases)


def test_hidden_files_and_circular_links_are_ignored(tmp_path):
    fake_case(tmp_path, "BraTS-GLI-00001-000")
    case = tmp_path / "BraTS-GLI-00001-000"
    (case / "._BraTS-GLI-00001-000-t1n.nii.gz").write_bytes(b"of a Mac")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "BraTS-GLI-00009-000-t1n.nii.gz").write_bytes(b"")
    (case / "again").symlink_to(tmp_path, target_is_directory=True)
    cases = find_cases(tmp_path)
    assert (len(cases), cases.problems, cases[0].warnings) == (1, [], [])


def test_profile_can_be_said(tmp_path):
    arrays = fake_brain()
    fake_case(tmp_path, seg=TO_2021[arrays["seg"]])
    (case,) = find_cases(tmp_path, profile="brats2021")
    np.testing.assert_array_equal(case.seg(), arrays["seg"])
    with pytest.raises(ValueError, match="profile 'brats' is unknown; expected one of brats2015"):
        find_cases(tmp_path, profile="brats")
