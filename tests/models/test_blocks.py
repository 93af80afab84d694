"""The parts, each against a slow loop, arithmetic or the shape it promises."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import AttentionGate, ConvBlock, UpBlock, centre_crop, crop_and_concat
from brainlab.models.blocks import check_counts, check_input, grow_to, he_init


def slow_convolution(image, weight, bias, dilation=1):
    """Valid convolution of (C, H, W) with (K, C, 3, 3), pixel by pixel."""
    _, H, W = image.shape
    out = np.zeros((len(weight), H - 2 * dilation, W - 2 * dilation))
    for k in range(len(weight)):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                patch = image[:, y : y + 2 * dilation + 1 : dilation, x : x + 2 * dilation + 1 : dilation]
                out[k, y, x] = (patch * weight[k]).sum() + bias[k]
    return out


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padded", [True, False])
def test_conv_block_equals_loops(dilation, padded):
    torch.manual_seed(0)
    block = ConvBlock(2, 3, convs=2, padded=padded, batch_norm=False, dilation=dilation).double()
    image = torch.randn(1, 2, 11, 12, dtype=torch.float64)
    expected = image[0].numpy()
    for conv in (block[0], block[2]):
        if padded:
            expected = np.pad(expected, ((0, 0), (dilation, dilation), (dilation, dilation)))
        expected = slow_convolution(
            expected, conv.weight.detach().numpy(), conv.bias.detach().numpy(), dilation
        )
        expected = expected.clip(min=0)
    np.testing.assert_allclose(block(image)[0].detach().numpy(), expected, atol=1e-12)


def test_conv_block_order_and_number():
    names = [type(layer).__name__ for layer in ConvBlock(1, 2, convs=3)]
    assert names == ["Conv2d", "BatchNorm2d", "ReLU"] * 3


@pytest.mark.parametrize("shape", [(8, 8), (9, 8), (9, 11)])
@pytest.mark.parametrize("up", ["transposed", "plain"])
def test_padded_up_block_takes_the_size_of_the_skip(shape, up):
    block = UpBlock(6, 3, 5, up=up)
    x = torch.randn(2, 6, shape[0] // 2, shape[1] // 2)
    assert block(x, torch.randn(2, 3, *shape)).shape == (2, 5, *shape)


def test_unpadded_up_block_crops_the_skip():
    block = UpBlock(6, 3, 5, padded=False)
    assert block(torch.randn(2, 6, 7, 8), torch.randn(2, 3, 20, 22)).shape == (2, 5, 14 - 4, 16 - 4)


def test_up_block_names_its_options():
    with pytest.raises(ValueError, match=r"up is 'bilinear'; expected \"transposed\" or \"plain\""):
        UpBlock(2, 2, 2, up="bilinear")


def test_crop_takes_the_middle_and_skip_comes_first():
    skip = torch.arange(36.0).reshape(1, 1, 6, 6)
    x = -torch.ones(1, 2, 4, 2)
    joined = crop_and_concat(skip, x)
    assert joined.shape == (1, 3, 4, 2)
    assert torch.equal(joined[:, :1], skip[:, :, 1:5, 2:4])
    assert torch.equal(joined[:, 1:], x)


def test_crop_says_when_the_skip_is_too_small():
    with pytest.raises(
        ValueError, match=r"x is 4 x 4; expected at least 6 x 6: are the two arguments swapped"
    ):
        crop_and_concat(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 6, 6))


def test_crop_to_the_own_size_changes_nothing():
    x = torch.randn(1, 2, 5, 7)
    assert torch.equal(centre_crop(x, (5, 7)), x)
    assert torch.equal(grow_to(x, (5, 7)), x)


def test_grow_repeats_the_last_row_and_column():
    grown = grow_to(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), (3, 3))
    assert grown[0, 0].tolist() == [[1, 2, 2], [3, 4, 4], [3, 4, 4]]


def test_attention_gate_equals_loops():
    torch.manual_seed(0)
    gate = AttentionGate(skip_channels=3, gate_channels=4, inner_channels=2).double()
    skip, below = torch.randn(3, 4, 6).double(), torch.randn(4, 2, 3).double()
    weighted, alpha = gate(skip[None], below[None])
    coarse = torch.zeros(1, 1, 2, 3).double()
    for y in range(2):
        for x in range(3):
            patch = skip[:, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
            q = (gate.from_skip.weight * patch).sum(dim=(1, 2, 3))
            q = q + gate.from_gate.weight[:, :, 0, 0] @ below[:, y, x] + gate.from_gate.bias
            q = gate.psi.weight[0, :, 0, 0] @ q.clamp(min=0) + gate.psi.bias
            coarse[0, 0, y, x] = torch.sigmoid(q)
    torch.testing.assert_close(alpha, F.interpolate(coarse, scale_factor=2, mode="bilinear"))
    assert 0 < alpha.min() < alpha.max() < 1
    torch.testing.assert_close(weighted, alpha * skip)


def test_attention_gate_gradient():
    torch.manual_seed(0)
    gate = AttentionGate(2, 3).double()
    skip = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    below = torch.randn(1, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, g: gate(s, g)[0], (skip, below))


def test_attention_gate_open_and_closed():
    gate, skip, below = AttentionGate(2, 2), torch.randn(1, 2, 4, 4), torch.randn(1, 2, 2, 2)
    nn.init.zeros_(gate.psi.weight)
    nn.init.constant_(gate.psi.bias, 50.0)
    torch.testing.assert_close(gate(skip, below)[0], skip)
    nn.init.constant_(gate.psi.bias, -50.0)
    torch.testing.assert_close(gate(skip, below)[0], torch.zeros_like(skip))


@pytest.mark.parametrize(
    ("layer", "inputs"), [(nn.Conv2d(64, 128, 3), 64 * 9), (nn.ConvTranspose2d(256, 128, 2, 2), 256)]
)
def test_he_variance(layer, inputs):
    torch.manual_seed(0)
    he_init(layer)
    assert float(layer.weight.detach().var()) == pytest.approx(2 / inputs, rel=0.02)
    assert float(layer.weight.detach().mean()) == pytest.approx(0, abs=1e-3)
    assert not layer.bias.any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_type_passes(dtype):
    check_input(torch.zeros(2, 3, 4, 5, dtype=dtype), 3, lambda size: size)


def test_first_count_below_one_is_named():
    check_counts(width=1, depth=2)
    with pytest.raises(ValueError, match="depth is -1; expected 1 or more"):
        check_counts(width=1, depth=-1, convs=0)
