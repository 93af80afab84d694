"""Files and folders appear whole or not at all."""

import pytest

from brainlab.home import replace_file, replace_folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "scores.json"
    for text in ("first", "second"):
        replace_file(path, lambda temporary, text=text: temporary.write_text(text))
        assert path.read_text() == text
    assert names(path.parent) == ["scores.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text("old")

    def half(temporary):
        temporary.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_file(path, half)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["scores.json"]


def fill(text):
    return lambda folder: (folder / "a.txt").write_text(text)


def test_a_folder_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "entry"
    replace_folder(path, fill("first"))
    (path / "b.txt").touch()
    replace_folder(path, fill("second"))
    assert (names(path), (path / "a.txt").read_text()) == (["a.txt"], "second")
    assert names(path.parent) == ["entry"]


def test_a_folder_that_is_as_good_is_kept(tmp_path):
    path = tmp_path / "entry"
    replace_folder(path, fill("first"))
    replace_folder(path, fill("second"), keep=lambda found: (found / "a.txt").exists())
    assert (path / "a.txt").read_text() == "first"
    assert names(tmp_path) == ["entry"]


def test_a_folder_whose_writing_fails_leaves_the_old_one(tmp_path):
    path = tmp_path / "entry"
    replace_folder(path, fill("old"))

    def half(folder):
        (folder / "a.txt").write_text("ne")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        replace_folder(path, half)
    assert (path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["entry"]
