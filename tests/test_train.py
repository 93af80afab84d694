import itertools
import shlex

import pytest
import torch
from fake_cases import fake_case

from brainlab import budgets, train
from brainlab.models import read_saved
from brainlab.training import CheckpointError

ARGUMENTS = shlex.split("--width 2 --size 32 --pixel 1 --batch-size 4 --lr 0.01 --device cpu --quiet")


@pytest.fixture
def cases(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path / "home"))
    for patient in range(1, 6):
        fake_case(tmp_path / "cases", f"BraTS-GLI-0000{patient}-000", seed=patient)
    fake_case(tmp_path / "cases", "BraTS-GLI-00006-000", seg=None)  # nothing to learn from
    return ["--cases", str(tmp_path / "cases")]


def test_trains_resumes_and_loads(tmp_path, cases, capsys):
    run = tmp_path / "run"
    assert len(train.main([str(run), *cases, *ARGUMENTS, "--epochs", "1"])) == 1
    history = train.main([str(run), *cases, *ARGUMENTS, "--epochs", "3", "--augment"])
    assert len(history) == 3
    assert capsys.readouterr().out == ""
    saved = read_saved(run / "network.pt")
    network, about = saved.build(), saved.about
    best = torch.load(run / "best.pt", weights_only=True)["model"]
    assert all(torch.equal(value, best[name]) for name, value in network.state_dict().items())
    assert not network.training
    assert saved.options == {"width": 2}
    assert (about["size"], about["pixel"]) == (32, 1)
    assert about["pixel_mm"] == about["pixel"] * about["spacing"]
    assert about["modalities"] == ["t1n", "t1c", "t2w", "t2f"]
    assert about["learnt_from"] == about["cases"]["train"] + about["cases"]["val"]
    parts = about["cases"].values()
    assert sorted(itertools.chain(*parts)) == [f"BraTS-GLI-0000{patient}-000" for patient in range(1, 6)]


def test_another_network_needs_another_folder(tmp_path, cases):
    train.main([str(tmp_path / "run"), *cases, *ARGUMENTS, "--epochs", "1"])
    other = [str(tmp_path / "run"), *cases, *ARGUMENTS, "--epochs", "2", "--network", "AttentionUNet"]
    with pytest.raises(CheckpointError, match="is of another network"):
        train.main(other)
    assert len(train.main([*other, "--restart"])) == 2


def test_says_what_it_trains_on(tmp_path, cases, capfd):
    arguments = [argument for argument in ARGUMENTS if argument != "--quiet"]
    train.main([str(tmp_path / "run"), *cases, *arguments, "--epochs", "1", "--no-test", "--min-area", "1"])
    out = capfd.readouterr().out
    assert "UNet:" in out
    assert "slices of 4 cases to train" in out
    assert "epoch 1/1" in out


def test_the_cohort_has_the_voxels_of_the_budget(tmp_path, monkeypatch):
    asked = []

    def stop(*arguments):
        asked.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "open_cases", stop)
    for budget in ("quick", "lesson"):
        with pytest.raises(KeyboardInterrupt):
            train.main([str(tmp_path), "--budget", budget, "--device", "cpu"])
    # A window of 96 pixels of 1 mm would cut the head, so quick needs its 2 mm.
    quick, lesson = (budgets.BUDGETS[name] for name in ("quick", "lesson"))
    assert asked == [(None, quick.patients, quick.spacing), (None, lesson.patients, lesson.spacing)]
    assert quick.spacing != lesson.spacing
