"""A network is trained once and kept; code that has changed since is seen."""

import shutil
from pathlib import Path

import pytest
import torch
from real_data import networks
from real_data.networks import kept_network, training_code

from brainlab.models import UNet

OPTIONS = {"width": 4, "depth": 2}


class Trainer:
    """Stands in for a training; counts its calls and the files that it finds."""

    def __init__(self):
        self.found = []

    def __call__(self, folder):
        self.found.append(sorted(path.name for path in folder.iterdir()))
        (folder / "last.pt").write_text("an epoch")
        torch.manual_seed(len(self.found))
        return UNet(**OPTIONS)


def weights(model):
    return torch.cat([value.ravel() for value in model.state_dict().values() if value.is_floating_point()])


@pytest.fixture
def code(monkeypatch):
    """Let the test say what the code is."""
    current = ["1" * 8]
    monkeypatch.setattr(networks, "training_code", lambda: current[0])
    return current


def test_the_second_call_reads_the_network(tmp_path, code, capsys):
    train = Trainer()
    first, trained_with = kept_network(tmp_path / "a", train, OPTIONS)
    second, again = kept_network(tmp_path / "a", train, OPTIONS)
    assert len(train.found) == 1
    assert torch.equal(weights(first), weights(second))
    assert trained_with == again == code[0]
    assert not second.training
    assert capsys.readouterr().out == ""


def test_other_code_is_told_and_retrain_starts_over(tmp_path, code, capsys):
    train = Trainer()
    kept_network(tmp_path, train, OPTIONS)
    code[0] = "2" * 8
    _, trained_with = kept_network(tmp_path, train, OPTIONS)
    assert (len(train.found), trained_with) == (1, "1" * 8)
    assert "was trained with other code (11111111, now 22222222)" in capsys.readouterr().out
    _, trained_with = kept_network(tmp_path, train, OPTIONS, retrain=True)
    assert train.found == [["code.txt"], ["code.txt"]], "nothing of the old run is left"
    assert trained_with == "2" * 8


@pytest.mark.parametrize(("new_code", "found"), [("1" * 8, ["code.txt", "last.pt"]), ("2" * 8, ["code.txt"])])
def test_a_broken_training_goes_on_with_the_same_code_only(tmp_path, code, new_code, found):
    def killed(folder):
        (folder / "last.pt").write_text("an epoch")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept_network(tmp_path, killed, OPTIONS)
    code[0], train = new_code, Trainer()
    assert kept_network(tmp_path, train, OPTIONS)[1] == new_code
    assert train.found == [found]


def test_the_code_is_that_of_data_and_training_only(tmp_path):
    library = tmp_path / "brainlab"
    shutil.copytree(Path(networks.brainlab.__file__).parent, library, ignore=shutil.ignore_patterns("*.npz"))
    before = training_code(library)
    assert before == training_code(), "it does not depend on the folder"
    for name, same in (("view/colours.py", True), ("synth/phantom/tumour.py", False), ("budgets.py", False)):
        with (library / name).open("a") as stream:
            stream.write("\nX = 1\n")
        assert (training_code(library) == before) is same, name
        before = training_code(library)
