"""Files come in piece by piece, and no more than is allowed."""

import pytest

from demo.inbox import Inbox, shown_name
from demo.limits import Limits, UploadError

SMALL = Limits(files=2, file_bytes=100, total_bytes=150)


def test_pieces_become_a_file_under_a_name_of_our_own(tmp_path):
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
        ("/a/b/", "a file without a name"),
        ("a\x00b\n.nii", "ab.nii"),
        ("x" * 500 + ".nii.gz", "x" * 93 + ".nii.gz"),
    ],
)
def test_a_name_is_only_shown(name, shown):
    assert shown_name(name) == shown


def test_what_is_too_much_is_refused_before_it_is_sent(tmp_path):
    inbox = Inbox(tmp_path / "in", SMALL)
    with pytest.raises(UploadError, match=r"a.nii is empty \(0 bytes\)"):
        inbox.begin("a.nii", 0)
    with pytest.raises(UploadError, match=r"a.nii has 0 MB; expected at most 0 MB: is it a whole data set"):
        inbox.begin("a.nii", 101)
    inbox.begin("a.nii", 80)
    inbox.append(bytes(80))
    inbox.finish()
    with pytest.raises(UploadError, match=r"with b.nii it would be .*start over first"):
        inbox.begin("b.nii", 71)
    inbox.begin("b.nii", 70)
    inbox.append(bytes(70))
    inbox.finish()
    with pytest.raises(UploadError, match=r"c.nii is one file too many; expected at most 2"):
        inbox.begin("c.nii", 1)
    inbox.clear()
    assert list((tmp_path / "in").iterdir()) == []
    inbox.begin("c.nii", 100)


def test_a_sender_who_lies_about_the_size_is_cut_off(tmp_path):
    inbox = Inbox(tmp_path / "in", SMALL)
    inbox.begin("a.nii", 5)
    with pytest.raises(UploadError, match="longer than the 5 bytes that were said"):
        inbox.append(bytes(6))
    assert list((tmp_path / "in").iterdir()) == [], "what was begun is gone"
    with pytest.raises(UploadError, match="without its beginning"):
        inbox.append(b"1")
    inbox.begin("a.nii", 5)
    inbox.append(b"12")
    with pytest.raises(UploadError, match="broke off"):
        inbox.finish()
    assert list((tmp_path / "in").iterdir()) == []
    inbox.begin("b.nii", 100)
    inbox.append(bytes(100))
    assert inbox.finish().name == "b.nii", "what was dropped does not count"
