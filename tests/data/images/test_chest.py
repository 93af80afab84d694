"""The chest X-ray folder: both rules for masks, the two hospitals, the split."""

import numpy as np
import pytest

from brainlab.data.images import ImageDataset, find_chest, split_chest


@pytest.fixture
def chest(tmp_path, grey, make_disc, make_picture):
    """Six of each hospital; the last of each without a mask."""
    mask = make_disc().astype(np.uint8) * 255
    for n in range(6):
        make_picture(tmp_path / "CXR_png" / f"CHNCXR_{n:04d}_0.png", grey)
        make_picture(tmp_path / "CXR_png" / f"MCUCXR_{n:04d}_1.png", grey)
        if n < 5:
            make_picture(tmp_path / "masks" / f"CHNCXR_{n:04d}_0_mask.png", mask)
            make_picture(tmp_path / "masks" / f"MCUCXR_{n:04d}_1.png", mask)
    return tmp_path


def test_both_rules_and_missing_masks(chest):
    found = find_chest(chest)
    assert found.problems == []
    assert len(found) == 12
    assert [pair.id for pair in found if not pair.has_mask] == ["CHNCXR_0005_0", "MCUCXR_0005_1"]
    for pair in found:
        assert pair.group == pair.id[:3]
        if pair.has_mask:
            assert pair.mask.stem == pair.id + ("_mask" if pair.group == "CHN" else "")
    assert "12 images (6 CHN, 6 MCU), 10 with mask, 2 without" in found.report()


def test_chn_trains_and_mcu_is_halved(chest):
    found = find_chest(chest)
    split = split_chest(found)
    assert {pair.group for pair in split.train} == {"CHN"}
    assert len(split.train) == 5
    assert {pair.group for pair in (*split.val, *split.test)} == {"MCU"}
    assert (len(split.val), len(split.test)) == (2, 3)
    held = [pair.id for pair in (*split.val, *split.test)]
    assert len(set(held)) == 5
    assert split == split_chest(list(reversed(found))), "the order of the input does not matter"
    assert len({tuple(p.id for p in split_chest(found, seed).val) for seed in range(8)}) > 1
    assert len(ImageDataset(split.train, 32)) == 5


def test_a_chest_without_lungs_is_a_problem(chest, make_picture):
    make_picture(chest / "masks" / "MCUCXR_0000_1.png", np.zeros((40, 50), np.uint8))
    found = find_chest(chest)
    assert len(found) == 11
    assert [(problem.case_id, "all 0" in problem.message) for problem in found.problems] == [
        ("MCUCXR_0000_1", True)
    ]


def test_names_of_no_hospital_are_read_but_not_split(chest, grey, make_picture):
    make_picture(chest / "CXR_png" / "xray7.png", grey)
    found = find_chest(chest)
    assert [pair.group for pair in found if pair.id == "xray7"] == [""]
    with pytest.raises(ValueError, match=r"xray7 .* neither hospital"):
        split_chest(found)
    with pytest.raises(ValueError, match="5 CHN, 0 MCU with mask; expected"):
        split_chest([pair for pair in found if pair.group == "CHN"])


def test_real_x_rays(real_folder):
    found = find_chest(real_folder("cxr"))
    assert found.problems == []
    assert [(pair.id, pair.image.suffix, pair.has_mask) for pair in found] == [
        (str(n), ".jpg", True) for n in (1, 2, 3, 4)
    ]
    for size in (256, 512):
        image, labels = ImageDataset(found, size)[0]
        assert image.shape == (1, size, size)
        assert 0.15 < labels.float().mean() < 0.5, "the lungs fill about a third"
        assert image[0][labels == 1].mean() < image[0][labels == 0].mean(), "air is dark"
