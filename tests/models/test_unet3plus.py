"""U-Net 3+: published numbers of weights, a hand-written forward pass, side outputs, shapes and gradient."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import UNet3Plus, count_parameters
from brainlab.models.unet3plus import enlarge

FIVE_SCALES = {"bottleneck": True, "deep_supervision": True}


# Numbers of weights of a published comparison in Keras; its network of five scales counts the side outputs.
@pytest.mark.parametrize(
    ("published", "channels", "options"),
    [(8_907_396, 4, {}), (12_046_212, 5, {"convs": 3}), (26_991_764, 4, FIVE_SCALES)],
)
def test_published_numbers_of_weights(published, channels, options):
    with torch.device("meta"):
        model = UNet3Plus(channels, 4, width=64, **options)
    assert count_parameters(model, keras=True) == published


def test_side_outputs_cost_what_they_should():
    plain, sided = (UNet3Plus(width=64, bottleneck=True, deep_supervision=on) for on in (False, True))
    assert count_parameters(sided) - count_parameters(plain) == 3 * (320 * 4 + 4) + 1024 * 4 + 4
    assert not [name for name in plain.state_dict() if name.startswith("side")]


def doubled(x, times):
    """Bilinear upsampling of (B, C, h, w) by NumPy's one-dimensional interpolation."""
    x = x.detach().numpy()
    for axis in (2, 3):
        old = x.shape[axis]
        place = (np.arange(old * 2**times) + 0.5) / 2**times - 0.5
        x = np.apply_along_axis(lambda line, at=place: np.interp(at, np.arange(len(line)), line), axis, x)
    return torch.from_numpy(x)


def pooled(x, times):
    """The largest of each 2**times x 2**times block of (B, C, H, W)."""
    B, C, H, W = x.shape
    k = 2**times
    return x.reshape(B, C, H // k, k, W // k, k).amax(dim=(3, 5))


class ByHand:
    """The network of three scales, written out from a state dict, in evaluation mode."""

    def __init__(self, weights, dilation):
        self.weights, self.dilation = weights, dilation

    def conv(self, x, name, norm):
        w = self.weights
        d = self.dilation
        x = F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=d, dilation=d)
        shift = w[f"{norm}.running_mean"][:, None, None]
        scale = (w[f"{norm}.weight"] / (w[f"{norm}.running_var"] + 1e-5).sqrt())[:, None, None]
        return ((x - shift) * scale + w[f"{norm}.bias"][:, None, None]).clamp(min=0)

    def block(self, x, name):
        return self.conv(self.conv(x, f"{name}.0", f"{name}.1"), f"{name}.3", f"{name}.4")

    def full_scale(self, maps, name):
        parts = [self.conv(x, f"{name}.skips.{i}.0", f"{name}.skips.{i}.1") for i, x in enumerate(maps)]
        return self.conv(torch.cat(parts, dim=1), f"{name}.fuse.0", f"{name}.fuse.1")

    def head(self, x, name):
        w, b = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return torch.einsum("kc,bchw->bkhw", w[:, :, 0, 0], x) + b[:, None, None]

    def __call__(self, x, bottleneck):
        """Return the logits, and the maps that the side outputs read."""
        e0 = self.block(x, "down.0")
        e1 = self.block(pooled(e0, 1), "down.1")
        e2 = self.block(pooled(e1, 1), "down.2")
        if bottleneck:
            d2, one, two = e2, "up.0", "up.1"
        else:
            d2, one, two = self.full_scale([pooled(e0, 2), pooled(e1, 1), e2], "up.0"), "up.1", "up.2"
        d1 = self.full_scale([pooled(e0, 1), e1, doubled(d2, 1)], one)
        d0 = self.full_scale([e0, doubled(d1, 1), doubled(d2, 2)], two)
        return self.head(d0, "head"), [d1, d2]


