"""What a class predicted, read from the notebooks that it handed in."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from brainlab import guesses as predict
from brainlab.guesses import predicted
from courseware.__main__ import main
from courseware.predictions import predictions


@pytest.fixture
def handed_in(tmp_path, capsys, monkeypatch):
    """Return a function that hands in a notebook with these predictions of rows (88) and side (left)."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "99_toy.py").write_text("# %% setup\n")

    def hand_in(student, rows, side):
        monkeypatch.setattr(predict, "_FIRST", {})
        predicted("rows", rows, 88)
        predicted("the side", side, "left")
        outputs = [
            new_output("stream", name="stdout", text=f"before\n{capsys.readouterr().out}after\n"),
            new_output("display_data", data={"text/plain": "a figure"}),
        ]
        target = tmp_path / "submitted" / student / "99_toy" / "99_toy.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(new_notebook(cells=[new_code_cell("1", outputs=outputs)]), target)
        return target

    hand_in.root = tmp_path
    return hand_in


def test_the_table_has_the_most_misleading_first(handed_in):
    handed_in("ada", 88, "Left")
    handed_in("bob", 90, "right | up")
    handed_in("cleo", 44, "right | up")
    handed_in("dan", "?", "?")
    handed_in("eve", 1, "left").write_text("no notebook")
    assert predictions(handed_in.root, []) == [
        "99_toy: 3 of 5 notebooks hold predictions",
        "",
        "| prediction | it was | predicted by | near it | said most often |",
        "|---|---|---|---|---|",
        "| the side | left | 3 | 1 of 3 | right / up (2), left (1) |",
        "| rows | 88 | 3 | 2 of 3 | 88 (1), 90 (1), 44 (1) |",
        "",
    ]


def test_other_notebooks_and_none_at_all(handed_in, capsys):
    handed_in("ada", 88, "left")
    assert predictions(handed_in.root, ["98"]) == []
    main(["--root", str(handed_in.root), "predictions", "98"])
    assert capsys.readouterr().out == "no predictions in submitted/\n"
    main(["--root", str(handed_in.root), "predictions", "99"])
    assert "| rows | 88 | 1 | 1 of 1 | 88 (1) |" in capsys.readouterr().out
