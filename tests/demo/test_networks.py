"""Files of `save_model` are found as networks; any other file gives one clear line."""

import torch
from sending import write_networks

from brainlab.models import AttentionUNet, UNet, load_model, save_model
from brainlab.training.run import save_checkpoint
from demo.networks import find_networks, how_to_train
from demo.places import MODELS, SHIPPED, models_folder, models_folders


def run(folder, model, options=None, **about):
    """Write the folder of a training: best.pt, last.pt and, with options, network.pt."""
    folder.mkdir(parents=True)
    save_checkpoint(folder / "best.pt", model=model.state_dict())
    save_checkpoint(folder / "last.pt", model=model.state_dict(), epoch=3)
    if options is not None:
        save_model(folder / "network.pt", model, options, **about)


def test_networks_of_files_and_of_training_runs(tmp_path):
    write_networks(tmp_path)
    gated = AttentionUNet(width=2)
    run(tmp_path / "first", UNet(width=2), {"width": 2}, pixel_mm=4.0, learnt_from=["a", "b"])
    run(tmp_path / "gated", gated, {"width": 2}, size=96)
    found, problems = find_networks([tmp_path])
    assert problems == []
    table = {n.name: (n.saved.kind, n.channels, n.num_classes, n.segments, n.pixel_mm, n.size) for n in found}
    assert table == {
        "four": ("UNet", 4, 4, True, 2.0, 128),
        "one": ("UNet", 1, 2, True, 2.0, 128),
        "larger": ("SRResNet", 1, 4, False, 2.0, 128),
        "first": ("UNet", 4, 4, True, 4.0, 128),
        "gated": ("AttentionUNet", 4, 4, True, 2.0, 96),
    }
    networks = {network.name: network for network in found}
    assert networks["first"].title == "first (UNet)"
    assert networks["first"].saved.about["learnt_from"] == ["a", "b"]
    built = networks["gated"].saved.build()
    assert not built.training
    torch.testing.assert_close(built.state_dict(), gated.state_dict())
    torch.testing.assert_close(built.state_dict(), load_model(tmp_path / "gated/network.pt").state_dict())


def test_other_files_give_a_line_each(tmp_path):
    (tmp_path / "text.pt").write_text("hello")
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pt")
    torch.save(UNet(width=2).state_dict(), tmp_path / "state.pt")
    torch.save([1], tmp_path / "list.pt")
    run(tmp_path / "unfinished", UNet(width=2))
    run(tmp_path / "cut", UNet(width=2), {"width": 2})
    (tmp_path / "cut" / "network.pt").write_bytes((tmp_path / "cut" / "network.pt").read_bytes()[:1000])
    found, problems = find_networks([tmp_path, tmp_path / "absent"])
    assert found == []
    assert len(problems) == 6
    assert not any("\n" in line or str(tmp_path) in line for line in problems)
    text = "\n".join(problems)
    for part in (
        "text.pt (5 bytes) cannot be read",
        "other.pt holds keys ['a']; expected kind, options and state",
        "state.pt holds keys ",
        "list.pt holds a list",
        "cut/network.pt (1000 bytes)",
        "unfinished holds checkpoints of a training, but no network.pt: brainlab.train writes it at the end",
    ):
        assert part in text


def test_default_and_given_folders(tmp_path, monkeypatch):
    monkeypatch.delenv(MODELS, raising=False)
    monkeypatch.setenv("BRAINLAB_HOME", str(tmp_path))
    assert models_folders() == [models_folder(), SHIPPED]
    assert models_folder() == tmp_path / "models"
    monkeypatch.setenv(MODELS, f"{tmp_path}/a:{tmp_path}/b")
    assert models_folders() == [tmp_path / "a", tmp_path / "b"]
    assert how_to_train(tmp_path).endswith(f"python -m brainlab.train {tmp_path}/unet")
