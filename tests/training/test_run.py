import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_training import SETTINGS, Noisy, images, net, train
from torch import nn

from brainlab.losses import cross_entropy
from brainlab.training import History, fit
from brainlab.training.run import CheckpointError, load_checkpoint, load_weights, save_checkpoint

PROGRAM = Path(__file__).with_name("tiny_training.py")


def killed(folder, *arguments: str) -> None:
    command = [sys.executable, PROGRAM, folder, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])}
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert run.returncode == -signal.SIGKILL, run.stderr


def same_run(first, second) -> None:
    (model, history), (other, other_history) = first, second
    assert numbers(history) == numbers(other_history)
    for name, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def numbers(history: History) -> dict:
    return {name: value for name, value in history.as_dict().items() if name != "seconds"}


def same_files(folder: Path, other: Path) -> None:
    for name in ("best.pt", "last.pt"):
        assert plain(load_checkpoint(folder / name)) == plain(load_checkpoint(other / name))


def plain(state):
    """Tensors as lists, so that `==` compares to the last bit; without the times."""
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items() if key != "seconds"}
    if isinstance(state, list | tuple):
        return [plain(value) for value in state]
    return state.tolist() if isinstance(state, torch.Tensor) else state


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("unbroken")


@pytest.fixture(scope="module")
def unbroken(home):
    return train(home)


@pytest.mark.parametrize("how", [["3"], ["3", "write"]], ids=["between two steps", "while writing last.pt"])
def test_killed_and_resumed_is_as_unbroken(tmp_path, unbroken, home, how):
    killed(tmp_path, *how)
    assert len(load_checkpoint(tmp_path / "last.pt")["history"]["seconds"]) == 3
    data = Noisy()
    resumed = train(tmp_path, data)
    assert len(data.order) == 2  # the three finished epochs are not trained again
    same_run(resumed, unbroken)
    same_files(tmp_path, home)
    assert unbroken[1].best_epoch == 0  # the best weights are older than the kill
    assert unbroken[1].lr[:3] == [0.05, 0.05, 0.025]  # and the schedule has something to remember
    assert (tmp_path / "history.csv").read_text().count("\n") == 1 + SETTINGS.epochs
    assert len(list(tmp_path.glob("*.part"))) <= 1  # SIGKILL leaves the half of a file under another name


def test_killed_in_the_first_epoch_starts_again(tmp_path, unbroken):
    killed(tmp_path, "0")
    assert not list(tmp_path.iterdir())
    same_run(train(tmp_path), unbroken)


def test_finished_run_comes_back_without_training(tmp_path, unbroken):
    train(tmp_path)
    data = Noisy()
    same_run(train(tmp_path, data), unbroken)
    assert data.order == []


def test_more_epochs_go_on_from_the_last_one(tmp_path):
    def longer(folder, *lengths):
        model = net()
        for epochs in lengths:
            settings = replace(SETTINGS, epochs=epochs)
            history = fit(
                model, Noisy(), images(6, 1, contrary=True), cross_entropy, settings, folder, progress=False
            )
        return model, history

    same_run(longer(tmp_path / "a", 2, 4), longer(tmp_path / "b", 4))


def test_resume_false_starts_over(tmp_path, unbroken):
    train(tmp_path)
    data = Noisy()
    same_run(train(tmp_path, data, resume=False), unbroken)
    assert len(data.order) == SETTINGS.epochs


def test_best_checkpoint_holds_the_weights_left_in_the_model(tmp_path):
    model, history = train(tmp_path)
    other = net()
    load_weights(other, tmp_path / "best.pt")
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True)
    )
    last = load_checkpoint(tmp_path / "last.pt")["model"]
    assert history.best_epoch == 0
    assert any(not torch.equal(value, last[name]) for name, value in model.state_dict().items())


def test_truncated_checkpoint_says_so(tmp_path):
    train(tmp_path)
    path = tmp_path / "last.pt"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(CheckpointError, match=r"last.pt \(3000 bytes\) cannot be read.*interrupted"):
        train(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"0 bytes"):
        train(tmp_path)


class Dangerous:
    def __reduce__(self):
        return (print, ("code from a checkpoint ran",))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("content", ["pickle", "torch", "text"])
def test_a_file_with_objects_is_refused(tmp_path, capfd, content):
    path = tmp_path / "last.pt"
    if content == "torch":
        torch.save({"model": Dangerous()}, path)
    elif content == "pickle":
        path.write_bytes(pickle.dumps(Dangerous()))
    else:
        path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(CheckpointError, match="expected"):
        train(tmp_path)
    assert "code from" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("state", "found"), [({"epoch": 3}, r"keys \['epoch'\]"), (torch.ones(3), "a Tensor")]
)
def test_foreign_checkpoint_says_what_it_holds(tmp_path, state, found):
    torch.save(state, tmp_path / "last.pt")
    with pytest.raises(CheckpointError, match=f"{found}; expected 'brainlab checkpoint 2'"):
        train(tmp_path)


def test_other_network_names_the_first_difference(tmp_path):
    train(tmp_path)
    wide = nn.Sequential(nn.Conv2d(4, 12, 3, padding=1), nn.BatchNorm2d(12))
    with pytest.raises(CheckpointError, match=r"0.weight is \(6, 4, 3, 3\) there and \(12, 4, 3, 3\) here"):
        fit(wide, Noisy(), images(6, 1, contrary=True), cross_entropy, SETTINGS, tmp_path, progress=False)


@pytest.mark.parametrize(
    ("settings", "data", "loss", "message"),
    [
        (replace(SETTINGS, lr=0.01), 14, cross_entropy, "lr was 0.05 and is 0.01 now.*resume=False"),
        (SETTINGS, 13, cross_entropy, "training images was 14 and is 13"),
        (SETTINGS, 14, nn.CrossEntropyLoss(), "loss was cross_entropy and is CrossEntropyLoss"),
    ],
)
def test_other_run_in_the_folder_is_not_continued(tmp_path, settings, data, loss, message):
    train(tmp_path)
    with pytest.raises(CheckpointError, match=message):
        fit(net(), Noisy(data), images(6, 1, contrary=True), loss, settings, tmp_path, progress=False)


def test_missing_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at .*best.pt"):
        load_weights(net(), tmp_path / "best.pt")


def test_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run" / "last.pt"
    save_checkpoint(path, epoch=1)

    def full(state, file):
        Path(file).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(path, epoch=2)
    assert load_checkpoint(path)["epoch"] == 1
