"""SRResNet and its discriminator: numbers of weights by arithmetic, pixel shuffle by hand, sizes."""

import copy

import pytest
import torch
import torch.nn.functional as F

from brainlab.models import count_parameters
from brainlab.models.srgan import Discriminator, PixelShuffleBlock, ResidualBlock, SRResNet
from brainlab.models.upscaling import mean_of_four


def small(**options):
    torch.manual_seed(0)
    return SRResNet(**{"num_feat": 8, "num_block": 2, **options})


def conv(inputs, outputs, kernel):
    return inputs * outputs * kernel**2 + outputs


@pytest.mark.parametrize(
    ("channels", "feat", "blocks", "scale"), [(3, 64, 16, 4), (1, 64, 16, 4), (1, 8, 3, 8)]
)
def test_generator_has_the_weights_of_the_papers_figure(channels, feat, blocks, scale):
    block = 2 * conv(feat, feat, 3) + 2 * 2 * feat + 1
    stages = {2: 1, 4: 2, 8: 3}[scale]
    expected = (
        conv(channels, feat, 9) + 1
        + blocks * block
        + conv(feat, feat, 3) + 2 * feat
        + stages * (conv(feat, 4 * feat, 3) + 1)
        + conv(feat, channels, 9)
    )  # fmt: skip
    with torch.device("meta"):
        assert count_parameters(SRResNet(channels, feat, blocks, scale)) == expected
    if (channels, feat) == (3, 64):
        assert expected == 1_549_462  # "1.5 million" in the literature


def test_discriminator_has_the_weights_of_the_papers_figure():
    widths = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    expected = sum(conv(a, b, 3) + (2 * b if i else 0) for i, (a, b) in enumerate(widths))
    expected += 512 * 36 * 1024 + 1024 + 1024 + 1
    with torch.device("meta"):
        model = Discriminator(3)
        assert count_parameters(model) == expected
    # At the paper's 96 pixels the dense layer meets 6 x 6 positions and nothing is averaged.
    features = torch.randn(1, 512, 6, 6)
    assert torch.equal(torch.nn.AdaptiveAvgPool2d(6)(features), features)
    assert [m.stride[0] for m in model.features if hasattr(m, "stride")] == [1, 2] * 4


