"""What every network of `models.ALL` has in common; what is special about one is tested in its own file.

A network that is entered in `brainlab/models/networks.py` is tested here without a change.
"""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
import torch
from torch import nn

from brainlab import models
from brainlab.models import ALL, ENLARGING, SEGMENTING, count_parameters, load_model, read_saved, save_model

# Small values of the parameters that decide on the size of a network, by name.
SMALL = {"width": 8, "num_feat": 4, "num_block": 1, "num_grow_ch": 2}
OTHER = {"Discriminator"}  # a network whose output is no image

every_network = pytest.mark.parametrize("name", ALL)
segmenting = pytest.mark.parametrize("name", SEGMENTING)


def parameters(network):
    return inspect.signature(network).parameters


def small_options(name):
    return {key: value for key, value in SMALL.items() if key in parameters(ALL[name])}


def small(name, seed=0, **options):
    torch.manual_seed(seed)
    return ALL[name](**small_options(name), **options)


def images(model, batch=2, size=(32, 40)):
    return torch.randn(batch, model.in_channels, *size, generator=torch.Generator().manual_seed(1))


def trained(name):
    """A small network in evaluation mode, its running averages no longer 0 and 1, no layer still at 0."""
    model = small(name)
    for weight in model.parameters():
        weight.data += 0.05 * torch.randn_like(weight)
    for _ in range(3):
        model(images(model))
    return model.eval()


def test_no_network_is_left_out():
    for file in pkgutil.iter_modules(models.__path__):
        module = importlib.import_module(f"brainlab.models.{file.name}")
        for name, network in inspect.getmembers(module, inspect.isclass):
            if not issubclass(network, nn.Module) or network.__module__ != module.__name__ or name in OTHER:
                continue
            arguments = parameters(network).values()
            optional = all(p.default is not p.empty or p.kind is p.VAR_KEYWORD for p in arguments)
            if "in_channels" in parameters(network) and optional and not name.startswith("_"):
                assert ALL.get(name) is network, (
                    f"{name} is defined in models/{file.name}.py but not in models.ALL: "
                    "enter it in models/networks.py"
                )


@every_network
def test_names_are_those_of_the_classes(name):
    assert ALL[name].__name__ == name
    assert getattr(models, name) is ALL[name]
    assert name in models.__all__


@segmenting
@pytest.mark.parametrize("size", [(32, 32), (33, 47)])
def test_logits_have_the_size_of_the_images(name, size):
    model = small(name, in_channels=3, num_classes=5)
    assert model(images(model, size=size)).shape == (2, 5, *size)


@pytest.mark.parametrize("name", ENLARGING)
def test_images_are_enlarged_by_the_scale_or_to_the_target_size(name):
    model = small(name, in_channels=2, scale=2)
    x = images(model, size=(9, 12))
    assert model(x).shape == (2, 2, 18, 24)
    assert model(x, (25, 30)).shape == (2, 2, 25, 30)


@every_network
def test_every_weight_learns(name):
    learned = set()
    for seed in range(3):  # in a small network a ReLU may be dead from the start
        model = small(name, seed)
        model(images(model)).square().mean().backward()
        for weight_name, weight in model.named_parameters():
            assert weight.grad is not None, weight_name
            assert weight.grad.isfinite().all(), weight_name
            if weight.ndim == 1 or weight.grad.any():  # batch norm makes some biases redundant
                learned.add(weight_name)
    assert learned == {weight_name for weight_name, _ in model.named_parameters()}


@every_network
def test_images_of_a_batch_do_not_mix(name):
    model = trained(name).double()
    x = images(model, 3).double()
    with torch.no_grad():
        torch.testing.assert_close(model(x)[1:2], model(x[1:2]))


@every_network
def test_channels_last_gives_the_same(name):
    model = trained(name).double()
    x = images(model).double()
    with torch.no_grad():
        expected = model(x)
        model = model.to(memory_format=torch.channels_last)
        torch.testing.assert_close(model(x.to(memory_format=torch.channels_last)), expected)


@every_network
def test_the_same_output_after_saving_and_loading(name, tmp_path):
    model = trained(name)
    path = save_model(tmp_path / "net.pt", model, small_options(name), pixel_mm=2.0)
    loaded = load_model(path)
    assert type(loaded) is ALL[name]
    assert not loaded.training
    assert count_parameters(loaded) == count_parameters(model) > 0
    x = images(model)
    with torch.no_grad():
        torch.testing.assert_close(loaded(x), model(x), rtol=0, atol=0)
    assert read_saved(path).about == {"pixel_mm": 2.0}


@every_network
def test_half_precision_is_near(name, tmp_path):
    model = trained(name)
    loaded = load_model(save_model(tmp_path / "net.pt", model, small_options(name), half=True))
    assert all(weight.dtype != torch.float16 for weight in loaded.state_dict().values())
    x = images(model)
    with torch.no_grad():
        ours, theirs = model(x), loaded(x)
    assert 0 < (ours - theirs).abs().max() < 0.02 * ours.abs().max()


@every_network
def test_wrong_input_is_named(name):
    model = small(name)
    C = model.in_channels
    for shape, message in [
        (
            (C, 32, 32),
            rf"shape \({C}, 32, 32\); expected \(B, {C}, H, W\): a single image\? Add a batch axis",
        ),
        ((1, 32, 32, C), rf"shape \(1, 32, 32, {C}\); expected \(B, {C}, H, W\): are the channels last"),
        ((1, C + 1, 32, 31), rf"shape \(1, {C + 1}, 32, 31\); expected \(B, {C}, H, W\): which modalities"),
        ((32, 32), rf"shape \(32, 32\); expected \(B, {C}, H, W\): is an axis missing"),
    ]:
        with pytest.raises(ValueError, match=message):
            model(torch.zeros(shape))
    with pytest.raises(TypeError, match=r"input is a ndarray; expected a tensor"):
        model(np.zeros((1, C, 32, 32), np.float32))
    with pytest.raises(ValueError, match=r"input is torch.int16; expected floating point"):
        model(torch.zeros(1, C, 32, 32, dtype=torch.int16))


@segmenting
def test_too_small_an_image_is_named(name):
    model = small(name)
    with pytest.raises(
        ValueError, match=r"shape \(1, 4, 32, 1\), and along W size 1 does not fit .* at least"
    ):
        model(torch.zeros(1, 4, 32, 1))
