"""One experiment from cases to a row of the table, and the command line."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from fake_cases import fake_case
from sklearn.metrics import precision_recall_fscore_support

from brainlab.budgets import STUDY, Budget
from brainlab.data.cache import cache_cases
from brainlab.data.layouts import find_cases
from brainlab.metrics import confusion_matrix
from brainlab.training import load_checkpoint
from studies import __main__ as command
from studies import parts
from studies.run import run_one, score_columns, write_table
from studies.study import experiment
from studies.table import read_table

TINY = Budget("table", patients=6, spacing=1, size=32, pixel=1, width=2, epochs=2, batch_size=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("cases")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRAINLAB_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(parts, "MIN_AREA", 1.0)  # the test cases are small
        for patient in range(1, 7):
            fake_case(root, f"BraTS-GLI-0000{patient}-000", seed=patient)
        yield root


@pytest.fixture(scope="module")
def cases(folder):
    return cache_cases(find_cases(folder), progress=False)


def test_a_run_writes_a_row_and_is_not_repeated(cases, tmp_path, monkeypatch):
    row = run_one(experiment(2), cases, TINY, 1, tmp_path, device="cpu")
    assert json.loads((tmp_path / "row.json").read_text()) == row
    assert (row["number"], row["seed"], row["epochs"], row["budget"]) == (2, 1, 2, "table")
    assert 0 <= row["recall"] <= 1
    assert row["parameters"] == sum(p.numel() for p in parts.make_network(experiment(2), 2).parameters())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.pt",
        "history.csv",
        "history.json",
        "row.json",
    ]
    monkeypatch.setattr(parts, "make_network", None)
    assert run_one(experiment(2), cases, TINY, 1, tmp_path) == row
    with pytest.raises(ValueError, match=r"is of \{'seed': 1\}; expected"):
        run_one(experiment(2), cases, TINY, 2, tmp_path)


def test_equal_seeds_give_equal_runs(cases, tmp_path):
    rows, heads = [], []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        rows.append(
            {**run_one(experiment(2), cases, TINY, seed, tmp_path / name, device="cpu"), "seconds": 0}
        )
        heads.append(load_checkpoint(tmp_path / name / "best.pt")["model"]["head.weight"])
    assert rows[0] == rows[1]
    torch.testing.assert_close(heads[0], heads[1])
    assert not torch.allclose(heads[0], heads[2], rtol=0.01)


def test_a_resumed_run_equals_an_uninterrupted_one(cases, tmp_path, monkeypatch):
    whole = run_one(experiment(13), cases, TINY, 0, tmp_path / "whole", device="cpu")
    real, calls = parts.make_settings, []

    def one_epoch(*arguments):
        calls.append(1)
        return replace(real(*arguments), epochs=1)

    # As after a kill: one complete epoch on disk, no row.
    monkeypatch.setattr(parts, "make_settings", one_epoch)
    monkeypatch.setattr("studies.run.evaluate", stop)
    with pytest.raises(KeyboardInterrupt):
        run_one(experiment(13), cases, TINY, 0, tmp_path / "broken", device="cpu")
    monkeypatch.undo()
    monkeypatch.setattr(parts, "MIN_AREA", 1.0)
    resumed = run_one(experiment(13), cases, TINY, 0, tmp_path / "broken", device="cpu")
    assert {**whole, "seconds": 0} == {**resumed, "seconds": 0}


def stop(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["quick", "table", "full"])
def test_budgets_cover_the_whole_field_of_view(name):
    budget = STUDY[name]
    assert budget.name == name
    assert budget.size * budget.pixel * budget.spacing == 240  # mm


def test_cropped_and_edge_inputs(cases):
    wide, cropped, edges = (parts.make_set(experiment(n), cases, STUDY["table"]) for n in (2, 22, 8))
    assert wide[0][0].shape == (4, 80, 80)
    assert cropped[0][0].shape == (4, 64, 64)
    torch.testing.assert_close(cropped[0][0], wide[0][0][:, 8:-8, 8:-8])
    assert edges[0][0].shape == (5, 80, 80)
    torch.testing.assert_close(edges[0][0][:4], wide[0][0])


def test_scores_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.choice(4, 4000, p=[0.9, 0.02, 0.05, 0.03])
    predicted = np.where(rng.random(4000) < 0.8, truth, rng.integers(4, size=4000))
    columns = score_columns(confusion_matrix(predicted, truth))
    precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, average="macro")
    assert columns["precision"] == pytest.approx(precision, abs=1e-5)
    assert columns["recall"] == pytest.approx(recall, abs=1e-5)
    assert columns["f1"] == pytest.approx(f1, abs=1e-5)
    specificity = [np.mean(predicted[truth != c] != c) for c in range(4)]
    assert columns["specificity"] == pytest.approx(np.mean(specificity), abs=1e-5)
    assert columns["specificity_ET"] == pytest.approx(specificity[3], abs=1e-5)


def test_the_command_completes_the_table(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(command.BUDGETS, "table", TINY)
    common = ["--cases", str(folder), "--folder", str(tmp_path), "--device", "cpu"]
    command.main(["2", *common])
    rows = command.main(["1-2", *common, "--seeds", "0", "3"])
    assert [(row["number"], row["seed"]) for row in rows] == [(1, 0), (1, 3), (2, 0), (2, 3)]
    table = read_table(tmp_path / "runs.csv")
    assert [row["recall"] for row in table] == [row["recall"] for row in rows]
    assert table[0]["data"] == folder.name
    assert capsys.readouterr().out.count("recall") == 5


def test_the_command_lists_the_experiments(capsys):
    command.main(["--list"])
    assert capsys.readouterr().out.count("\n") == 24


def test_an_invalid_number_is_named():
    with pytest.raises(ValueError, match="experiment 'x'; expected a number or a range"):
        command.numbers("x")


def test_no_finished_run_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no finished run in"):
        write_table(tmp_path, tmp_path / "runs.csv")


@pytest.mark.slow
def test_two_processes_share_a_run(folder, tmp_path):
    """Run the command under torchrun with a tiny budget."""
    code = (
        "from studies import __main__ as command, parts; "
        "from brainlab.budgets import Budget; parts.MIN_AREA = 1.0; "
        "command.BUDGETS['table'] = Budget('table', 6, 1, 32, 1, 2, 1, 4); command.main()"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    arguments = ["2", "--cases", str(folder), "--folder", str(tmp_path / "runs"), "--device", "cpu"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    result = subprocess.run(
        [*launch, str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.count("recall") == 1
    (row,) = read_table(tmp_path / "runs" / "runs.csv")
    assert row["processes"] == "2 x cpu"
