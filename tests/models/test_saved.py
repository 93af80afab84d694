"""Networks in files: the same output after loading, small files, and one message for everything else."""

import os

import pytest
import torch

from brainlab.models import AttentionUNet, Discriminator, ResUNetPlusPlus, RRDBNet, SRResNet, UNet, UNet3Plus
from brainlab.models.saved import SavedModelError, load_model, read_saved, save_model

SMALL_SR = {"num_feat": 4, "num_block": 1}
NETWORKS = [
    (UNet, {"width": 2, "depth": 2, "dilation": (1, 2, 2), "batch_norm": True}, 4),
    (AttentionUNet, {"width": 2, "dropout": 0.1}, 4),
    (UNet3Plus, {"width": 2}, 4),
    (ResUNetPlusPlus, {"width": 2}, 4),
    (SRResNet, SMALL_SR, 1),
    (RRDBNet, {**SMALL_SR, "num_grow_ch": 2, "image_skip": True}, 1),
]


def trained(make, options, channels):
    """A network whose running averages and zero-initialised layers are no longer at their start."""
    torch.manual_seed(0)
    model = make(**options)
    for weight in model.parameters():
        weight.data += 0.05 * torch.randn_like(weight)
    model(torch.randn(2, channels, 32, 32))
    return model.eval()


@pytest.mark.parametrize(("make", "options", "channels"), NETWORKS)
@pytest.mark.parametrize("half", [False, True])
def test_the_same_output_after_loading(tmp_path, make, options, channels, half):
    model = trained(make, options, channels)
    path = save_model(tmp_path / "new" / "net.pt", model, options, half, pixel_mm=2.0)
    loaded = load_model(path)
    assert type(loaded) is make
    assert not loaded.training
    x = torch.randn(1, channels, 32, 32)
    with torch.no_grad():
        ours, theirs = model(x), loaded(x)
    if half:  # no weight is exact, but the output is near
        assert (ours - theirs).abs().max() < 0.02 * ours.abs().max()
        assert not torch.equal(ours, theirs)
        assert all(v.dtype != torch.float16 for v in loaded.state_dict().values())
    else:
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    assert read_saved(path).about == {"pixel_mm": 2.0}
    assert os.listdir(path.parent) == ["net.pt"], "no temporary file is left"


def test_half_is_half_as_large(tmp_path):
    model = UNet(width=8)
    whole, half = (save_model(tmp_path / f"{h}.pt", model, {"width": 8}, h).stat().st_size for h in (0, 1))
    assert half < 0.55 * whole


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = save_model(tmp_path / "net.pt", SRResNet(**SMALL_SR), SMALL_SR)
    before = path.read_bytes()
    monkeypatch.setattr(torch, "save", lambda content, to: to.write_bytes(b"half a fi") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_model(path, SRResNet(**SMALL_SR), SMALL_SR)
    assert path.read_bytes() == before


def test_what_cannot_be_saved(tmp_path):
    path = tmp_path / "net.pt"
    with pytest.raises(SavedModelError, match=r"holds a Discriminator; expected one of UNet, "):
        save_model(path, Discriminator(num_feat=2), {"num_feat": 2})
    with pytest.raises(SavedModelError, match=r"was an option left out\?"):
        save_model(path, UNet(width=4), {})
    with pytest.raises(SavedModelError, match="UNet has no option 'widht'; it has in_channels"):
        save_model(path, UNet(width=4), {"widht": 4})
    model = UNet(width=4)
    model.head.bias.data[0] = torch.nan
    with pytest.raises(SavedModelError, match=r"head.bias is not finite.*diverge"):
        save_model(path, model, {"width": 4})
    model.head.bias.data[0] = 1e5
    with pytest.raises(SavedModelError, match=r"head.bias goes up to 1e\+05, float16 to 65504"):
        save_model(path, model, {"width": 4}, half=True)
    assert not path.exists()
    save_model(path, model, {"width": 4})


class Evil:
    def __reduce__(self):
        return os.system, ("touch was_here",)


def test_what_cannot_be_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.pt"
    with pytest.raises(FileNotFoundError, match=r"no network at .*net.pt: was it trained"):
        load_model(path)
    state = SRResNet(**SMALL_SR).state_dict()
    good = {"kind": "SRResNet", "options": SMALL_SR, "state": state}
    first = "first.0.weight"
    wrong = [
        (state, r"holds keys \['first.0.weight'.*is it a bare state dict or a checkpoint"),
        ([1, 2], "holds a list; expected kind, options and state"),
        ({**good, "kind": "VGG19"}, "holds a VGG19; expected one of UNet"),
        (
            {**good, "options": {"num_feat": 5, "num_block": 1}},
            r"first.0.weight is \(4, 1, 9, 9\)",
        ),
        ({**good, "options": {**SMALL_SR, "scale": 3}}, "no SRResNet can be made with .*scale is 3"),
        (
            {**good, "options": {**SMALL_SR, "num_block": 10**9}},
            "num_block is 1000000000; expected at most 4096",
        ),
        ({**good, "options": {**SMALL_SR, "num_feat": "x"}}, "no SRResNet can be made with"),
        ({**good, "state": {**state, first: 3}}, "first.0.weight is absent in the file"),
        (
            {**good, "state": {**state, "extra": state[first]}},
            r"extra is \(4, 1, 9, 9\) in the file, absent in",
        ),
        ({**good, "state": {**state, first: state[first] / 0}}, "first.0.weight is not finite"),
        ({**good, "about": Evil()}, "holds more than tensors and plain values"),
    ]
    for content, message in wrong:
        torch.save(content, path)
        with pytest.raises(SavedModelError, match=message):
            load_model(path)
    assert not (tmp_path / "was_here").exists(), "nothing in a file runs"
    torch.save(good, path)
    load_model(path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(SavedModelError, match=r"bytes\) cannot be read.*interrupted"):
        load_model(path)
    path.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(SavedModelError, match="not written by torch"):
        load_model(path)
    path.write_bytes(b"")
    with pytest.raises(SavedModelError):
        load_model(path)


def test_a_huge_network_is_refused_before_its_memory_is_asked_for(tmp_path):
    path = tmp_path / "net.pt"
    torch.save({"kind": "UNet", "options": {"width": 4096, "depth": 6}, "state": {}}, path)
    with pytest.raises(SavedModelError, match="is absent in the file"):
        load_model(path)
