"""The Attention U-Net: with open gates it is a U-Net; its maps can be read."""

import pytest
import torch
from torch import nn

from brainlab.models import AttentionUNet, UNet, count_parameters


def set_gates(model, bias):
    for gate in model.gates:
        nn.init.zeros_(gate.psi.weight)
        nn.init.constant_(gate.psi.bias, bias)


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("bottleneck", [True, False])
def test_open_gates_make_a_unet(padded, bottleneck):
    torch.manual_seed(0)
    options = {"width": 2, "depth": 2, "padded": padded, "bottleneck": bottleneck}
    model, plain = AttentionUNet(**options).eval(), UNet(**options).eval()
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("gates.")})
    x = torch.randn(2, 4, 44, 48)
    with torch.no_grad():
        assert not torch.allclose(model(x), plain(x), atol=1e-3)
        set_gates(model, 50.0)
        torch.testing.assert_close(model(x), plain(x))


def test_closed_gates_keep_all_but_the_first_skip_out():
    torch.manual_seed(0)
    model, x = AttentionUNet(width=2, depth=3).eval(), torch.randn(1, 4, 16, 16)
    set_gates(model, -50.0)
    with torch.no_grad():
        expected = model(x)
        for block in model.up[:-1]:  # the weights that would read the skip connection no longer matter
            block.block[0].weight[:, : block.block[0].out_channels] += 1.0
        torch.testing.assert_close(model(x), expected)
        model.up[-1].block[0].weight[:, :2] += 1.0  # the first one is open
        assert not torch.allclose(model(x), expected)


@pytest.mark.parametrize("size", [(32, 32), (35, 42)])
@pytest.mark.parametrize("up", ["transposed", "plain"])
def test_maps_can_be_read_after_a_forward_pass(size, up):
    model = AttentionUNet(in_channels=3, num_classes=2, width=4, depth=4, up=up)
    assert model.attention_maps == []
    assert model(torch.randn(2, 3, *size)).shape == (2, 2, *size)
    shapes = [tuple(m.shape) for m in model.attention_maps]
    assert shapes == [(2, 1, size[0] // 2**level, size[1] // 2**level) for level in (1, 2, 3)]
    for attention in model.attention_maps:
        assert not attention.requires_grad
        assert 0 <= attention.min() < attention.max() <= 1


def test_gates_learn():
    model = AttentionUNet(width=4, depth=3)
    model(torch.randn(2, 4, 16, 16)).square().mean().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in model.gates.parameters())


def test_gates_cost_few_weights():
    plain, gated = (count_parameters(kind(width=16)) for kind in (UNet, AttentionUNet))
    gates = sum(w // 2 * (4 * w + 2 * w + 1) + w // 2 + 1 for w in (32, 64, 128))
    assert gated - plain == gates < 0.06 * plain


def test_depth_of_one_has_nothing_to_gate():
    with pytest.raises(ValueError, match="depth is 1; expected 2 or more"):
        AttentionUNet(depth=1)
