"""RRDBNet: the published number of weights, the formula by hand, sizes, and networks that are mixed."""

import pytest
import torch
import torch.nn.functional as F

from brainlab.models import count_parameters
from brainlab.models.esrgan import RRDB, DenseBlock, RRDBNet, interpolate_networks
from brainlab.models.srgan import SRResNet


def small(seed=0, **options):
    torch.manual_seed(seed)
    return RRDBNet(**{"num_feat": 8, "num_block": 2, "num_grow_ch": 4, **options})


@pytest.mark.parametrize(("channels", "expected"), [(3, 16_697_987), (1, 16_695_681)])
def test_weights_as_published(channels, expected):
    with torch.device("meta"):
        model = RRDBNet(channels)
    # 23 blocks, 64 and 32 channels; one channel saves 2 * 2 * 9 * 64 weights and 2 biases.
    assert count_parameters(model) == expected


def test_names_are_those_of_the_published_weights():
    names = list(small(scale=4).state_dict())
    for name in ("conv_first", "body.0.rdb1.conv1", "body.1.rdb3.conv5", "conv_body", "conv_up1", "conv_up2"):
        assert f"{name}.weight" in names
    assert {name.split(".")[0] for name in names} == {
        "conv_first", "body", "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last"
    }  # fmt: skip


def slow_dense_block(block, x):
    """Return the dense block written out, for x (B, C, H, W)."""
    seen = [x]
    for i in range(1, 5):
        conv = getattr(block, f"conv{i}")
        y = F.conv2d(torch.cat(seen, 1), conv.weight, conv.bias, padding=1)
        seen.append(torch.where(y > 0, y, 0.2 * y))
    last = F.conv2d(torch.cat(seen, 1), block.conv5.weight, block.conv5.bias, padding=1)
    return x + 0.2 * last


def test_dense_block_and_rrdb_follow_the_formula():
    torch.manual_seed(0)
    block, x = RRDB(6, 3).double(), torch.randn(2, 6, 5, 7, dtype=torch.float64)
    for p in block.parameters():
        p.data = torch.randn_like(p) / 5  # so that no term is small
    torch.testing.assert_close(block.rdb2(x), slow_dense_block(block.rdb2, x))
    inner = x
    for part in (block.rdb1, block.rdb2, block.rdb3):
        inner = slow_dense_block(part, inner)
    torch.testing.assert_close(block(x), x + 0.2 * inner)


def test_the_five_convolutions_grow():
    block = DenseBlock(64, 32)
    shapes = [tuple(getattr(block, f"conv{i}").weight.shape[:2]) for i in range(1, 6)]
    assert shapes == [(32, 64), (32, 96), (32, 128), (32, 160), (64, 192)]


def test_first_weights_are_a_tenth_of_hes():
    torch.manual_seed(0)
    block = DenseBlock(64, 32)
    for i in range(1, 6):
        conv = getattr(block, f"conv{i}")
        he = (2 / (conv.in_channels * 9)) ** 0.5
        assert conv.weight.std().item() == pytest.approx(0.1 * he, rel=0.05)
        assert not conv.bias.any()


def test_no_two_blocks_share_weights():
    blocks = list(small().body)
    assert len({p.data_ptr() for block in blocks for p in block.parameters()}) == 2 * 3 * 5 * 2


def test_there_is_no_batch_norm():
    assert not any("Norm" in type(m).__name__ for m in RRDBNet(num_block=1).modules())


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize("shape", [(8, 8), (7, 5), (1, 3)])
def test_every_size_is_enlarged_by_the_scale(scale, shape):
    out = small(scale=scale)(torch.rand(2, 1, *shape))
    assert out.shape == (2, 1, shape[0] * scale, shape[1] * scale)


@pytest.mark.parametrize("image_skip", [False, True])
def test_a_target_size_serves_28_to_128(image_skip):
    model, x = small(image_skip=image_skip), torch.rand(1, 1, 28, 28)
    assert model(x, 128).shape == (1, 1, 128, 128)
    assert torch.equal(model(x, 112), model(x))


def test_image_skip_starts_as_the_bicubic_enlargement():
    x = torch.rand(1, 1, 7, 7)
    expected = F.interpolate(x, (32, 32), mode="bicubic", antialias=True)
    torch.testing.assert_close(small(image_skip=True)(x, 32), expected)


def test_the_gradient_reaches_every_weight():
    model = small()
    model(torch.rand(2, 1, 8, 8)).square().mean().backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_deep_stack_starts_close_to_the_identity():
    torch.manual_seed(0)
    body = torch.nn.Sequential(*(RRDB(8, 4) for _ in range(23)))
    x = torch.randn(1, 8, 9, 9)
    out = body(x) / x
    # Each block gives x + 0.2 (x + a little): 1.2 ** 23 in all.
    assert out.median().item() == pytest.approx(1.2**23, rel=0.05)


def test_interpolation_goes_from_one_network_to_the_other():
    psnr, gan = small(0).state_dict(), small(1).state_dict()
    for name in psnr:
        assert torch.equal(interpolate_networks(psnr, gan, 0)[name], psnr[name])
        assert torch.equal(interpolate_networks(psnr, gan, 1)[name], gan[name])
        expected = 0.75 * psnr[name] + 0.25 * gan[name]
        torch.testing.assert_close(interpolate_networks(psnr, gan, 0.25)[name], expected)


def test_interpolation_leaves_counters_whole_and_its_arguments_alone():
    one, other = (SRResNet(num_feat=2, num_block=1).state_dict() for _ in range(2))
    other["body.2.num_batches_tracked"] += 7
    before = {name: value.clone() for name, value in one.items()}
    mixed = interpolate_networks(one, other, 0.5)
    assert mixed["body.2.num_batches_tracked"].item() == 7
    assert mixed["body.2.num_batches_tracked"].dtype == torch.int64
    mixed["first.0.weight"] += 1
    assert all(torch.equal(one[name], before[name]) for name in one)
    SRResNet(num_feat=2, num_block=1).load_state_dict(mixed)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: small(scale=6), r"scale is 6; expected 2, 4 or 8"),
        (lambda: small()(torch.rand(2, 3, 8, 8)), r"\(2, 3, 8, 8\); expected \(B, 1, H, W\)"),
        (lambda: interpolate_networks({}, {}, 1.2), r"alpha is 1.2; expected 0 \(PSNR network\) to 1"),
        (
            lambda: interpolate_networks(small().state_dict(), small(num_feat=4).state_dict(), 0.5),
            r"conv_first.weight is \(8, 1, 3, 3\) in psnr_state and \(4, 1, 3, 3\) in gan_state",
        ),
        (
            lambda: interpolate_networks(small(num_block=1).state_dict(), small().state_dict(), 0.5),
            r"body.1.rdb1.conv1.weight is absent in psnr_state",
        ),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
