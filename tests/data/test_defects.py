"""Files that are not what their name says, missing or doubled, and roots without a case."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from fake_cases import BAD, GOOD, NAMES_2020, assert_tells, fake_brain, fake_case, spoil_one, write_case

from brainlab.data import find_cases


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_the_header(path):
    path.write_bytes(path.read_bytes()[:40])


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def git_lfs_pointer(path):
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 2901768\n")


def annex_pointer(path):
    path.write_text("/annex/objects/SHA256E-s2901768--0123456789.nii.gz\n")


def dead_link(path):
    path.unlink()
    path.symlink_to("../.git/annex/objects/missing.nii.gz")


@pytest.mark.parametrize(
    ("spoil", "parts"),
    [
        (cut, ["gzip data that ends too early", "interrupted download"]),
        (cut_in_the_header, ["gzip data that ends too early", "40 bytes"]),
        (git_lfs_pointer, ["a pointer file of", "git lfs pull"]),
        (annex_pointer, ["a pointer file of", "git annex get"]),
        (dead_link, ["a link that leads nowhere", "git annex get"]),
        (lambda path: path.write_bytes(b""), ["an empty file"]),
        (lambda path: path.write_text("<!DOCTYPE html><title>Log in</title>"), ["a web page", "login"]),
        (
            lambda path: path.write_bytes(b"PK\x03\x04" + bytes(600)),
            ["content that starts with", "a NIfTI file"],
        ),
        (
            lambda path: path.write_bytes(gzip.compress(bytes(100))),
            ["content that starts with", "a NIfTI file"],
        ),
    ],
)
@pytest.mark.parametrize("role", ["t1n", "seg"])
def test_spoilt_file_is_found_without_reading_voxels(tmp_path, role, spoil, parts):
    assert_tells(spoil_one(tmp_path, role, spoil), f"{BAD}-{role}.nii.gz", *parts)


def test_flipped_byte_is_found_when_voxels_are_read(tmp_path):
    assert_tells(
        spoil_one(tmp_path, "t2w", flip_a_byte, check=True), f"{BAD}-t2w.nii.gz", "damaged gzip data"
    )


def test_cut_file_without_compression(tmp_path):
    paths = write_case(tmp_path / BAD, fake_brain(), f"{BAD}-", suffix=".nii")
    cut(paths["t2f"])
    (problem,) = find_cases(tmp_path).problems
    assert_tells(problem.message, f"{BAD}-t2f.nii", "15,612 bytes of content", "15,712 bytes by its header")


def test_gzip_of_several_members_is_no_defect(tmp_path):
    paths, arrays = fake_case(tmp_path)
    content = gzip.decompress(paths["t1c"].read_bytes())
    paths["t1c"].write_bytes(gzip.compress(content[:5000]) + gzip.compress(content[5000:]))
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.modality("t1c"), arrays["t1c"])


def test_content_counts_not_the_suffix(tmp_path):
    paths, arrays = fake_case(tmp_path)
    paths["t1c"].write_bytes(gzip.decompress(paths["t1c"].read_bytes()))  # plain, named .nii.gz
    zipped = paths["t2w"].with_name(paths["t2w"].name.removesuffix(".gz"))
    paths["t2w"].rename(zipped)  # gzip, named .nii
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.modality("t1c"), arrays["t1c"])
    np.testing.assert_array_equal(case.modality("t2w"), arrays["t2w"])


def test_unreadable_file(tmp_path, monkeypatch):
    opened = Path.open

    def forbidden(path, *args):
        if path.name == f"{BAD}-t1c.nii.gz":
            raise PermissionError(13, "Permission denied")
        return opened(path, *args)

    # The superuser of a container may read everything, so mode 000 would not do.
    message = spoil_one(tmp_path, "t1c", lambda path: monkeypatch.setattr(Path, "open", forbidden))
    assert_tells(message, "does not open (Permission denied)", "its permissions")


def test_missing_modality(tmp_path):
    message = spoil_one(tmp_path, "t2f", lambda path: path.unlink())
    assert_tells(message, BAD, "no t2f", "all four")


def test_missing_segmentation_is_no_defect(tmp_path):
    fake_case(tmp_path, seg=None)
    (case,) = find_cases(tmp_path, check=True)
    assert (case.has_seg, case.seg(), case.warnings) == (False, None, [])


def test_nii_inside_a_folder_named_nii(tmp_path):
    arrays = fake_brain()
    paths = write_case(tmp_path / "BraTS2021_00495", arrays, "BraTS2021_00495_", NAMES_2020, ".nii")
    for role, path in paths.items():
        inner = path.rename(tmp_path / "inner")
        path.mkdir()
        inner.rename(path / f"00000057_brain_{role}.nii")
        (path / "._of_a_mac.nii").write_bytes(b"")
    (case,) = find_cases(tmp_path, profile="brats2023")
    assert case.id == "BraTS2021_00495"
    for name in ("t1n", "t1c", "t2w", "t2f"):
        np.testing.assert_array_equal(case.modality(name), arrays[name])
    np.testing.assert_array_equal(case.seg(), arrays["seg"])


def test_empty_folder_named_nii(tmp_path):
    def spoil(path):
        path.unlink()
        path.mkdir()

    assert_tells(spoil_one(tmp_path, "t1c", spoil), "a folder with 0 volumes", "one volume")


def test_file_both_plain_and_zipped_is_read_once(tmp_path):
    paths, arrays = fake_case(tmp_path)
    plain = paths["t1n"].with_name(paths["t1n"].name.removesuffix(".gz"))
    plain.write_bytes(gzip.decompress(paths["t1n"].read_bytes()))
    (case,) = find_cases(tmp_path)
    np.testing.assert_array_equal(case.modality("t1n"), arrays["t1n"])
    assert any("t1n is there 2 times" in warning for warning in case.warnings)


def test_data_set_that_lies_there_twice(tmp_path):
    fake_case(tmp_path, GOOD)
    write_case(tmp_path / "copy" / GOOD, fake_brain(), f"{GOOD}-")
    cases = find_cases(tmp_path)
    assert len(cases) == 1
    assert_tells(cases.problems[0].message, f"{GOOD} again", "two copies")


def test_root_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train does not exist, only .* does: a typo"):
        find_cases(tmp_path / "brats2O21" / "train")


def test_root_that_is_a_file(tmp_path):
    (tmp_path / "BraTS2021.tar").write_bytes(b"x")
    with pytest.raises(NotADirectoryError, match="is a file; expected the folder"):
        find_cases(tmp_path / "BraTS2021.tar")


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        ([], ["found nothing"]),
        (["BraTS2021_00495.tar", "a.zip"], ["2 archives", "not unpacked"]),
        (["slice_1.png", "slice_2.png", "readme.txt"], ["2 .png", "1 .txt", "another data set"]),
        (["sub-01_bold.nii.gz"], ["1 volumes with other names"]),
    ],
)
def test_root_without_a_case(tmp_path, names, parts):
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError) as caught:
        find_cases(tmp_path)
    assert_tells(str(caught.value), str(tmp_path), "BraTS-GLI-00001-000-t1n.nii.gz", *parts)


def test_root_with_broken_cases_only_gives_an_empty_list_with_problems(tmp_path):
    paths, _ = fake_case(tmp_path)
    paths["t1n"].unlink()
    cases = find_cases(tmp_path)
    assert (len(cases), len(cases.problems)) == (0, 1)
