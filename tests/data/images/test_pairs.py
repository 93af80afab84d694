"""Folders of pictures and masks, sound and broken."""

import numpy as np
import pytest

from brainlab.data.images import PictureError, find_pairs


@pytest.fixture
def pair_in(tmp_path, grey, make_disc, make_picture):
    """Return a function that writes a sound picture and its mask below the folder."""

    def write(image, mask=None):
        make_picture(tmp_path / image, grey)
        if mask:
            make_picture(tmp_path / mask, make_disc().astype(np.uint8) * 255)

    return write


def told(found):
    return {problem.case_id: problem.message for problem in found.problems}


@pytest.mark.parametrize(
    ("image", "mask", "group"),
    [
        ("1.jpg", "1-mask.png", ""),
        ("3000.png", "3000_mask.png", ""),
        ("a.PNG", "a_Mask.PNG", ""),
        ("images/a.png", "masks/a.png", ""),
        ("CXR_png/CHNCXR_0001_0.png", "masks/CHNCXR_0001_0_mask.png", ""),
        ("images/train/a.png", "masks/train/a.png", "train"),
        ("train/images/a.png", "train/masks/a_mask.png", "train"),
        ("train/a.png", "train/masks/a_mask.png", "train"),
    ],
)
def test_layouts(tmp_path, pair_in, make_disc, grey, image, mask, group):
    pair_in(image, mask)
    found = find_pairs(tmp_path)
    assert found.problems == found.notes == []
    (pair,) = found
    assert (pair.image, pair.mask) == (tmp_path / image, tmp_path / mask)
    assert pair.group == group
    np.testing.assert_array_equal(pair.load_mask(), make_disc())
    if image.endswith("png"):
        np.testing.assert_array_equal(pair.load_image()[0], grey)


def test_names_that_end_in_mask_by_chance_are_pictures(tmp_path, pair_in):
    pair_in("damask.png", "damask_mask.png")
    assert [pair.id for pair in find_pairs(tmp_path)] == ["damask"]


def test_pictures_of_one_name_in_two_folders_are_two(tmp_path, pair_in):
    pair_in("train/a.png", "train/a_mask.png")
    pair_in("valid/a.png", "valid/a_mask.png")
    pair_in("valid/b.png", "valid/b_mask.png")
    found = find_pairs(tmp_path)
    assert [pair.id for pair in found] == ["b", "train/a", "valid/a"]
    assert [pair.mask.parent.name for pair in found] == ["valid", "train", "valid"]


def test_pictures_without_mask_are_reported_not_lost(tmp_path, pair_in):
    pair_in("a.png", "a_mask.png")
    pair_in("b.png")
    found = find_pairs(tmp_path)
    assert [(pair.id, pair.has_mask) for pair in found] == [("a", True), ("b", False)]
    assert "2 images, 1 with mask, 1 without" in found.report()
    with pytest.raises(PictureError, match="b has no mask"):
        found[1].load_mask()


def test_hidden_and_other_files_are_passed_over(tmp_path, pair_in):
    pair_in("a.png", "a_mask.png")
    (tmp_path / "._a.png").write_bytes(b"resource fork")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "a.png").write_bytes(b"x")
    (tmp_path / "LICENSE.txt").write_text("MIT")
    found = find_pairs(tmp_path)
    assert [pair.id for pair in found] == ["a"]
    assert found.problems == []


def break_in(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-40])


DEFECTS = {
    "cut image": (lambda f, **_: break_in(f, "b.png"), "b", "breaks off"),
    "cut mask": (lambda f, **_: break_in(f, "b_mask.png"), "b", "b_mask.png breaks off"),
    "empty image": (lambda f, **_: (f / "b.png").write_bytes(b""), "b", "0 bytes"),
    "pointer file": (lambda f, **_: (f / "b.png").write_text("version https://git-lfs"), "b", "pointer"),
    "size": (
        lambda f, save: save(f / "b_mask.png", np.zeros((50, 40), np.uint8)),
        "b",
        "50 x 40 pixels; expected 40 x 50",
    ),
    "labels": (
        lambda f, save: save(f / "b_mask.png", np.arange(2000, dtype=np.uint8).reshape(40, 50) % 3),
        "b",
        "expected two",
    ),
    "two images": (
        lambda f, save: save(f / "b.jpg", np.zeros((40, 50), np.uint8)),
        "b",
        "2 images share one name",
    ),
    "two masks": (
        lambda f, save: save(f / "b-mask.png", np.zeros((40, 50), np.uint8)),
        "b",
        "2 masks share one name",
    ),
    "no image": (lambda f, **_: (f / "b.png").unlink(), "b", "b_mask.png has no image"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defects_are_told_and_good_pairs_kept(tmp_path, pair_in, make_picture, defect):
    for name in "abc":
        pair_in(f"{name}.png", f"{name}_mask.png")
    spoil, name, message = DEFECTS[defect]
    spoil(tmp_path, **({"save": make_picture} if spoil.__code__.co_argcount == 2 else {}))
    found = find_pairs(tmp_path)
    assert [pair.id for pair in found] == ["a", "c"]
    assert message in told(found)[name]
    assert "expected" in told(found)[name]
    assert f"left out  {name}: " in found.report()


def test_empty_and_full_masks_are_noted(tmp_path, pair_in, make_picture):
    for name in "abc":
        pair_in(f"{name}.png", f"{name}_mask.png")
    make_picture(tmp_path / "b_mask.png", np.zeros((40, 50), np.uint8))
    make_picture(tmp_path / "c_mask.png", np.full((40, 50), 255, np.uint8))
    found = find_pairs(tmp_path)
    assert len(found) == 3
    assert [(note.case_id, note.message[:20]) for note in found.notes] == [
        ("b", "b_mask.png is all 0;"),
        ("c", "c_mask.png is all 1;"),
    ]


def test_without_check_headers_are_read_all_the_same(tmp_path, pair_in, make_picture):
    for name in "abc":
        pair_in(f"{name}.png", f"{name}_mask.png")
    break_in(tmp_path, "a.png")
    make_picture(tmp_path / "b_mask.png", np.zeros((41, 50), np.uint8))
    found = find_pairs(tmp_path, check=False)
    assert [pair.id for pair in found] == ["a", "c"]
    assert list(told(found)) == ["b"]
    with pytest.raises(PictureError, match="breaks off"):
        found[0].load_image()


def test_folders_are_checked(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        find_pairs(tmp_path / "none")
    (tmp_path / "a.zip").touch()
    with pytest.raises(NotADirectoryError, match="unpacked"):
        find_pairs(tmp_path / "a.zip")
    with pytest.raises(ValueError, match="holds no picture"):
        find_pairs(tmp_path)


def test_real_slices(real_folder):
    found = find_pairs(real_folder("t1c_png"))
    assert [pair.id for pair in found] == [str(n) for n in range(3000, 3012)]
    assert found.problems == found.notes == []
    shares = [pair.load_mask().mean() for pair in found]
    assert 0.001 < min(shares) < max(shares) < 0.1
    assert found[0].load_image().shape == (1, 512, 512)


def test_a_report_stays_short(tmp_path, pair_in, make_picture):
    for n in range(9):
        pair_in(f"{n}.png", f"{n}_mask.png")
        make_picture(tmp_path / f"{n}_mask.png", np.zeros((40, 50), np.uint8))
    report = find_pairs(tmp_path).report().splitlines()
    assert len(report) == 7
    assert report[-1] == "note      and 4 more"
