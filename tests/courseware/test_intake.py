"""Renamed notebooks are copied to the expected name; nothing is lost."""

import os

import pytest

from courseware.__main__ import main


@pytest.fixture
def course(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_data_eda.py").touch()
    return tmp_path


def hand_in(course, student, name, text):
    folder = course / "submitted" / student / "01_data_eda"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    "name", ["Copy of 01_data_eda (1).ipynb", "01_data_eda-Copy1.ipynb", "01 Data EDA.ipynb"]
)
def test_a_renamed_notebook_is_found(course, name, capsys):
    folder = hand_in(course, "ann", name, "mine")
    main(["--root", str(course), "intake"])
    assert (folder / "01_data_eda.ipynb").read_text() == "mine"
    assert (folder / name).exists()
    assert capsys.readouterr().out == f"ann/01_data_eda: {name} copied to 01_data_eda.ipynb\n"
    main(["--root", str(course), "intake"])
    assert capsys.readouterr().out == "all notebooks in submitted/ have the expected names\n"


def test_the_expected_name_takes_precedence_then_the_newest_copy(course):
    folder = hand_in(course, "ann", "01_data_eda.ipynb", "right")
    hand_in(course, "ann", "01_data_eda (1).ipynb", "copy")
    for age, text in enumerate(["new", "old"]):
        path = hand_in(course, "ben", f"01_data_eda ({text}).ipynb", text) / f"01_data_eda ({text}).ipynb"
        os.utime(path, (1e9 - age, 1e9 - age))
    main(["--root", str(course), "intake"])
    assert (folder / "01_data_eda.ipynb").read_text() == "right"
    assert (course / "submitted" / "ben" / "01_data_eda" / "01_data_eda.ipynb").read_text() == "new"


def test_a_file_with_another_name_is_reported(course, capsys):
    hand_in(course, "ann", "holiday.ipynb", "")
    main(["--root", str(course), "intake"])
    assert "ann/01_data_eda: no notebook with a name like 01_data_eda.ipynb" in capsys.readouterr().out


def test_a_notebook_that_does_not_exist_is_not_built(course):
    with pytest.raises(SystemExit, match=r"has no notebook 07; expected files NN_name\.py"):
        main(["--root", str(course), "build", "07"])
