"""Kaggle's h5 slices become volumes."""

import h5py
import numpy as np
from fake_cases import fake_brain, write_kaggle

from brainlab.data import find_cases
from brainlab.labels import MODALITIES


def test_kaggle_slices_become_volumes(tmp_path):
    arrays = fake_brain()
    write_kaggle(tmp_path / "content" / "data", arrays, 2)
    write_kaggle(tmp_path / "content" / "data", arrays, 10)

    cases = find_cases(tmp_path)

    assert [case.id for case in cases] == ["volume_002", "volume_010"], "in the order of numbers"
    case = cases[0]
    assert (case.shape, case.has_seg, len(case.sources)) == ((24, 20, 16), True, 16)
    np.testing.assert_array_equal(case.seg(), arrays["seg"])
    for channel, name in zip(case.image(), MODALITIES, strict=True):
        np.testing.assert_allclose(channel, arrays[name] / arrays[name].std(), atol=1e-5)
    assert any("channel order" in warning for warning in case.warnings)
    assert not any("enhancing tumour is" in warning for warning in case.warnings)


def test_kaggle_channels_in_another_order_are_noticed(tmp_path):
    write_kaggle(tmp_path, fake_brain(), order=("t2f", "t1n", "t1c", "t2w"))
    (case,) = find_cases(tmp_path)
    case.seg()
    assert any("another channel order?" in warning for warning in case.warnings)


def test_kaggle_without_a_slice_is_left_out(tmp_path):
    write_kaggle(tmp_path, fake_brain(), 1)
    write_kaggle(tmp_path, fake_brain(), 2)
    (tmp_path / "volume_1_slice_7.h5").unlink()
    cases = find_cases(tmp_path)
    assert [case.id for case in cases] == ["volume_002"]
    assert "no slice 7 of volume_001" in cases.problems[0].message


def test_kaggle_mask_of_nested_regions_is_refused(tmp_path):
    write_kaggle(tmp_path, fake_brain())
    with h5py.File(tmp_path / "volume_1_slice_8.h5", "a") as file:
        file["mask"][...] = 1
    cases = find_cases(tmp_path, check=True)
    assert not cases
    assert "volume_1_slice_8.h5: found mask channels that overlap" in cases.problems[0].message
