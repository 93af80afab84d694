"""The U-Net: published numbers of weights, a hand-written forward pass, shapes, gradient and messages."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import AttentionUNet, PyramidPooling, UNet, count_parameters

# Numbers of weights of a published comparison in Keras (width 64, depth 4, 4 classes).
THREE = {"convs": 3, "batch_norm": True}
PUBLISHED = [
    (31_032_516, 4, {}),
    (15_826_116, 4, {"bottleneck": False}),
    (46_774_852, 4, THREE),
    (46_775_428, 5, THREE),
    (22_117_956, 4, {**THREE, "bottleneck": False}),
    (22_118_532, 5, {**THREE, "bottleneck": False}),
    (31_379_716, 4, {"dilation": (2, 3, 4, 4, 8), "up": "plain"}),
]


@pytest.mark.parametrize(("published", "channels", "options"), PUBLISHED)
def test_published_numbers_of_weights(published, channels, options):
    with torch.device("meta"):  # counts need no memory
        model = UNet(channels, 4, width=64, depth=4, **{"batch_norm": False, **options})
    assert count_parameters(model, keras=True) == published


def forward_by_hand(weights, x, padded, up):
    """The U-Net of depth 2 with two convolutions a block, written out, from a state dict."""

    def block(x, name):
        for i in (0, 2):
            w, b = weights[f"{name}.{i}.weight"], weights[f"{name}.{i}.bias"]
            x = F.relu(F.conv2d(x, w, b, padding=int(padded)))
        return x

    def rise(x, name):
        if up == "plain":
            return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        return F.conv_transpose2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride=2)

    def join(skip, x):
        border = (skip.shape[-1] - x.shape[-1]) // 2
        skip = skip[:, :, border : border + x.shape[-2], border : border + x.shape[-1]]
        return torch.cat([skip, x], dim=1)

    fine = block(x, "down.0")
    middle = block(F.max_pool2d(fine, 2), "down.1")
    x = block(F.max_pool2d(middle, 2), "bottom")
    x = block(join(middle, rise(x, "up.0.up")), "up.0.block")
    x = block(join(fine, rise(x, "up.1.up")), "up.1.block")
    return F.conv2d(x, weights["head.weight"], weights["head.bias"])


@pytest.mark.parametrize("up", ["transposed", "plain"])
@pytest.mark.parametrize("padded", [True, False])
def test_forward_equals_the_hand_written_one(padded, up):
    torch.manual_seed(0)
    model = UNet(3, 2, width=2, depth=2, padded=padded, batch_norm=False, up=up)
    x = torch.randn(2, 3, 44, 48)
    torch.testing.assert_close(model(x), forward_by_hand(model.state_dict(), x, padded, up))


@pytest.mark.parametrize("size", [(16, 16), (17, 16), (23, 31), (33, 18)])
@pytest.mark.parametrize("options", [{}, {"bottleneck": False}, {"convs": 1, "up": "plain"}, {"dilation": 2}])
def test_padded_network_keeps_every_size(size, options):
    model = UNet(2, 3, width=2, depth=3, **options)
    assert model(torch.randn(2, 2, *size)).shape == (2, 3, *size)


def test_unpadded_network_of_the_paper():
    model = UNet(1, 2, width=1, padded=False, batch_norm=False, dropout=0.5).eval()
    with torch.no_grad():
        assert model(torch.zeros(1, 1, 572, 572)).shape == (1, 2, 388, 388)


def test_margin_and_valid_sizes_of_a_network():
    model = UNet(width=1, padded=False)
    assert (model.margin, model.valid_size(570)) == (92, (556, 572))
    assert (UNet(width=1).margin, UNet(width=1).valid_size(37)) == (0, (37, 37))


def test_gradient_by_finite_differences():
    torch.manual_seed(0)
    model = UNet(1, 2, width=2, depth=1, convs=1).double()
    x = torch.randn(2, 1, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(model, x)


def test_dropout_works_at_the_bottom_and_only_in_training():
    torch.manual_seed(0)
    model, x = UNet(width=2, depth=2, batch_norm=False, dropout=0.5), torch.randn(1, 4, 16, 16)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_dropout_in_blocks_acts_in_every_block():
    model = UNet(width=2, depth=2, batch_norm=False, dropout=0.4, dropout_in="blocks")
    blocks = [*model.down, model.bottom, *(up.block for up in model.up)]
    for block in blocks:
        assert [type(layer).__name__ for layer in block] == ["Conv2d", "ReLU", "Dropout", "Conv2d", "ReLU"]
        assert block[2].p == 0.4
    assert model.dropout.p == 0  # not twice at the bottom
    assert sum(isinstance(layer, nn.Dropout) and layer.p > 0 for layer in model.modules()) == len(blocks)
    x = torch.randn(1, 4, 16, 16)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_a_dilation_for_each_level_leaves_the_expanding_path_alone():
    model = UNet(width=1, dilation=(2, 3, 4, 5, 8), convs=3)

    def of(block):
        return [layer.dilation[0] for layer in block if isinstance(layer, nn.Conv2d)]

    assert [of(block) for block in (*model.down, model.bottom)] == [[d] * 3 for d in (2, 3, 4, 5, 8)]
    assert all(of(up.block) == [1] * 3 for up in model.up)


@pytest.mark.parametrize("bottleneck", [True, False])
@pytest.mark.parametrize("kind", [UNet, AttentionUNet])
def test_pyramid_pooling_at_the_bottom(kind, bottleneck):
    options = {"width": 2, "depth": 2, "bottleneck": bottleneck}
    torch.manual_seed(0)
    model = kind(**options, pyramid=True).eval()
    plain = kind(**options).eval()
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("pyramid.")})
    x = torch.randn(1, 4, 21, 18)
    with torch.no_grad():
        assert model(x).shape == (1, 4, 21, 18)
        assert not torch.allclose(model(x), plain(x), atol=1e-3)
        model.pyramid.forward = lambda features: features
        torch.testing.assert_close(model(x), plain(x))


def test_dropout_in_an_unknown_place():
    with pytest.raises(ValueError, match=r"dropout_in is 'top'; expected \"bottom\" or \"blocks\""):
        UNet(dropout_in="top")


def test_activations_neither_vanish_nor_explode_at_the_start():
    torch.manual_seed(0)
    model = UNet(width=16, depth=4, batch_norm=False)
    with torch.no_grad():
        assert 0.3 < float(model(torch.randn(1, 4, 64, 64)).std()) < 6


def test_unpadded_network_names_the_nearest_sizes():
    model = UNet(width=2, depth=2, padded=False)
    with pytest.raises(ValueError, match=r"along W size 46 does not fit an unpadded .* expected 44 or 48"):
        model(torch.zeros(1, 4, 44, 46))


@pytest.mark.parametrize("name", ["in_channels", "num_classes", "width", "depth", "convs", "dilation"])
def test_parameters_out_of_range(name):
    with pytest.raises(ValueError, match=f"{name} is 0; expected 1 or more"):
        UNet(**{name: 0})


def stretched(image, size):
    """Bilinear interpolation of (C, h, w) to (C, H, W), one axis after the other, by NumPy."""
    for axis, new in ((1, size[0]), (2, size[1])):
        old = image.shape[axis]
        place = (np.arange(new) + 0.5) * old / new - 0.5  # centres of the new pixels; np.interp clips
        image = np.apply_along_axis(
            lambda line, at=place: np.interp(at, np.arange(len(line)), line), axis, image
        )
    return image


def binned(image, n):
    """Mean of (C, H, W) over n x n bins that cover it; bins may share a row where n does not divide H."""
    _, H, W = image.shape
    out = np.zeros((len(image), n, n))
    for i in range(n):
        for j in range(n):
            rows = slice(i * H // n, math.ceil((i + 1) * H / n))
            columns = slice(j * W // n, math.ceil((j + 1) * W / n))
            out[:, i, j] = image[:, rows, columns].mean(axis=(1, 2))
    return out


@pytest.mark.parametrize("size", [(12, 12), (7, 10), (2, 5)])
def test_pyramid_equals_loops(size):
    torch.manual_seed(0)
    module = PyramidPooling(4, 3, bins=(1, 2, 3, 6), batch_norm=False).double()
    x = torch.randn(2, 4, *size, dtype=torch.float64)
    got = module(x).detach().numpy()
    for image, made in zip(x.numpy(), got, strict=True):
        parts = [image]
        for n, level in zip((1, 2, 3, 6), module.levels, strict=True):
            weight, bias = level.weight.detach().numpy()[:, :, 0, 0], level.bias.detach().numpy()
            pooled = np.einsum("kc,cij->kij", weight, binned(image, n)) + bias[:, None, None]
            parts.append(stretched(pooled.clip(min=0), size))
        mix = module.mix[0]
        expected = np.einsum("kc,cij->kij", mix.weight.detach().numpy()[:, :, 0, 0], np.concatenate(parts))
        expected = (expected + mix.bias.detach().numpy()[:, None, None]).clip(min=0)
        np.testing.assert_allclose(made, expected, atol=1e-12)


def test_pyramid_keeps_the_channels_unless_told():
    assert PyramidPooling(8)(torch.randn(2, 8, 5, 6)).shape == (2, 8, 5, 6)
    assert PyramidPooling(8, 3, bins=(1, 4))(torch.randn(2, 8, 5, 6)).shape == (2, 3, 5, 6)


def test_pyramid_trains_on_a_batch_of_one():
    module = PyramidPooling(8)  # batch normalisation of the 1 x 1 level would refuse
    module(torch.randn(1, 8, 4, 4)).square().sum().backward()
    assert all(weight.grad is not None for weight in module.parameters())


def test_pyramid_gradient_by_finite_differences():
    torch.manual_seed(0)
    module = PyramidPooling(2, bins=(1, 2), batch_norm=False).double()
    x = torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": ()}, "bins is empty; expected one number or more"),
        ({"bins": (1, 0)}, r"bins\[1\] is 0; expected 1 or more"),
        ({"in_channels": 0}, "in_channels is 0; expected 1 or more"),
    ],
)
def test_pyramid_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        PyramidPooling(**{"in_channels": 4, **options})
