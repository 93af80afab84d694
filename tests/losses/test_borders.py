"""The weight map against a slow double loop, and the loss that uses it."""

import math

import numpy as np
import pytest
import torch

from brainlab.losses import border_cross_entropy, border_weight_map, cross_entropy


def slow_border(instances, w0, sigma):
    pixels = [(y, x) for y in range(instances.shape[0]) for x in range(instances.shape[1])]
    border = np.zeros(instances.shape)
    for pixel in pixels:
        if instances[pixel] != 0:
            continue
        distance = {}
        for other in pixels:
            number = instances[other]
            if number != 0:
                distance[number] = min(distance.get(number, math.inf), math.dist(pixel, other))
        if len(distance) >= 2:
            d1, d2 = sorted(distance.values())[:2]
            border[pixel] = w0 * math.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    return border


def discs():
    """Return three discs of radius 4: two with a gap of one pixel, one alone far off."""
    y, x = np.mgrid[:20, :36]
    instances = np.zeros((20, 36), dtype=np.int64)
    for number, (row, column) in {7: (9, 5), 2: (9, 15), 4: (12, 30)}.items():
        instances[(y - row) ** 2 + (x - column) ** 2 <= 4.5**2] = number
    return instances


@pytest.mark.parametrize(("w0", "sigma"), [(10.0, 5.0), (3.0, 1.5)])
def test_against_a_slow_double_loop(w0, sigma):
    instances = discs()
    border = border_weight_map(instances, w0, sigma, class_weights=False) - 1
    np.testing.assert_allclose(border, slow_border(instances, w0, sigma), atol=1e-5)


def test_highest_in_the_narrowest_gap():
    instances = discs()
    weight = border_weight_map(instances, class_weights=False)
    assert weight[9, 10] == weight.max() == pytest.approx(1 + 10 * math.exp(-(2**2) / 50))
    assert (weight[instances > 0] == 1).all()
    assert weight[1, 34] < 1.01


def test_by_hand():
    weight = border_weight_map(np.array([[1, 0, 0, 0, 2]]), w0=10, sigma=5, class_weights=False)
    gap = 1 + 10 * math.exp(-(4**2) / 50)  # d1 + d2 is 4 everywhere between the two
    np.testing.assert_allclose(weight, [[1, gap, gap, gap, 1]], rtol=1e-6)


def test_class_weights_balance_and_have_mean_one():
    instances = discs()
    weight = border_weight_map(instances, w0=0)
    assert weight[instances == 0].sum() == pytest.approx(weight[instances > 0].sum(), rel=1e-5)
    assert weight.mean() == pytest.approx(1, rel=1e-5)
    border = border_weight_map(instances, class_weights=False) - 1
    np.testing.assert_allclose(border_weight_map(instances), weight + border, rtol=1e-6)


@pytest.mark.parametrize("instances", [np.zeros((6, 8), int), np.full((6, 8), 3), np.eye(8, dtype=np.uint8)])
def test_fewer_than_two_objects_have_no_border(instances):
    assert (border_weight_map(instances, class_weights=False) == 1).all()
    np.testing.assert_array_equal(border_weight_map(instances), border_weight_map(instances, w0=0))


def test_numbers_and_type_of_the_instances_do_not_matter():
    instances = discs()
    weight = border_weight_map(instances)
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(border_weight_map((300 - instances) * (instances > 0)), weight)
    np.testing.assert_array_equal(border_weight_map(instances.astype(np.uint8)), weight)
    np.testing.assert_allclose(border_weight_map(instances[::-1].T), weight[::-1].T, rtol=1e-6)


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        (np.zeros((4, 5), bool), r"instances are bool of shape \(4, 5\); .*scipy.ndimage.label\(mask\)"),
        (np.zeros((4, 5)), r"instances are float64 of shape \(4, 5\); expected integers \(H, W\)"),
        (np.zeros((1, 4, 5), int), r"of shape \(1, 4, 5\); expected integers \(H, W\)"),
        (np.zeros((0, 5), int), r"of shape \(0, 5\)"),
        (np.full((4, 5), -1), r"instances hold -1; expected 0 for the background"),
    ],
)
def test_errors_of_the_map_name_the_cause(instances, message):
    with pytest.raises(ValueError, match=message):
        border_weight_map(instances)


def test_options_out_of_range():
    with pytest.raises(ValueError, match=r"w0 is -1; expected 0 or more"):
        border_weight_map(discs(), w0=-1)
    with pytest.raises(ValueError, match=r"sigma is 0; expected more than 0 pixels"):
        border_weight_map(discs(), sigma=0)


@pytest.mark.parametrize("channels", [1, 4])
def test_loss_against_a_weighted_mean(channels, problem):
    logits, target = problem((2, channels, 5, 7))
    weight_map = torch.rand(2, 5, 7)
    pixels = [
        cross_entropy(logits[b, :, h, w][None], target[b, h, w][None])
        for b, h, w in np.ndindex(*target.shape)
    ]
    expected = (torch.stack(pixels).view(2, 5, 7) * weight_map).sum() / weight_map.sum()
    torch.testing.assert_close(border_cross_entropy(logits, target, weight_map), expected)


def test_constant_map_is_the_cross_entropy_and_zeros_are_zero(problem):
    logits, target = problem()
    constant = torch.full(target.shape, 7.0)
    torch.testing.assert_close(border_cross_entropy(logits, target, constant), cross_entropy(logits, target))
    assert border_cross_entropy(logits, target, 0 * constant) == 0


def test_errors_of_the_loss_name_the_cause(problem):
    logits, target = problem()
    with pytest.raises(ValueError, match=r"weight_map has shape \(5, 7\); expected \(2, 5, 7\)"):
        border_cross_entropy(logits, target, torch.ones(5, 7))
    for bad in (-1.0, torch.nan):
        with pytest.raises(ValueError, match="weight_map holds negative numbers or NaN"):
            border_cross_entropy(logits, target, torch.full((2, 5, 7), bad))
    with pytest.raises(ValueError, match="target holds label 4"):
        border_cross_entropy(logits, target + 1, torch.ones(2, 5, 7))
