"""Two processes train one model. This file is also the program that `torchrun` starts."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fake_cases import fake_case
from tiny_training import SETTINGS, Noisy, images, net

from brainlab import train
from brainlab.losses import cross_entropy
from brainlab.training import History, fit
from brainlab.training.distributed import Team

TINY_RUN = shlex.split("--width 2 --size 32 --pixel 1 --epochs 2 --lr 0.01 --device cpu")
PLAIN = replace(SETTINGS, epochs=3, batch_size=2)


def plain(settings, val: int = 7, **options):
    """Without dropout and batch norm two processes are the same as one with batches twice as large."""
    model = net(dropout=0, norm=False)
    history = fit(model, images(12, 0), images(val, 1), cross_entropy, settings, progress=False, **options)
    return model, history


def program(folder: Path) -> None:
    rank = int(os.environ["RANK"])

    def keep(name: str, model: torch.nn.Module, history: History) -> None:
        torch.save(model.state_dict(), folder / f"{name}_{rank}.pt")
        (folder / f"{name}_{rank}.json").write_text(json.dumps(history.as_dict()))

    def noisy(epochs: int, home: Path | None, data: Noisy | None = None):
        model = net()
        settings = replace(SETTINGS, epochs=epochs, seed=5)
        history = fit(model, data or Noisy(), images(6, 1), cross_entropy, settings, home, progress=False)
        return model, history

    keep("plain", *plain(PLAIN))
    keep("few", *plain(PLAIN, val=1))  # the second process has no validation image
    data = Noisy()
    keep("unbroken", *noisy(4, None, data))
    (folder / f"order_{rank}.json").write_text(json.dumps(data.order))
    noisy(2, folder / "run")
    keep("resumed", *noisy(4, folder / "run"))

    share, Team.share = Team.share, lambda team, model: model  # the mistake: nobody averages the gradients
    keep("alone", *plain(PLAIN))
    Team.share = share

    train.main([str(folder / "cli"), "--cases", str(folder / "cases"), *TINY_RUN])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    for patient in range(1, 6):
        fake_case(folder / "cases", f"BraTS-GLI-0000{patient}-000", seed=patient)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "tests" / "data")])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "BRAINLAB_HOME": str(folder)}
    command = [*torchrun, __file__, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder


def weights(folder: Path, name: str, rank: int) -> torch.Tensor:
    state = torch.load(folder / f"{name}_{rank}.pt", weights_only=True)
    return torch.cat([value.flatten().double() for value in state.values()])


def history(folder: Path, name: str, rank: int) -> History:
    return History(**json.loads((folder / f"{name}_{rank}.json").read_text()))


@pytest.mark.parametrize("name", ["plain", "few", "unbroken", "resumed"])
def test_both_processes_hold_the_same(folder, name):
    assert torch.equal(weights(folder, name, 0), weights(folder, name, 1))
    assert history(folder, name, 0) == history(folder, name, 1)


def test_two_processes_equal_one_with_twice_the_batch(folder):
    model, alone = plain(replace(PLAIN, batch_size=4))
    expected = torch.cat([value.flatten().double() for value in model.state_dict().values()])
    torch.testing.assert_close(weights(folder, "plain", 0), expected, rtol=0, atol=1e-5)
    together = history(folder, "plain", 0)
    assert together.train_loss == pytest.approx(alone.train_loss, abs=1e-5)
    assert together.val_loss == pytest.approx(alone.val_loss, abs=1e-5)
    assert together.regions["WT"] == pytest.approx(alone.regions["WT"], abs=1e-3)


def test_without_averaging_they_drift_apart(folder):
    assert (weights(folder, "alone", 0) - weights(folder, "alone", 1)).abs().max() > 1e-2
    assert (weights(folder, "alone", 0) - weights(folder, "plain", 0)).abs().max() > 1e-2


def test_each_epoch_is_shared_anew(folder):
    orders = [json.loads((folder / f"order_{rank}.json").read_text()) for rank in (0, 1)]
    for first, second in zip(*orders, strict=True):
        assert sorted(first + second) == list(range(14))
    assert orders[0][0] != orders[0][1]


def test_resumed_is_as_unbroken(folder):
    for rank in (0, 1):
        assert torch.equal(weights(folder, "resumed", rank), weights(folder, "unbroken", rank))
        resumed, unbroken = history(folder, "resumed", rank), history(folder, "unbroken", rank)
        assert (
            resumed.train_loss == unbroken.train_loss
        )  # batch norm and the noise of both processes included
        assert resumed.val_loss == unbroken.val_loss


def test_the_command_line_works_under_torchrun(folder):
    network, about = train.load_network(folder / "cli")
    assert len(History.load(folder / "cli")) == 2
    assert network(torch.zeros(1, 4, 32, 32)).shape == (1, 4, 32, 32)
    assert {part: len(ids) for part, ids in about["cases"].items()} == {"train": 3, "val": 1, "test": 1}


if __name__ == "__main__":
    program(Path(sys.argv[1]))
