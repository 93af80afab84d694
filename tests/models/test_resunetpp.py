"""ResUNet++: the published number of weights, each part against a slow one, and the whole by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import ASPP, ResUNetPlusPlus, count_parameters
from brainlab.models.resunetpp import AttentionBlock, ResidualBlock, SqueezeExcite


def test_published_number_of_weights():
    with torch.device("meta"):
        model = ResUNetPlusPlus(4, 4, width=16)
    assert count_parameters(model, keras=True) == 4_092_868


def with_averages(model, *inputs):
    """Move the running averages of batch normalisation away from 0 and 1, then evaluate."""
    for _ in range(3):
        model(*inputs)
    return model.eval()


def squeeze_excite(weights, name, x):
    """Channel by channel, in loops, from a state dict."""
    first, second = weights[f"{name}.squeeze.weight"], weights[f"{name}.excite.weight"]
    out = x.clone()
    for b in range(len(x)):
        mean = [float(channel.mean()) for channel in x[b]]
        inner = [
            max(sum(float(w) * m for w, m in zip(row[:, 0, 0], mean, strict=True)), 0.0) for row in first
        ]
        for c, row in enumerate(second):
            q = sum(float(w) * v for w, v in zip(row[:, 0, 0], inner, strict=True))
            out[b, c] *= 1 / (1 + math.exp(-q))
    return out


def norm_relu_conv(weights, name, i, x, stride=1):
    """Batch normalisation by its averages (entry i of a sequence), ReLU, convolution (entry i + 2)."""
    w = {key: weights[f"{name}.{i}.{key}"] for key in ("weight", "bias", "running_mean", "running_var")}
    scale = w["weight"] / (w["running_var"] + 1e-5).sqrt()
    x = (x - w["running_mean"][:, None, None]) * scale[:, None, None] + w["bias"][:, None, None]
    kernel, bias = weights[f"{name}.{i + 2}.weight"], weights[f"{name}.{i + 2}.bias"]
    return F.conv2d(x.clamp(min=0), kernel, bias, stride=stride, padding=1)


def residual_block(weights, name, x, stride=1):
    x = squeeze_excite(weights, f"{name}.excite", x)
    y = norm_relu_conv(weights, f"{name}.block", 0, x, stride)
    y = norm_relu_conv(weights, f"{name}.block", 3, y)
    kernel, bias = weights[f"{name}.shortcut.weight"], weights[f"{name}.shortcut.bias"]
    straight = torch.einsum("kc,bchw->bkhw", kernel[:, :, 0, 0], x[..., ::stride, ::stride])
    return y + straight + bias[:, None, None]


def attention(weights, name, skip, x):
    fine = norm_relu_conv(weights, f"{name}.from_skip", 0, skip)
    B, C, H, W = fine.shape
    wide = fine.new_full((B, C, H + H % 2, W + W % 2), -math.inf)  # blocks at the far end may be cut
    wide[..., :H, :W] = fine
    coarse = torch.stack([wide[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]).amax(dim=0)
    both = coarse + norm_relu_conv(weights, f"{name}.from_below", 0, x)
    return norm_relu_conv(weights, f"{name}.weigh", 0, both) * x


def aspp(weights, name, x):
    total = 0
    for i, d in enumerate((6, 12, 18, 1)):
        w = {k: v for k, v in weights.items() if k.startswith(f"{name}.branches.{i}.")}
        w = {k.removeprefix(f"{name}.branches.{i}."): v for k, v in w.items()}
        y = F.conv2d(x, w["0.weight"], w["0.bias"], padding=d, dilation=d)
        total = total + F.batch_norm(y, w["1.running_mean"], w["1.running_var"], w["1.weight"], w["1.bias"])
    return F.conv2d(total, weights[f"{name}.mix.weight"], weights[f"{name}.mix.bias"])


def forward_by_hand(weights, x):
    stem = F.conv2d(x, weights["stem.0.weight"], weights["stem.0.bias"], padding=1)
    shortcut = F.conv2d(x, weights["stem_shortcut.weight"], weights["stem_shortcut.bias"])
    e1 = norm_relu_conv(weights, "stem", 1, stem) + shortcut
    e2 = residual_block(weights, "down.0", e1, stride=2)
    e3 = residual_block(weights, "down.1", e2, stride=2)
    x = aspp(weights, "bridge", residual_block(weights, "down.2", e3, stride=2))
    for i, skip in enumerate((e3, e2, e1)):
        x = attention(weights, f"up.{i}.attention", skip, x)
        x = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        x = torch.cat([x[..., : skip.shape[-2], : skip.shape[-1]], skip], dim=1)
        x = residual_block(weights, f"up.{i}.block", x)
    return F.conv2d(aspp(weights, "last", x), weights["head.weight"], weights["head.bias"])


def test_squeeze_excite_equals_loops():
    torch.manual_seed(0)
    module, x = SqueezeExcite(16).double(), torch.randn(2, 16, 3, 5).double()
    weights = {f"se.{k}": v for k, v in module.state_dict().items()}
    torch.testing.assert_close(module(x), squeeze_excite(weights, "se", x))
    assert [tuple(w.shape) for w in module.parameters()] == [(2, 16, 1, 1), (16, 2, 1, 1)]


def test_squeeze_excite_knows_channels_and_not_places():
    torch.manual_seed(0)
    module, x = SqueezeExcite(8), torch.rand(1, 8, 4, 4)
    order = torch.randperm(16)
    torch.testing.assert_close(
        module(x).flatten(2)[..., order], module(x.flatten(2)[..., order, None])[..., 0]
    )
    nn.init.zeros_(module.excite.weight)
    torch.testing.assert_close(module(x), x / 2)  # sigmoid(0)


@pytest.mark.parametrize(("size", "stride"), [((6, 8), 1), ((6, 8), 2), ((7, 9), 2)])
def test_residual_block_equals_the_hand_written_one(size, stride):
    torch.manual_seed(0)
    module, x = ResidualBlock(8, 3, stride).double(), torch.randn(2, 8, *size).double()
    with_averages(module, x)
    weights = {f"it.{k}": v for k, v in module.state_dict().items()}
    torch.testing.assert_close(module(x), residual_block(weights, "it", x, stride))


@pytest.mark.parametrize("size", [(6, 8), (7, 5)])
def test_attention_block_equals_the_hand_written_one(size):
    torch.manual_seed(0)
    module, skip = AttentionBlock(3, 4).double(), torch.randn(2, 3, *size).double()
    x = torch.randn(2, 4, (size[0] + 1) // 2, (size[1] + 1) // 2).double()
    with_averages(module, skip, x)
    weights = {f"it.{k}": v for k, v in module.state_dict().items()}
    torch.testing.assert_close(module(skip, x), attention(weights, "it", skip, x))
    assert not module(skip, torch.zeros_like(x)).any()  # it weighs what comes from below


@pytest.mark.parametrize("size", [(16, 24), (19, 13)])
def test_forward_equals_the_hand_written_one(size):
    torch.manual_seed(0)
    model, x = ResUNetPlusPlus(3, 2, width=4).double(), torch.randn(2, 3, *size).double()
    with_averages(model, x)
    with torch.no_grad():
        torch.testing.assert_close(model(x), forward_by_hand(model.state_dict(), x))


@pytest.mark.parametrize("size", [(8, 8), (9, 16), (97, 83), (31, 26)])
def test_every_size_is_kept(size):
    assert ResUNetPlusPlus(2, 3, width=2)(torch.randn(2, 2, *size)).shape == (2, 3, *size)


def test_gradient_by_finite_differences():
    torch.manual_seed(0)
    module = ResidualBlock(2, 2, stride=2).double()
    x = torch.randn(2, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, x)


def test_a_shifted_image_gives_shifted_logits():
    torch.manual_seed(0)
    model = ResUNetPlusPlus(2, 2, width=2)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            layer.padding_mode = "circular"  # no rim: the image is a ring both ways
    x = torch.randn(2, 2, 144, 152)
    with torch.no_grad():
        with_averages(model, x)
        shifted = model(torch.roll(x, (16, -8), dims=(2, 3)))
        torch.testing.assert_close(shifted, torch.roll(model(x), (16, -8), dims=(2, 3)), atol=1e-4, rtol=1e-4)
        assert not torch.allclose(shifted, model(x), atol=1e-3)


def test_channels_last_gives_the_same_gradient():
    torch.manual_seed(0)
    model, x = ResUNetPlusPlus(width=2).double(), torch.randn(2, 4, 16, 19).double()

    def gradients(x):
        return torch.autograd.grad(model(x).square().mean(), list(model.parameters()))

    expected = gradients(x)
    model = model.to(memory_format=torch.channels_last)
    torch.testing.assert_close(gradients(x.to(memory_format=torch.channels_last)), expected)


def test_dropout_only_in_training():
    torch.manual_seed(0)
    model, x = ResUNetPlusPlus(width=2, dropout=0.5).eval(), torch.randn(1, 4, 16, 16)
    assert torch.equal(model(x), model(x))
    model.dropout.train()
    assert not torch.equal(model(x), model(x))


@pytest.mark.parametrize("name", ["in_channels", "num_classes", "width"])
def test_parameters_out_of_range(name):
    with pytest.raises(ValueError, match=f"{name} is 0; expected 1 or more"):
        ResUNetPlusPlus(**{name: 0})


def test_aspp_sums_its_branches():
    torch.manual_seed(0)
    module = ASPP(2, 3, dilations=(2, 1)).double()
    x = torch.randn(2, 2, 6, 7, dtype=torch.float64)
    module(x)  # moves the running averages away from 0 and 1
    module.eval()
    H, W = x.shape[-2:]
    expected = torch.zeros(2, 3, H, W).double()
    for branch, d in zip(module.branches, (2, 1), strict=True):
        conv, norm = branch
        wide = F.pad(x, (d, d, d, d))
        taps = 0
        for i in range(3):
            for j in range(3):
                seen = wide[:, :, i * d : i * d + H, j * d : j * d + W]
                taps = taps + torch.einsum("kc,bchw->bkhw", conv.weight[:, :, i, j], seen)
        taps = taps + conv.bias[:, None, None]
        scaled = (taps - norm.running_mean[:, None, None]) / (
            norm.running_var[:, None, None] + norm.eps
        ).sqrt()
        expected = expected + norm.weight[:, None, None] * scaled + norm.bias[:, None, None]
    mixed = torch.einsum("kc,bchw->bkhw", module.mix.weight[:, :, 0, 0], expected)
    torch.testing.assert_close(module(x), mixed + module.mix.bias[:, None, None])


def test_aspp_reach_is_that_of_its_widest_branch():
    torch.manual_seed(0)
    module = ASPP(1, 1).eval()
    x = torch.zeros(1, 1, 1, 61, requires_grad=True)
    (gradient,) = torch.autograd.grad(module(x)[0, 0, 0, 30], x)
    assert (gradient[0, 0, 0].nonzero()[:, 0] - 30).tolist() == [-18, -12, -6, -1, 0, 1, 6, 12, 18]
