"""VGG19's features: names and counts of torchvision, without it; weights from a file or fetched."""

import hashlib
import urllib.error

import pytest
import torch
import torch.nn.functional as F

from brainlab.models import count_parameters
from brainlab.models import features as vgg
from brainlab.models.features import VGG19Features, vgg19_layers

# Numbers of the convolutions in torchvision's `vgg19().features`, and their channels.
INDEX = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]


def random_weights(layer="conv2_1"):
    torch.manual_seed(0)
    state = {f"features.{name}": value for name, value in vgg19_layers(layer).state_dict().items()}
    return state | {"classifier.0.weight": torch.zeros(1)}  # later layers are in the file as well


@pytest.fixture
def file(tmp_path):
    torch.save(random_weights(), tmp_path / "vgg.pt")
    return tmp_path / "vgg.pt"


def test_layers_are_numbered_and_counted_as_in_torchvision():
    with torch.device("meta"):
        layers = vgg19_layers("conv5_4", before_activation=False)
    assert [int(name.split(".")[0]) for name in layers.state_dict() if name.endswith("weight")] == INDEX
    assert count_parameters(layers) == 20_024_384  # published: 143,667,240 with the classifier's 123,642,856
    assert len(layers) == 36


@pytest.mark.parametrize(
    ("layer", "last"), [("conv1_1", 0), ("conv2_2", 7), ("conv3_4", 16), ("conv5_4", 34)]
)
def test_before_the_activation_stops_at_the_convolution(layer, last):
    with torch.device("meta"):
        before, after = vgg19_layers(layer), vgg19_layers(layer, before_activation=False)
    assert len(before) == last + 1
    assert isinstance(before[-1], torch.nn.Conv2d)
    assert isinstance(after[-1], torch.nn.ReLU)


def test_features_by_hand_from_a_file(file):
    state, x = random_weights(), torch.rand(2, 3, 17, 20)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (vgg.MEAN, vgg.STD))
    y = (x - mean) / std
    for i, pool in ((0, False), (2, True), (5, False)):
        y = F.conv2d(y, state[f"features.{i}.weight"], state[f"features.{i}.bias"], padding=1)
        if i < 5:
            y = y.relu()
        y = F.max_pool2d(y, 2) if pool else y
    features = VGG19Features("conv2_1", weights=file)
    torch.testing.assert_close(features(x), y)
    torch.testing.assert_close(VGG19Features("conv2_1", False, file)(x), y.relu())
    assert set(features.state_dict()) == {n for n in state if n.startswith("features")}


def test_one_channel_is_repeated(file):
    features, x = VGG19Features("conv2_1", weights=file), torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(features(x), features(x.repeat(1, 3, 1, 1)))


def test_weights_are_frozen_and_the_image_has_a_gradient(file):
    features, x = VGG19Features("conv2_1", weights=file), torch.rand(1, 1, 16, 16, requires_grad=True)
    features(x).square().mean().backward()
    assert x.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in features.parameters())


def test_is_torchvisions(file):
    torchvision = pytest.importorskip("torchvision")
    theirs = torchvision.models.vgg19(weights=None)
    features = vgg19_layers()
    features.load_state_dict(theirs.features[:35].state_dict())
    x = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(features(x), theirs.features[:35](x))


def test_the_download_compares_the_checksum(monkeypatch):
    asked = {}

    def fetch(url, **options):
        asked.update(url=url, **options)
        return random_weights()

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    VGG19Features("conv2_1")
    assert asked["url"].endswith("/vgg19-dcbb9e9d.pth")
    assert asked["check_hash"]
    assert asked["weights_only"]


def test_offline_one_line_names_the_way_out(monkeypatch):
    def fetch(url, **options):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    with pytest.raises(ConnectionError) as caught:
        VGG19Features("conv2_1")
    message = str(caught.value)
    assert "\n" not in message
    for part in ("cannot be fetched", "weights=<path of vgg19-dcbb9e9d.pth>", "UNetFeatures"):
        assert part in message


def test_a_file_under_torchvisions_name_must_have_its_checksum(tmp_path, monkeypatch):
    path = tmp_path / "vgg19-dcbb9e9d.pth"
    torch.save(random_weights(), path)
    with pytest.raises(ValueError, match=r"has the checksum \w{8}; expected dcbb9e9d: was the download int"):
        VGG19Features("conv2_1", weights=path)
    monkeypatch.setattr(vgg, "CHECKSUM", hashlib.sha256(path.read_bytes()).hexdigest()[:8])
    VGG19Features("conv2_1", weights=path)


def test_errors_say_what_to_do(file, tmp_path):
    with pytest.raises(ValueError, match="layer is 'conv6_1'; expected 'conv1_1' to 'conv5_4'"):
        VGG19Features("conv6_1", weights=file)
    with pytest.raises(ValueError, match=r"features.7.weight is absent in the weights; expected \(128, 128"):
        VGG19Features("conv2_2", weights=file)
    with pytest.raises(ValueError, match=r"does not exist; expected vgg19-dcbb9e9d\.pth"):
        VGG19Features("conv2_1", weights=tmp_path / "none.pth")
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match="cannot be read as weights; expected a state dict: is it whole"):
        VGG19Features("conv2_1", weights=file)


@pytest.mark.parametrize("shape", [(1, 2, 16, 16), (1, 16, 16), (1, 1, 15, 16)])
def test_images_that_do_not_fit_are_refused(file, shape):
    with pytest.raises(ValueError, match=r"expected \(B, 1, H, W\) or \(B, 3, H, W\) of 16 pixels or more"):
        VGG19Features("conv2_1", weights=file)(torch.rand(shape))
