"""The table of guesses, read from the notebooks that a class submitted."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from brainlab import guesses as library
from brainlab.guesses import predicted
from courseware.__main__ import main
from courseware.guesses import guesses


@pytest.fixture
def submit(tmp_path, capsys, monkeypatch):
    """Return a function that submits a notebook with these guesses of rows (88) and side (left)."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "99_toy.py").write_text("# %% setup\n")

    def submit_one(student, rows, side):
        monkeypatch.setattr(library, "_FIRST", {})
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

    submit_one.root = tmp_path
    return submit_one


def test_the_most_surprising_result_comes_first(submit):
    submit("ada", 88, "Left")
    submit("bob", 90, "right | up")
    submit("cleo", 44, "right | up")
    submit("dan", "?", "?")
    submit("eve", 1, "left").write_text("no notebook")
    assert guesses(submit.root, []) == [
        "99_toy: 3 of 5 notebooks contain guesses",
        "",
        "| question | result | guesses | close | most frequent guesses |",
        "|---|---|---|---|---|",
        "| the side | left | 3 | 1 of 3 | right / up (2), left (1) |",
        "| rows | 88 | 3 | 2 of 3 | 88 (1), 90 (1), 44 (1) |",
        "",
    ]


def test_other_notebooks_and_none_at_all(submit, capsys):
    submit("ada", 88, "left")
    assert guesses(submit.root, ["98"]) == []
    main(["--root", str(submit.root), "guesses", "98"])
    assert capsys.readouterr().out == "no guesses found in submitted/\n"
    main(["--root", str(submit.root), "guesses", "99"])
    assert "| rows | 88 | 1 | 1 of 1 | 88 (1) |" in capsys.readouterr().out
