"""Networks in files: what can be stored, and one message for everything else.

That every network gives the same output after loading is tested in test_every_network.py.
"""

import os

import pytest
import torch

from brainlab.models import AttentionUNet, Discriminator, RRDBNet, SRResNet, UNet
from brainlab.models.saved import SavedModelError, load_model, read_saved, save_model

SMALL_SR = {"num_feat": 4, "num_block": 1}


def test_a_new_folder_is_made_and_no_temporary_file_is_left(tmp_path):
    path = save_model(tmp_path / "new" / "net.pt", SRResNet(**SMALL_SR), SMALL_SR)
    assert os.listdir(path.parent) == ["net.pt"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (UNet, {"width": 2, "depth": 2, "dilation": (1, 2, 2), "bottleneck": True, "up": "plain"}),
        (AttentionUNet, {"width": 2, "dropout": 0.1}),  # passed on to UNet
        (RRDBNet, {**SMALL_SR, "num_grow_ch": 2, "image_skip": True}),
    ],
)
def test_options_of_every_type_survive(tmp_path, kind, options):
    path = save_model(tmp_path / "net.pt", kind(**options), options)
    assert read_saved(path).options == options
    assert type(load_model(path)) is kind


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


def test_more_layers_than_weights_are_refused_at_once(tmp_path):
    path = tmp_path / "net.pt"
    torch.save({"kind": "RRDBNet", "options": {"num_block": 4096}, "state": {}}, path)
    with pytest.raises(SavedModelError, match="many more layers than the file has weights"):
        load_model(path)


@pytest.mark.parametrize(
    "weight_of",
    [
        lambda shape: torch.zeros(1)[0].expand(shape),  # one number in the file, gigabytes when copied
        lambda shape: torch.empty(shape, device="meta"),
    ],
)
def test_weights_that_are_not_in_the_file_are_refused(tmp_path, weight_of):
    path, options = tmp_path / "net.pt", {"width": 1024, "depth": 2, "batch_norm": False}
    with torch.device("meta"):
        shapes = {name: value.shape for name, value in UNet(**options).state_dict().items()}
    state = {name: weight_of(shape) for name, shape in shapes.items()}
    torch.save({"kind": "UNet", "options": options, "state": state}, path)
    assert path.stat().st_size < 100_000
    with pytest.raises(SavedModelError, match="does not store every number"):
        load_model(path)
