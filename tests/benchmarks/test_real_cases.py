"""The whole command on small fake cases, with a stand-in for the trained network."""

import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import real_cases
from fake_cases import fake_case
from real_data.report import add_groups, report
from real_data.scores import case_scores
from real_data.tables import read_rows, write_rows
from torch import nn

from brainlab.data import find_cases
from brainlab.data.cache import cache_case
from brainlab.recipes import segmentation as recipe

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "real"
REAL = Path(os.environ.get("BRAINLAB_REAL_CASES") or BESIDE) / "brats"
NAMES = ["BraTS-GLI-00001-000", "BraTS-GLI-00002-000"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return two labelled cases and one without labels; every prediction is the truth without its ET."""
    for seed, name in enumerate(NAMES):
        fake_case(tmp_path / "cases", name, seed)
    fake_case(tmp_path / "cases", "BraTS-GLI-00003-000", 3, seg=None)
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path / "home"))

    def predict(model, cases, budget):
        truths = {case.id: recipe.truth_of(case) for case in cases}
        return {name: np.where(truth == 3, 2, truth).astype(np.uint8) for name, truth in truths.items()}

    monkeypatch.setattr(recipe, "predict_cases", predict)
    monkeypatch.setattr(real_cases, "trained_network", lambda *_: (nn.Identity(), "c0de"))
    return tmp_path / "cases"


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["real_cases.py", *map(str, words)])
    real_cases.main()


def test_the_command_measures_every_case_with_every_seed(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    run(monkeypatch, folder, "--budget", "quick", "--seeds", 4, 7, "--out", out)
    rows = read_rows(out / "cases-quick.csv")
    assert [(row["case"], row["seed"]) for row in rows] == [(name, seed) for seed in (4, 7) for name in NAMES]
    assert all(row["WT_dice"] == 1 and row["ET_dice"] == 0 and 0 < row["TC_dice"] < 1 for row in rows)
    assert (out / "worst-quick.png").read_bytes()[1:4] == b"PNG"
    shown = capsys.readouterr().out
    assert "left out  BraTS-GLI-00003-000: it has no segmentation" in shown
    assert "scores Dice 1 if the prediction lacks it too, else 0" in shown
    assert "2 by proxy; proxy: low grade if the true ET is below 5 cm3, which is no diagnosis" in shown
    saved = nib.load(out / "predictions-quick-seed7" / f"{NAMES[0]}.nii.gz")
    truth = nib.load(folder / NAMES[0] / f"{NAMES[0]}-seg.nii.gz")
    np.testing.assert_array_equal(np.asarray(saved.dataobj) > 0, np.asarray(truth.dataobj) > 0)
    np.testing.assert_array_equal(saved.affine, truth.affine)

    table = out / "cases-quick.csv"
    write_rows(table, [{**row, "WT_dice": 0.75} for row in rows])
    words = ("--budget", "quick", "--seeds", 4, "--out", out, "--against", table)  # which it overwrites
    run(monkeypatch, folder, *words)
    assert "+0.250 [+0.250, +0.250]*" in capsys.readouterr().out


def test_a_damaged_case_does_not_stop_the_others(folder, tmp_path, monkeypatch, capsys):
    path = folder / NAMES[0] / f"{NAMES[0]}-seg.nii.gz"
    seg = nib.load(path)
    nib.save(nib.Nifti1Image(np.full(seg.shape, 9, np.uint8), seg.affine), path)
    run(monkeypatch, folder, "--budget", "quick", "--seeds", 0, "--out", tmp_path / "out")
    assert {row["case"] for row in read_rows(tmp_path / "out" / "cases-quick.csv")} == {NAMES[1]}
    assert f"left out  {NAMES[0]}: " in capsys.readouterr().out


def test_without_data_nothing_is_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(real_cases, "trained_network", lambda *_: pytest.fail("trained"))
    run(monkeypatch, tmp_path / "nowhere", "--out", tmp_path / "out")
    assert "does not exist" in capsys.readouterr().out
    fake_case(tmp_path / "cases", seg=None)
    with pytest.raises(SystemExit, match="no labelled case"):
        run(monkeypatch, tmp_path / "cases", "--out", tmp_path / "out")


def test_grades_make_the_groups_of_the_report(folder):
    cases = [case for case in find_cases(folder) if case.has_seg]
    rows = [
        {"case": case.id, "patient": case.patient, "seed": 0, **case_scores(truth, truth, (1, 1, 1))}
        for case in cases
        for truth in [recipe.truth_of(cache_case(case))]
    ]
    known = {NAMES[0].lower(): "high"}
    assert "1 by proxy, 1 by table" in add_groups(rows, cases, known, 5.0)
    assert [row["group"] for row in rows] == ["high grade", "low grade (proxy)"]
    text = report(rows)
    assert "high grade " in text
    assert "low grade (proxy)" in text
    assert "too narrow" in text
    assert "proxy" not in add_groups(rows, cases, known | {NAMES[1].lower(): "low"}, 5.0)


@pytest.mark.slow
@pytest.mark.skipif(
    not REAL.is_dir(), reason="no labelled real cases; set BRAINLAB_REAL_CASES to their folder"
)
def test_real_cases_can_be_read_and_are_graded_by_proxy():
    cases = find_cases(REAL)
    assert len(cases) == 12
    volumes = {case.id: float((case.seg() == 3).sum()) / 1000 for case in cases}  # 1 mm voxels
    little = {name for name, cm3 in volumes.items() if cm3 < 5}
    assert little == {"BraTS2021_01476", "BraTS2021_01483", "Brats18_TCIA10_628_1", "Brats18_TCIA13_623_1"}
