"""Networks are found whatever wrote them, and a file that is none says so in a line."""

import json

import pytest
import torch
from sending import write_networks

from brainlab.models import AttentionUNet, UNet
from brainlab.models.checkpoint import save_checkpoint
from brainlab.models.saved import SavedModelError
from demo.networks import find_networks, how_to_train, unet_of
from demo.places import MODELS, SHIPPED, models_folder, models_folders


def run(folder, model, network=None, **about):
    """A training's folder: best.pt, last.pt and perhaps network.json."""
    folder.mkdir(parents=True)
    save_checkpoint(folder / "best.pt", model=model.state_dict())
    save_checkpoint(folder / "last.pt", model={k: v + 1 for k, v in model.state_dict().items()}, epoch=3)
    if network:
        cases = {"train": ["a"], "val": ["b"], "test": ["c"]}
        text = json.dumps({"network": network, "size": 96, "pixel": 2, "cases": cases, **about})
        (folder / "network.json").write_text(text)


def test_all_that_the_course_writes(tmp_path):
    write_networks(tmp_path)
    run(tmp_path / "first", UNet(width=2), {"name": "unet", "width": 2}, spacing=1.0)
    run(tmp_path / "gated", AttentionUNet(width=2), {"name": "attention_unet", "width": 2}, spacing=2.0)
    run(tmp_path / "bare", UNet(1, 2, width=2, depth=3, bottleneck=False, batch_norm=False))
    torch.save(UNet(width=3, convs=3, up="transposed").state_dict(), tmp_path / "state.pt")
    found, problems = find_networks([tmp_path])
    assert problems == []
    table = {n.name: (n.saved.kind, n.channels, n.segments, n.pixel_mm, list(n.checkpoints)) for n in found}
    assert table == {
        "four": ("UNet", 4, True, 2.0, ["four"]),
        "one": ("UNet", 1, True, 2.0, ["one"]),
        "larger": ("SRResNet", 1, False, 2.0, ["larger"]),
        "state": ("UNet", 4, True, 2.0, ["state"]),
        "first": ("UNet", 4, True, 2.0, ["best", "last"]),
        "gated": ("AttentionUNet", 4, True, 4.0, ["best", "last"]),
        "bare": ("UNet", 1, True, 2.0, ["best", "last"]),
    }
    first = next(n for n in found if n.name == "first")
    assert first.saved.about["learnt_from"] == ["a", "b"]
    best, last = first.load(), first.load("last")
    torch.testing.assert_close(last.head.bias, best.head.bias + 1)
    assert first.title == "first (UNet)"
    assert not best.training


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"in_channels": 1, "num_classes": 2, "width": 3},
        {"depth": 2, "convs": 3},
        {"batch_norm": False},
        {"bottleneck": False},
    ],
)
@pytest.mark.parametrize("kind", [UNet, AttentionUNet])
def test_the_weights_tell_a_unet(kind, options):
    model = kind(**{"width": 2, **options})
    name, guessed = unet_of(model.state_dict())
    assert name == kind.__name__
    {"UNet": UNet, "AttentionUNet": AttentionUNet}[name](**guessed).load_state_dict(model.state_dict())


def test_what_is_no_network_is_told_in_a_line(tmp_path):
    (tmp_path / "text.pt").write_text("hello")
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pt")
    torch.save({"conv.weight": torch.zeros(2, 1, 3, 3)}, tmp_path / "conv.pt")
    torch.save([1], tmp_path / "list.pt")
    run(tmp_path / "cut", UNet(width=2))
    (tmp_path / "cut" / "best.pt").write_bytes((tmp_path / "cut" / "best.pt").read_bytes()[:1000])
    run(tmp_path / "told wrong", UNet(width=2), {"name": "vgg"})
    found, problems = find_networks([tmp_path, tmp_path / "absent"])
    assert found == []
    assert len(problems) == 6
    assert not any("\n" in line or str(tmp_path) in line for line in problems)
    text = "\n".join(problems)
    for part in (
        "text.pt (5 bytes) cannot be read",
        "other.pt: no weights of a U-Net",
        "conv.pt: weights begin with conv.weight",
        "list.pt holds a list",
        "cut/best.pt (1000 bytes)",
        "told wrong/network.json is damaged",
    ):
        assert part in text
    with pytest.raises(SavedModelError, match=r"weights begin with conv.weight; expected those of a U-Net"):
        unet_of({"conv.weight": torch.zeros(2, 1, 3, 3)})


def test_where_they_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.delenv(MODELS, raising=False)
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path))
    assert models_folders() == [models_folder(), SHIPPED]
    assert models_folder() == tmp_path / "models"
    monkeypatch.setenv(MODELS, f"{tmp_path}/a:{tmp_path}/b")
    assert models_folders() == [tmp_path / "a", tmp_path / "b"]
    assert how_to_train(tmp_path).endswith(f"python -m brainlab.train {tmp_path}/unet")
