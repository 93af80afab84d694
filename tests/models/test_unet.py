"""The U-Net: published numbers of weights, a hand-written forward pass, shapes, gradient and messages."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import AttentionUNet, UNet, count_parameters

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


def test_channels_last_gives_the_same():
    torch.manual_seed(0)
    model, x = UNet(width=4, depth=3).eval(), torch.randn(2, 4, 27, 32)
    with torch.no_grad():
        expected = model(x)
        model = model.to(memory_format=torch.channels_last)
        torch.testing.assert_close(
            model(x.to(memory_format=torch.channels_last)), expected, atol=1e-5, rtol=1e-5
        )


def test_images_of_a_batch_do_not_mix():
    torch.manual_seed(0)
    model, x = UNet(width=2, depth=2).eval(), torch.randn(3, 4, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(model(x)[1:2], model(x[1:2]), atol=1e-5, rtol=1e-5)


def test_gradient_by_finite_differences():
    torch.manual_seed(0)
    model = UNet(1, 2, width=2, depth=1, convs=1).double()
    x = torch.randn(2, 1, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(model, x)


def test_every_weight_learns():
    model = UNet(width=2, depth=2)
    model(torch.randn(2, 4, 16, 16)).square().mean().backward()
    assert all(weight.grad is not None for weight in model.parameters())


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


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 32, 32), r"shape \(4, 32, 32\); expected \(B, 4, H, W\): a single image\? Add a batch axis"),
        ((1, 32, 32, 4), r"shape \(1, 32, 32, 4\); expected \(B, 4, H, W\): are the channels last"),
        ((1, 3, 32, 32), r"shape \(1, 3, 32, 32\); expected \(B, 4, H, W\): which modalities"),
        ((32, 32), r"shape \(32, 32\); expected \(B, 4, H, W\)"),
        ((1, 4, 3, 32), r"shape \(1, 4, 3, 32\), and along H size 3 does not fit .* at least 4"),
    ],
)
def test_wrong_input_is_named(shape, message):
    with pytest.raises(ValueError, match=message):
        UNet(width=2, depth=2)(torch.zeros(shape))


def test_unpadded_network_names_the_nearest_sizes():
    model = UNet(width=2, depth=2, padded=False)
    with pytest.raises(ValueError, match=r"along W size 46 does not fit an unpadded .* expected 44 or 48"):
        model(torch.zeros(1, 4, 44, 46))


def test_wrong_types_are_named():
    with pytest.raises(TypeError, match=r"input is a ndarray; expected a tensor"):
        UNet(width=2)(np.zeros((1, 4, 32, 32), np.float32))
    with pytest.raises(ValueError, match=r"input is torch.int16; expected floating point"):
        UNet(width=2)(torch.zeros(1, 4, 32, 32, dtype=torch.int16))


@pytest.mark.parametrize("name", ["in_channels", "num_classes", "width", "depth", "convs", "dilation"])
def test_parameters_out_of_range(name):
    with pytest.raises(ValueError, match=f"{name} is 0; expected 1 or more"):
        UNet(**{name: 0})
