"""The whole command on small fake X-rays, with a stand-in for the trained network."""

import numpy as np
import pytest
import real_films
from PIL import Image
from real_data.tables import read_rows
from torch import nn

from brainlab.recipes import images as recipe

NAMES = ["CHNCXR_0001_0", "CHNCXR_0002_1", "MCUCXR_0003_0"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return three X-rays with masks and one without; the left half of every picture is predicted."""
    rng = np.random.default_rng(0)
    for number, name in enumerate([*NAMES, "MCUCXR_0004_0"]):
        mask = np.zeros((64, 64), np.uint8)
        mask[:, : 32 >> number] = 255  # a half, a quarter, an eighth
        for part, pixels in (("image", rng.integers(0, 255, (64, 64), np.uint8)), ("mask", mask)):
            if part == "image" or name in NAMES:
                (tmp_path / "cxr" / part).mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(tmp_path / "cxr" / part / f"{name}.png")

    def predict(model, films, batch_size=8):
        masks = np.zeros((len(films), 64, 64), bool)
        masks[:, :, :32] = True
        return masks

    monkeypatch.setattr(recipe, "predict_masks", predict)
    monkeypatch.setattr(real_films, "trained_network", lambda *_: (nn.Identity(), "c0de"))
    return tmp_path / "cxr"


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["real_films.py", *map(str, words)])
    real_films.main()


def test_the_command_measures_each_hospital(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    run(monkeypatch, folder, "--budget", "quick", "--seeds", 0, 1, "--out", out)
    rows = read_rows(out / "films-quick-Dice.csv")
    assert [row["case"] for row in rows] == NAMES * 2, "the X-ray without a mask is not measured"
    assert [row["group"] for row in rows[:3]] == ["CHN", "CHN", "MCU"]
    assert [row["dice"] for row in rows[:3]] == pytest.approx([1, 2 / 3, 2 / 5], abs=1e-5)
    assert [row["jaccard"] for row in rows[:3]] == pytest.approx([1, 1 / 2, 1 / 4], abs=1e-5)
    assert [row["accuracy"] for row in rows[:3]] == pytest.approx([1, 3 / 4, 5 / 8], abs=1e-5)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:3] for line in lines if line[:1] in (["all"], ["CHN"], ["MCU"])] == [
        ["all", "3", "0.792"],
        ["CHN", "2", "0.875"],
        ["MCU", "1", "0.625"],
    ]
    assert (out / "worst-quick-Dice.png").read_bytes()[1:4] == b"PNG"


def test_without_data_nothing_is_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(real_films, "trained_network", lambda *_: pytest.fail("trained"))
    run(monkeypatch, tmp_path / "nowhere")
    assert "does not exist" in capsys.readouterr().out