def with_averages(model, x):
    """Move the running averages of batch normalisation away from 0 and 1, then evaluate."""
    for _ in range(3):
        model(x)
    return model.eval()


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("bottleneck", [True, False])
def test_forward_equals_the_hand_written_one(bottleneck, dilation):
    torch.manual_seed(0)
    levels = 2 if bottleneck else 3
    model = UNet3Plus(
        3, 2, width=2, levels=levels, bottleneck=bottleneck, dilation=dilation, deep_supervision=True
    ).double()
    x = torch.randn(2, 3, 12, 16).double()
    with_averages(model, x)
    expected, sides = ByHand(model.state_dict(), dilation)(x, bottleneck)
    torch.testing.assert_close(model(x), expected)

    model.training = True  # the parts stay in evaluation mode, so that the averages are used
    model(x)
    for i, (got, features) in enumerate(zip(model.side_logits, sides, strict=True)):
        by_hand = ByHand(model.state_dict(), dilation).head(features, f"side_heads.{i}")
        torch.testing.assert_close(got, doubled(by_hand, i + 1))


@pytest.mark.parametrize("size", [(16, 16), (97, 83), (17, 30)])
@pytest.mark.parametrize("options", [{}, {"bottleneck": True}, {"levels": 1}, {"levels": 2, "convs": 1}])
def test_every_size_is_kept(size, options):
    model = UNet3Plus(2, 3, width=2, deep_supervision=True, **options)
    assert model(torch.randn(2, 2, *size)).shape == (2, 3, *size)
    assert [tuple(side.shape) for side in model.side_logits] == [(2, 3, *size)] * model.depth


def test_side_outputs_only_when_asked_and_only_in_training():
    model, x = UNet3Plus(width=2, levels=2), torch.randn(2, 4, 8, 8)
    model(x)
    assert model.side_logits == []
    model = UNet3Plus(width=2, levels=2, deep_supervision=True)
    assert model.side_logits == []
    model(x)
    assert len(model.side_logits) == 1
    assert model.side_logits[0].requires_grad
    model.eval()(x)
    assert model.side_logits == []


@pytest.mark.parametrize("options", [{}, FIVE_SCALES])
def test_every_weight_learns(options):
    torch.manual_seed(0)
    model = UNet3Plus(width=4, levels=3, convs=3, **options)
    logits = model(torch.randn(2, 4, 24, 24))
    sum(out.square().mean() for out in (logits, *model.side_logits)).backward()
    for name, weight in model.named_parameters():
        before_norm = name.endswith(".bias") and not name.startswith(("head", "side"))
        assert weight.grad is not None, name
        assert before_norm or weight.grad.any(), name  # batch normalisation takes a constant away again


def test_gradient_by_finite_differences():
    torch.manual_seed(0)
    model = UNet3Plus(1, 2, width=1, levels=2, convs=1).double()
    x = torch.randn(2, 1, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(model, x)


def test_enlarged_pixels_stay_where_they_were_pooled():
    x = torch.randn(1, 2, 3, 4)
    grown = enlarge(x, 1, (7, 8))
    torch.testing.assert_close(grown[:, :, :6], doubled(x, 1).float())
    assert torch.equal(grown[:, :, 6], grown[:, :, 5])
    assert enlarge(x, 0, (3, 4)) is x


def test_a_shifted_image_gives_shifted_logits():
    torch.manual_seed(0)
    model = UNet3Plus(1, 2, width=2, levels=2, convs=1)
    x = torch.randn(2, 1, 48, 48)
    with_averages(model, x)
    with torch.no_grad():  # by the pooling's step; the rim sees the zero padding
        shifted, still = (
            model(torch.roll(x, (4, -2), dims=(2, 3))),
            torch.roll(model(x), (4, -2), dims=(2, 3)),
        )
    inner = (..., slice(16, -16), slice(16, -16))
    torch.testing.assert_close(shifted[inner], still[inner])


def test_dropout_only_in_training():
    torch.manual_seed(0)
    model, x = UNet3Plus(width=2, levels=2, dropout=0.5), torch.randn(2, 4, 16, 16)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


@pytest.mark.parametrize("name", ["in_channels", "num_classes", "width", "levels", "convs", "dilation"])
def test_parameters_out_of_range(name):
    with pytest.raises(ValueError, match=f"{name} is 0; expected 1 or more"):
        UNet3Plus(**{name: 0})