def test_pixel_shuffle_lays_channels_out_by_hand():
    torch.manual_seed(0)
    block = PixelShuffleBlock(3)
    x = torch.randn(2, 3, 4, 5)
    wide = block.conv(x)  # (2, 12, 4, 5)
    expected = torch.empty(2, 3, 8, 10)
    for c in range(3):
        for row in range(8):
            for column in range(10):
                source = c * 4 + (row % 2) * 2 + column % 2
                expected[:, c, row, column] = wide[:, source, row // 2, column // 2]
    torch.testing.assert_close(block(x), F.prelu(mean_of_four(expected), block.act.weight))


def test_no_weights_make_a_checkerboard():
    """Where the features do not change, neither does the output, whatever the weights."""
    torch.manual_seed(1)
    block, flat = PixelShuffleBlock(3), torch.rand(1, 3, 1, 1).expand(1, 3, 8, 8)
    inside = block(flat)[..., 4:-4, 4:-4]  # away from the padding
    assert (inside - inside.mean(dim=(2, 3), keepdim=True)).abs().max() < 1e-6
    plain = F.pixel_shuffle(block.conv(flat), 2)[..., 4:-4, 4:-4]
    assert plain.std(dim=(2, 3)).min() > 0.01


def test_residual_block_is_the_identity_plus_its_block():
    torch.manual_seed(0)
    block, x = ResidualBlock(4).eval(), torch.randn(2, 4, 5, 6)
    conv1, bn1, act, conv2, bn2 = block.block
    torch.testing.assert_close(block(x), x + bn2(conv2(act(bn1(conv1(x))))))
    bn2.weight.data.zero_()
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize("shape", [(8, 8), (7, 5), (1, 3)])
def test_every_size_is_enlarged_by_the_scale(scale, shape):
    model = small(scale=scale).eval()
    out = model(torch.rand(1, 1, *shape))
    assert out.shape == (1, 1, shape[0] * scale, shape[1] * scale)


@pytest.mark.parametrize("image_skip", [False, True])
def test_a_target_size_serves_28_to_128(image_skip):
    model = small(image_skip=image_skip).eval()
    x = torch.rand(1, 1, 28, 28)
    assert model(x, 128).shape == (1, 1, 128, 128)
    assert model(x, (127, 100)).shape == (1, 1, 127, 100)
    assert torch.equal(model(x, 112), model(x))  # its own size: nothing is resampled


def test_target_size_resamples_the_features_and_not_the_image():
    model, x = small().eval(), torch.rand(1, 1, 7, 7)
    feat = model.first(x)
    feat = model.up(feat + model.body(feat))
    expected = model.last(F.interpolate(feat, (32, 32), mode="bicubic", antialias=True))
    torch.testing.assert_close(model(x, 32), expected)


def test_image_skip_starts_as_the_bicubic_enlargement_and_then_learns():
    model, x = small(image_skip=True), torch.rand(2, 1, 8, 8)
    bicubic = F.interpolate(x, (32, 32), mode="bicubic", antialias=True)
    torch.testing.assert_close(model(x), bicubic)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(2):
        optimizer.zero_grad()
        (model(x) - bicubic.flip(-1)).square().mean().backward()
        optimizer.step()
    assert all(p.grad.abs().sum() > 0 for name, p in model.named_parameters() if name.endswith("weight"))


@pytest.mark.parametrize("model", [small(), Discriminator(num_feat=4)])
def test_the_gradient_reaches_every_weight(model):
    model = copy.deepcopy(model).train()
    model(torch.rand(4, 1, 24, 24)).square().sum().backward()
    # A bias before batch norm is redundant; all else must move.
    assert all(p.grad.abs().sum() > 0 for name, p in model.named_parameters() if name.endswith("weight"))


@pytest.mark.parametrize("size", [(96, 96), (128, 128), (16, 16), (33, 50)])
def test_the_discriminator_takes_any_size_and_gives_logits(size):
    torch.manual_seed(0)
    logits = Discriminator(num_feat=4).eval()(10 * torch.randn(3, 1, *size))
    assert logits.shape == (3, 1)
    assert not any(isinstance(m, torch.nn.Sigmoid) for m in Discriminator(num_feat=4).modules())


@pytest.mark.parametrize("build", [small, lambda: Discriminator(num_feat=4)])
def test_weights_survive_a_file_of_tensors_only(build, tmp_path):
    model, other = build().eval(), build().eval()
    for p in model.parameters():
        p.data += 0.1 * torch.randn_like(p)
    torch.save(model.state_dict(), tmp_path / "w.pt")
    other.load_state_dict(torch.load(tmp_path / "w.pt", weights_only=True))
    x = torch.rand(1, 1, 20, 20)
    assert torch.equal(model(x), other(x))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: small(scale=3), r"scale is 3; expected 2, 4 or 8: for another factor .* target_size"),
        (lambda: small()(torch.rand(1, 8, 8)), r"\(1, 8, 8\); expected \(B, 1, H, W\): .*x\[None\]"),
        (lambda: small()(torch.rand(1, 8, 8, 1)), r"expected \(B, 1, H, W\): are the channels last"),
        (lambda: small()(torch.rand(1, 4, 8, 8)), r"expected \(B, 1, H, W\): which modalities"),
        (lambda: small()(torch.zeros(1, 1, 8, 8).byte()), r"uint8; expected floating point"),
        (lambda: small()(torch.rand(1, 1, 8, 8), 0), r"target_size is \(0, 0\); expected 1 pixel or more"),
        (
            lambda: Discriminator(num_feat=2)(torch.rand(1, 1, 8, 32)),
            "along H it has 8 pixels; expected 16 or more",
        ),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
