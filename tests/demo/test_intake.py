"""Uploads become a case or a picture, or give one clear line; refused files are deleted."""

import os

import numpy as np
import pytest
from bad_uploads import BAD_ZIPS, REFUSED, archive
from fake_cases import LPS, SHAPE, fake_brain
from sending import case_files, nifti, send, slice_picture, slice_png, zipped

from brainlab.labels import MODALITIES
from demo.intake import Intake, Picture
from demo.limits import Limits, UploadError


@pytest.fixture
def intake(tmp_path):
    return Intake(tmp_path / "session")


def stored(intake):
    """Return the names of the files in the inbox."""
    return sorted(p.name for p in intake.inbox.folder.iterdir())


def test_four_files_one_by_one_become_a_case(intake):
    arrays = fake_brain()
    made = [send(intake, name, content) for name, content in case_files().items()]
    assert made[:3] == [None] * 3
    case = made[3]
    assert (case.id, case.shape, case.has_seg) == ("case7", SHAPE, False)
    np.testing.assert_array_equal(case.image(), np.stack([arrays[name] for name in MODALITIES]))
    np.testing.assert_allclose(case.affine, LPS)
    assert intake.status().endswith("Complete.")


def test_status_says_what_is_missing(intake):
    assert intake.status() == "No files yet."
    send(intake, "case7-t1n.nii.gz", case_files()["case7-t1n.nii.gz"])
    text = "Uploaded: t1n (case7-t1n.nii.gz). Missing: t1c (T1 + contrast), t2w (T2), t2f (FLAIR)."
    assert intake.status() == text


@pytest.mark.parametrize(
    "prefix", ["", "BraTS-GLI-00001-000-", "some folder/deeper/case7-", "__MACOSX2/._case-"]
)
def test_a_zip_becomes_a_case(intake, prefix):
    files = case_files(prefix, roles=(*MODALITIES, "seg"))
    files |= {"some folder/": b"", "__MACOSX/._x.nii": b"no image", "a/.DS_Store": b"no image"}
    case = send(intake, "case.zip", zipped(files))
    assert case.has_seg
    np.testing.assert_array_equal(case.seg(), fake_brain()["seg"])


def test_a_segmentation_may_follow_and_files_may_be_uncompressed(intake):
    for role in MODALITIES:
        send(intake, f"{role}.nii", nifti(fake_brain()[role], compressed=False))
    case = send(intake, "seg.nii", nifti(fake_brain()["seg"], compressed=False))
    assert case.id == "upload"
    assert case.seg().max() == 3


def test_older_names_of_modalities(intake):
    arrays = fake_brain()
    names = {"t1n": "flairy_T1", "t1c": "flairy_t1ce", "t2w": "flairy_T2", "t2f": "flairy_FLAIR"}
    made = [send(intake, f"{name}.nii.gz", nifti(arrays[role])) for role, name in names.items()]
    np.testing.assert_array_equal(made[-1].modality("t2f"), arrays["t2f"])


def test_a_picture(intake):
    made = send(intake, "slice.png", slice_png())
    assert isinstance(made, Picture)
    assert made.pixels.shape == (48, 48)
    assert (made.pixels.min(), made.pixels.max()) == (0, 1)
    jpeg = send(intake, "slice.jpg", slice_picture("jpeg"))
    assert np.abs(jpeg.pixels - made.pixels).mean() < 0.02
    assert send(intake, "again.zip", zipped({"in/slice.png": slice_png()})).name == "slice.png"


def send_all(intake, files, kept):
    """Upload files; `kept` is set to the roles that were there before the last one."""
    for name, content in files.items():
        kept[:] = intake.volumes
        send(intake, name, content)


@pytest.mark.parametrize("as_zip", [False, True], ids=["alone", "zipped"])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_uploads_give_one_line_and_are_deleted(intake, name, as_zip):
    files, message = REFUSED[name]
    if name == "duplicate" and as_zip:
        files = {f"{n}/{name}": content for n, (name, content) in enumerate(files.items())}
    kept = []
    with pytest.raises(UploadError, match=message) as error:
        send_all(intake, {"all.zip": zipped(files)} if as_zip else files, kept)
    text = str(error.value)
    assert "\n" not in text
    assert str(intake.folder) not in text, "no server path in the message"
    assert list(intake.volumes) == kept
    assert len(stored(intake)) == len(intake.volumes), "refused files are deleted"


@pytest.mark.parametrize("name", BAD_ZIPS)
def test_bad_zips(tmp_path, name):
    intake = Intake(tmp_path / "session", Limits(unpacked_bytes=2_000_000))
    content, message = BAD_ZIPS[name]
    with pytest.raises(UploadError, match=message) as error:
        send(intake, "all.zip", content)
    assert "\n" not in str(error.value)
    assert stored(intake) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["session"], "nothing was written elsewhere"


def test_a_zip_that_declares_wrong_sizes_stops_at_the_limit(tmp_path):
    """The zip declares 10 bytes and would decompress to 50 MB."""
    content = bytearray(archive(("a-t1n.nii", bytes(50_000_000))))
    for start, offset in ((content.index(b"PK\x03\x04"), 22), (content.rindex(b"PK\x01\x02"), 24)):
        content[start + offset : start + offset + 4] = (10).to_bytes(4, "little")
    intake = Intake(tmp_path / "session", Limits(unpacked_bytes=1_000_000))
    with pytest.raises(UploadError):
        send(intake, "all.zip", bytes(content))
    assert stored(intake) == []


def test_a_refused_file_keeps_the_earlier_ones(intake):
    files = case_files()
    names = list(files)
    for name in names[:3]:
        send(intake, name, files[name])
    with pytest.raises(UploadError):
        send(intake, names[3], b"no image at all")
    assert send(intake, names[3], files[names[3]]).id == "case7"


def test_start_over(intake):
    for name, content in case_files().items():
        send(intake, name, content)
    with pytest.raises(UploadError, match="uploaded twice"):
        send(intake, *next(iter(case_files(seed=1).items())))
    intake.clear()
    for name, content in case_files(seed=1).items():
        case = send(intake, name, content)
    np.testing.assert_array_equal(case.modality("t1n"), fake_brain(1)["t1n"])
    assert len(list(intake.folder.glob("case*"))) == 1, "an earlier case is deleted"
    assert not os.path.exists(intake.folder / "inbox" / "004.nii")
