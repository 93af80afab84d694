"""Two processes train one model, or one GAN. This file is also the program that `torchrun` starts."""

import json
import os
import shlex
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_gan
import torch
from fake_cases import fake_case
from tiny_training import SETTINGS, Noisy, images, net

from brainlab import train
from brainlab.losses import cross_entropy
from brainlab.models import RRDBNet, read_saved
from brainlab.training import History, esrgan_losses, fit, srgan_losses, train_gan, train_psnr
from brainlab.training.devices import ProcessGroup

pytestmark = pytest.mark.slow

TINY_RUN = shlex.split("--width 2 --size 32 --pixel 1 --epochs 2 --lr 0.01 --device cpu")
PLAIN = replace(SETTINGS, epochs=3, batch_size=2)


def plain(settings, val: int = 7, **options):
    """Without dropout and batch norm two processes are the same as one with batches twice as large."""
    model = net(dropout=0, norm=False)
    history = fit(model, images(12, 0), images(val, 1), cross_entropy, settings, progress=False, **options)
    return model, history


def gan(batch_size: int, train_set=None):
    """Both phases without batch norm; SRGAN's losses are means over the batch."""
    torch.manual_seed(1)
    model = RRDBNet(1, num_feat=4, num_block=1, num_grow_ch=2, image_skip=True)
    settings = replace(tiny_gan.SETTINGS, batch_size=batch_size, epochs=2)
    sets = (train_set or tiny_gan.images(12), tiny_gan.images(3, seed=9), settings)
    train_psnr(model, *sets, progress=False)
    critic = tiny_gan.discriminator(norm=False)
    history = train_gan(model, critic, srgan_losses(tiny_gan.features()), *sets, progress=False)
    return torch.nn.ModuleList([model, critic]), history


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

    def normed_gan(epochs: int, home: Path | None):
        model, critic = tiny_gan.generator(), tiny_gan.discriminator()
        settings = replace(tiny_gan.SETTINGS, epochs=epochs, schedule="constant")
        sets = (tiny_gan.images(), tiny_gan.images(5, seed=9), settings, home)
        history = train_gan(model, critic, esrgan_losses(tiny_gan.features()), *sets, progress=False)
        return torch.nn.ModuleList([model, critic]), history

    keep("gan", *gan(batch_size=2))
    keep("gan unbroken", *normed_gan(3, None))
    normed_gan(1, folder / "gan")
    keep("gan resumed", *normed_gan(3, folder / "gan"))

    share = ProcessGroup.share
    ProcessGroup.share = lambda group, *models: nullcontext()  # the mistake: gradients are not averaged
    keep("alone", *plain(PLAIN))
    keep("gan alone", *gan(batch_size=2))
    ProcessGroup.share = share

    train.main([str(folder / "cli"), "--cases", str(folder / "cases"), *TINY_RUN])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    for patient in range(1, 6):
        fake_case(folder / "cases", f"BraTS-GLI-0000{patient}-000", seed=patient)
    run = torchrun(folder)
    assert run.returncode == 0, run.stderr[-3000:]
    return folder


def torchrun(folder: Path, *options: str) -> subprocess.CompletedProcess:
    root = Path(__file__).parents[2]
    paths = os.pathsep.join(str(path) for path in (root, root / "tests", root / "tests" / "data"))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "BRAINLAB_HOME": str(folder)}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command += [__file__, str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)


def weights(folder: Path, name: str, rank: int) -> torch.Tensor:
    state = torch.load(folder / f"{name}_{rank}.pt", weights_only=True)
    return torch.cat([value.flatten().double() for value in state.values()])


def history(folder: Path, name: str, rank: int) -> History:
    return History(**json.loads((folder / f"{name}_{rank}.json").read_text()))


SHARED = ["plain", "few", "unbroken", "resumed", "gan", "gan unbroken", "gan resumed"]


@pytest.mark.parametrize("name", SHARED)
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


def test_two_processes_train_a_gan_as_one_with_twice_the_batch(folder):
    model, alone = gan(batch_size=4)
    expected = torch.cat([value.flatten().double() for value in model.state_dict().values()])
    torch.testing.assert_close(weights(folder, "gan", 0), expected, rtol=0, atol=1e-4)
    together = history(folder, "gan", 0)
    for tables in ((together.steps, alone.steps), (together.scores, alone.scores)):
        for name, values in tables[1].items():
            if name == "high-frequency ratio":
                continue  # waves have no high frequencies: a ratio of rounding errors
            assert tables[0][name] == pytest.approx(values, abs=1e-4), name


@pytest.mark.parametrize(("name", "least"), [("plain", 1e-2), ("gan", 1e-3)])
def test_without_averaging_they_drift_apart(folder, name, least):
    alone = "alone" if name == "plain" else "gan alone"
    assert (weights(folder, alone, 0) - weights(folder, alone, 1)).abs().max() > least
    assert (weights(folder, alone, 0) - weights(folder, name, 0)).abs().max() > least


def test_each_epoch_is_shared_anew(folder):
    orders = [json.loads((folder / f"order_{rank}.json").read_text()) for rank in (0, 1)]
    for first, second in zip(*orders, strict=True):
        assert sorted(first + second) == list(range(14))
    assert orders[0][0] != orders[0][1]


@pytest.mark.parametrize("prefix", ["", "gan "])
def test_resumed_is_as_unbroken(folder, prefix):
    for rank in (0, 1):  # batch norm and the noise of both processes included
        names = prefix + "resumed", prefix + "unbroken"
        assert torch.equal(*(weights(folder, name, rank) for name in names))
        resumed, unbroken = (replace(history(folder, name, rank), seconds=[]) for name in names)
        assert resumed == unbroken


def test_the_command_line_works_under_torchrun(folder):
    saved = read_saved(folder / "cli" / "network.pt")
    assert len(History.load(folder / "cli")) == 2
    assert saved.build()(torch.zeros(1, 4, 32, 32)).shape == (1, 4, 32, 32)
    assert {part: len(ids) for part, ids in saved.about["cases"].items()} == {"train": 3, "val": 1, "test": 1}


def test_a_diverged_rank_ends_all(tmp_path):
    run = torchrun(tmp_path, "diverge")
    assert run.returncode != 0
    assert "DivergedError: epoch 1, step 1: the generator's loss is nan" in run.stderr


if __name__ == "__main__":
    if sys.argv[2:] == ["diverge"]:
        bad = tiny_gan.images(12)
        bad.tensors[1][0] = float("nan")  # one image, so one rank
        gan(batch_size=6, train_set=bad)
    else:
        program(Path(sys.argv[1]))
