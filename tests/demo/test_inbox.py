"""Files are received in chunks, within the limits."""

import pytest

from demo.inbox import Inbox, shown_name
from demo.limits import Limits, UploadError

SMALL = Limits(files=2, file_bytes=100, total_bytes=150)


def test_chunks_become_a_file_with_a_generated_name(tmp_path):
    inbox = Inbox(tmp_path / "in", SMALL)
    inbox.begin("../../etc/case-t1n.nii", 10)
    assert inbox.append(b"01234") == 5
    assert inbox.append(b"56789") == 10
    received = inbox.finish()
    assert received.name == "case-t1n.nii"
    assert received.path == tmp_path / "in" / "000"
    assert received.path.read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\Users\\x\\scan.nii", "scan.nii"),
        ("/a/b/", "unnamed file"),
        ("a\x00b\n.nii", "ab.nii"),
        ("x" * 500 + ".nii.gz", "x" * 93 + ".nii.gz"),
    ],
)
def test_names_are_shortened_for_display(name, shown):
    assert shown_name(name) == shown


def test_files_over_the_limits_are_refused_before_they_are_sent(tmp_path):
    inbox = Inbox(tmp_path / "in", SMALL)
    with pytest.raises(UploadError, match=r"a.nii is empty \(0 bytes\)"):
        inbox.begin("a.nii", 0)
    with pytest.raises(UploadError, match=r"a.nii has 0 MB; expected at most 0 MB: is it a whole data set"):
        inbox.begin("a.nii", 101)
    inbox.begin("a.nii", 80)
    inbox.append(bytes(80))
    inbox.finish()
    with pytest.raises(UploadError, match=r"with b.nii the total would be .*start over first"):
        inbox.begin("b.nii", 71)
    inbox.begin("b.nii", 70)
    inbox.append(bytes(70))
    inbox.finish()
    with pytest.raises(UploadError, match=r"c.nii is one file too many; expected at most 2"):
        inbox.begin("c.nii", 1)
    inbox.clear()
    assert list((tmp_path / "in").iterdir()) == []
    inbox.begin("c.nii", 100)


def test_a_file_longer_than_declared_is_refused(tmp_path):
    inbox = Inbox(tmp_path / "in", SMALL)
    inbox.begin("a.nii", 5)
    with pytest.raises(UploadError, match="longer than the declared 5 bytes"):
        inbox.append(bytes(6))
    assert list((tmp_path / "in").iterdir()) == [], "the incomplete file is deleted"
    with pytest.raises(UploadError, match="arrived without its beginning"):
        inbox.append(b"1")
    inbox.begin("a.nii", 5)
    inbox.append(b"12")
    with pytest.raises(UploadError, match="was interrupted"):
        inbox.finish()
    assert list((tmp_path / "in").iterdir()) == []
    inbox.begin("b.nii", 100)
    inbox.append(bytes(100))
    assert inbox.finish().name == "b.nii", "deleted files do not count"
