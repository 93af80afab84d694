"""Tiles give what the whole image gives."""

import numpy as np
import pytest
import torch
from torch import nn

from brainlab.inference.tiling import mirror_pad, overlap_tile
from brainlab.models import AttentionUNet, UNet


def network(kind=UNet, **options):
    torch.manual_seed(0)
    model = kind(in_channels=2, num_classes=3, width=2, **options)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):  # running averages that are not 0 and 1
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


def whole(model, images, margin, multiple):
    """One forward pass over the mirrored image."""
    H, W = images.shape[-2:]
    if model.padded:
        sizes = [-(-(s + 2 * margin) // multiple) * multiple for s in (H, W)]
    else:
        sizes = [model.valid_size(s + 2 * margin)[1] for s in (H, W)]
    wide = mirror_pad(images, (margin, margin), (sizes[0] - H - margin, sizes[1] - W - margin))
    with torch.no_grad():
        logits = model(wide)
    cut = margin - (sizes[0] - logits.shape[-2]) // 2
    return logits[..., cut : cut + H, cut : cut + W]


@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (2, 3, 1, 0), (9, 4, 13, 21)])
def test_mirror_pad_is_that_of_numpy(padding):
    top, left, bottom, right = padding
    image = torch.arange(2 * 5 * 4.0).reshape(1, 2, 5, 4)
    expected = np.pad(image.numpy(), ((0, 0), (0, 0), (top, bottom), (left, right)), mode="reflect")
    np.testing.assert_array_equal(mirror_pad(image, (top, left), (bottom, right)).numpy(), expected)


@pytest.mark.parametrize("shape", [(61, 50), (20, 90), (7, 5)])
@pytest.mark.parametrize(
    ("kind", "options", "tile"),
    [
        (UNet, {"depth": 2}, 60),
        (UNet, {"depth": 2}, 64),
        (UNet, {"depth": 4}, 236),
        (UNet, {"depth": 3, "bottleneck": False, "up": "plain"}, 92),
        (UNet, {"depth": 1, "convs": 3, "dilation": 2}, 52),
        (AttentionUNet, {"depth": 2}, 68),
    ],
)
def test_unpadded_network_tile_by_tile_equals_whole(kind, options, tile, shape):
    model = network(kind, padded=False, **options)
    tile = model.valid_size(tile)[1]
    images = torch.randn(2, 2, *shape)
    result = overlap_tile(model, images, tile)
    assert result.shape == (2, 3, *shape)
    torch.testing.assert_close(result, whole(model, images, model.margin, None), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (UNet, {"depth": 1}),
        (UNet, {"depth": 2}),
        (UNet, {"depth": 3, "convs": 1}),
        (AttentionUNet, {"depth": 2}),
    ],
)
def test_padded_network_tile_by_tile_equals_whole_with_mirrored_borders(kind, options):
    model, multiple = network(kind, **options), 2 ** options["depth"]
    margin = -(-(model.receptive_field + multiple) // (2 * multiple)) * multiple
    images = torch.randn(1, 2, 53, 70)
    result = overlap_tile(model, images, 2 * margin + 4 * multiple)
    torch.testing.assert_close(result, whole(model, images, margin, multiple), atol=1e-5, rtol=1e-5)


def test_a_margin_below_the_receptive_field_is_not_exact():
    model = network(depth=2)
    images = torch.randn(1, 2, 64, 64)
    exact, rough = overlap_tile(model, images, 96), overlap_tile(model, images, 48, margin=4)
    assert not torch.allclose(exact, rough, atol=1e-3)


def test_steps_off_the_pooling_grid_would_not_be_exact():
    """Why tiles advance by multiples of 2**depth: a shift by one pixel pools other blocks."""
    model = network(padded=False, depth=2)
    images = torch.randn(1, 2, 64, 64)
    torch.testing.assert_close(model(images)[..., 4:, :], model(images[..., 4:, :]), atol=1e-5, rtol=1e-5)
    wide = torch.randn(1, 2, 65, 64)
    assert not torch.allclose(
        model(wide[..., :64, :])[..., 1:, :], model(wide[..., 1:, :])[..., :-1, :], atol=1e-3
    )


def test_network_of_a_student_is_measured():
    model = nn.Conv2d(2, 3, 5)  # unpadded, and says nothing about itself
    images = torch.randn(1, 2, 30, 41)
    expected = model(mirror_pad(images, (2, 2), (2, 2)))
    torch.testing.assert_close(overlap_tile(model, images, 20), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(overlap_tile(model, images, 9, multiple=1), expected, atol=1e-5, rtol=1e-5)
    padded = nn.Conv2d(2, 3, 5, padding=2)
    padded.load_state_dict(model.state_dict())
    torch.testing.assert_close(overlap_tile(padded, images, 48, margin=16), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("model", "tile", "options", "message"),
    [
        (UNet(2, 3, 2, 2, padded=False), 62, {}, "62 does not fit an unpadded .* expected 60 or 64"),
        (UNet(2, 3, 2, 2, padded=False), 64, {"margin": 5}, "margin is 5; expected at least 20"),
        (UNet(2, 3, 2, 2, padded=False), 44, {"margin": 21}, "tile is 44; expected at least 46: 21 pixels"),
        (UNet(2, 3, 2, 2), 32, {}, "tile is 32; expected at least"),
        (UNet(2, 3, 2, 2), 34, {"margin": 4}, "tile is 34 and margin 4; expected multiples of 4"),
        (nn.Conv2d(2, 3, 3, padding=1), 32, {}, "margin is None; expected a number of pixels"),
        (UNet(2, 3, width=2, depth=2, pyramid=True), 32, {}, "margin is None; .* looks at the whole image"),
    ],
)
def test_wrong_tiles_are_named(model, tile, options, message):
    with pytest.raises(ValueError, match=message):
        overlap_tile(model, torch.zeros(1, 2, 40, 40), tile, **options)


def test_one_image_needs_a_batch_axis():
    with pytest.raises(ValueError, match=r"shape \(2, 40, 40\); expected \(B, C, H, W\): add a batch axis"):
        overlap_tile(UNet(2, 3, 2, 2), torch.zeros(2, 40, 40), 64)
