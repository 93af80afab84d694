"""The arithmetic of sizes against real networks, and the receptive field against gradients."""

import math

import pytest
import torch
from torch import nn

from brainlab.models import AttentionUNet, UNet, count_parameters, output_size, receptive_field, valid_size


def test_paper_size():
    assert output_size(572) == 388


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("bottleneck", [True, False])
@pytest.mark.parametrize(("convs", "dilation"), [(1, 1), (2, 1), (3, 1), (2, 2)])
def test_arithmetic_equals_a_real_unpadded_network(depth, bottleneck, convs, dilation):
    options = {"depth": depth, "bottleneck": bottleneck, "convs": convs, "dilation": dilation}
    model = UNet(1, 1, width=1, padded=False, batch_norm=False, **options).eval()
    _, size = valid_size(30, **options)
    for n in {size, valid_size(size + 1, **options)[1]}:
        with torch.no_grad():
            assert (
                model(torch.zeros(1, 1, n, n)).shape[-1] == output_size(n, **options) == model.output_size(n)
            )


@pytest.mark.parametrize(
    ("depth", "bottleneck", "dilation"), [(2, True, (1, 2, 3)), (2, False, (3, 1)), (1, True, (1, 4))]
)
def test_arithmetic_with_a_dilation_for_each_level(depth, bottleneck, dilation):
    options = {"depth": depth, "bottleneck": bottleneck, "dilation": dilation}
    model = UNet(1, 1, width=1, padded=False, batch_norm=False, **options).eval()
    _, size = valid_size(30, **options)
    for n in {size, model.valid_size(size + 1)[1]}:
        with torch.no_grad():
            made = model(torch.zeros(1, 1, n, n)).shape[-1]
        assert made == output_size(n, **options) == n - 2 * model.margin


@pytest.mark.parametrize("options", [{}, {"depth": 2}, {"depth": 3, "convs": 3, "bottleneck": False}])
def test_valid_sizes_are_the_nearest(options):
    def fits(n):
        try:
            return output_size(n, **options) > 0
        except ValueError:
            return False

    valid = [n for n in range(1, 420) if fits(n)]
    assert valid[1] - valid[0] == 2 ** options.get("depth", 4)
    for size in range(1, 400, 7):
        below = max((n for n in valid if n <= size), default=valid[0])
        above = min(n for n in valid if n >= size)
        assert valid_size(size, **options) == (below, above)


def test_padded_network_takes_every_size_from_its_smallest_on():
    assert [valid_size(n, depth=3, padded=True) for n in (5, 8, 13)] == [(8, 8), (8, 8), (13, 13)]
    assert output_size(13, depth=3, padded=True) == 13


def test_error_names_the_nearest_sizes():
    with pytest.raises(
        ValueError, match=r"size 570 .* unpadded U-Net of depth 4; expected 556 or 572: .* even"
    ):
        output_size(570)
    with pytest.raises(ValueError, match=r"size 100 .* expected at least 188: .* leave nothing"):
        output_size(100)
    with pytest.raises(ValueError, match=r"size 7 .* a padded U-Net of depth 3; expected at least 8"):
        output_size(7, depth=3, padded=True)


def measured_field(model, size, depth):
    """Widest extent of the gradient of an output pixel, along a row, over the places in a pooling block.

    With positive weights nothing cancels: what has a gradient is what an output pixel depends on.
    """
    for weight in model.parameters():
        nn.init.uniform_(weight, 0.1, 0.3)
    images = torch.rand(
        24, 1, size, size, generator=torch.manual_seed(0)
    ).requires_grad_()  # pooling picks vary
    out = model(images)
    middle = out.shape[-1] // 2
    widest = 0
    for position in range(middle, middle + 2**depth):
        (grad,) = torch.autograd.grad(out[:, 0, position, position].sum(), images, retain_graph=True)
        touched = grad.abs().amax(dim=(0, 1, 2)).nonzero()  # columns with a gradient in any image
        widest = max(widest, int(touched.max() - touched.min()) + 1)
    return widest


@pytest.mark.parametrize("up", ["transposed", "plain"])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize(
    ("depth", "bottleneck", "convs", "dilation"),
    [(1, True, 2, 1), (2, True, 2, 1), (2, False, 1, 1), (1, True, 1, 2), (2, True, 1, (1, 3, 2))],
)
def test_receptive_field_by_gradient(depth, bottleneck, convs, dilation, padded, up):
    options = {"depth": depth, "bottleneck": bottleneck, "convs": convs, "dilation": dilation}
    model = UNet(1, 1, width=1, padded=padded, batch_norm=False, up=up, **options)
    field = receptive_field(**options)
    assert field == model.receptive_field
    size = valid_size(2 * field + 2**depth, padded=padded, **options)[1]
    assert measured_field(model, size, depth) == field


def test_receptive_field_with_attention_by_gradient():
    model = AttentionUNet(1, 1, width=1, depth=2, bottleneck=False, batch_norm=False)
    field = receptive_field(2, bottleneck=False, gated=True)
    assert field == model.receptive_field > receptive_field(2, bottleneck=False)
    assert measured_field(model, 2 * field + 4, 2) == field


def test_pyramid_pooling_sees_everything():
    assert receptive_field(pyramid=True) == math.inf
    torch.manual_seed(0)
    model = UNet(1, 1, width=4, depth=1, convs=1, batch_norm=False, pyramid=True)
    plain = UNet(1, 1, width=4, depth=1, convs=1, batch_norm=False)
    assert model.receptive_field == math.inf > plain.receptive_field
    assert measured_field(model, 30, 1) == 30 > measured_field(plain, 30, 1)


@pytest.mark.parametrize(
    ("dilation", "bottleneck", "message"),
    [
        (
            (1, 2),
            True,
            r"has 2 entries; expected 3: one for each of 2 contracting levels and one for the bottl",
        ),
        ((1, 2, 3), False, r"has 3 entries; expected 2: .* levels, and there is no bottleneck"),
        ((1, 0, 1), True, r"dilation is \(1, 0, 1\); expected 1 or more"),
    ],
)
def test_dilations_that_do_not_fit_the_levels(dilation, bottleneck, message):
    with pytest.raises(ValueError, match=message):
        UNet(depth=2, bottleneck=bottleneck, dilation=dilation)


def test_count_parameters_with_and_without_moving_averages():
    model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.BatchNorm2d(5, track_running_stats=False))
    trained = 5 * 3 * 9 + 5 + 10 + 10
    assert count_parameters(model) == trained
    assert count_parameters(model, keras=True) == trained + 10
