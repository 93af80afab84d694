import random

import numpy as np
import pytest
import torch

from brainlab import lab as notebook


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("BRAINLAB_DATA", "BRAINLAB_BUDGET", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)


def test_setup_seeds_and_says_what_it_chose(capsys):
    def draws():
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    lab = notebook.setup(budget="quick", seed=3)
    first = draws()
    notebook.setup(budget="quick", seed=3)
    assert draws() == first
    out, err = capsys.readouterr()
    assert "budget quick · seed 3 · data: the built-in synthetic cohort" in out
    assert err == ""
    assert lab.source == "cohort"


def test_the_data_source_is_one_folder(tmp_path, monkeypatch):
    assert notebook.setup(data=str(tmp_path)).source == str(tmp_path)
    monkeypatch.setenv("BRAINLAB_DATA", str(tmp_path))
    assert notebook.setup().source == str(tmp_path)
    with pytest.raises(FileNotFoundError, match="expected a folder of BraTS cases"):
        notebook.setup(data=str(tmp_path / "nowhere"))


def test_a_path_of_the_student_does_not_stop_the_grading(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert notebook.setup(data="D:/my brains").source == "cohort"


def test_the_cohort_is_asked_for_in_the_size_of_the_budget(monkeypatch):
    asked = []
    monkeypatch.setattr(notebook, "open_cases", lambda *arguments: asked.append(arguments) or [])
    lab = notebook.setup(budget="quick")
    lab.cases, lab.cases  # noqa: B018 - opened once
    lab.open(patients=2, spacing=1)
    assert asked == [(None, lab.budget.patients, lab.budget.spacing), (None, 2, 1)]
