"""The map is the one that was asked for: against scipy, and against Keys' formula written out."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from brainlab.data.augment import affine_matrix, elastic_field, warp

STILL_FIELD = torch.zeros(2, 1, 1)


def scipy_warp(image, matrix, shift=(0, 0), order=1):
    """Sample (H, W) with scipy, which also maps output to source: an independent oracle."""
    centre = (np.array(image.shape) - 1) / 2
    offset = centre + shift - matrix @ centre
    return ndimage.affine_transform(image, matrix, offset, order=order, mode="grid-constant")


@pytest.mark.parametrize("angle", [10, -33, 80])
def test_a_rotation_is_that_of_scipy(pair, angle):
    image, labels = pair
    moved, turned = warp(image, labels, affine_matrix(rotation=angle), STILL_FIELD)
    expected = ndimage.rotate(image.numpy(), angle, axes=(1, 2), reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(moved, expected, atol=1e-4)
    expected = ndimage.rotate(labels.numpy(), angle, reshape=False, order=0, mode="grid-constant")
    assert (turned.numpy() == expected).mean() > 0.99  # but for pixels half-way between two labels


@pytest.mark.parametrize(
    ("settings", "matrix"),
    [
        ({"zoom": 1.25}, [[0.8, 0], [0, 0.8]]),
        ({"shear": 0.1}, [[1, 0.1], [0, 1]]),
        ({"flip": True}, [[-1, 0], [0, 1]]),
    ],
)
def test_the_other_parts_against_scipy(pair, settings, matrix):
    moved, _ = warp(*pair, affine_matrix(**settings), STILL_FIELD)
    expected = [scipy_warp(channel, np.array(matrix)) for channel in pair[0].numpy()]
    np.testing.assert_allclose(moved, expected, atol=1e-4)


def test_zoom_above_1_magnifies():
    image = torch.zeros(1, 41, 41)
    image[:, 10:31, 10:31] = 1
    larger, _ = warp(image, image[0].long(), affine_matrix(zoom=1.2), STILL_FIELD)
    assert larger.sum().item() == pytest.approx(1.44 * image.sum().item(), rel=0.02)


def test_a_shift_against_a_slice(pair):
    image, labels = pair
    moved, shifted = warp(image, labels, affine_matrix(), torch.tensor([3.0, -2.0])[:, None, None])
    torch.testing.assert_close(moved[:, :-3, 2:], image[:, 3:, :-2], atol=1e-4, rtol=0)
    assert torch.equal(shifted[:-3, 2:], labels[3:, :-2])
    assert moved[:, -3:].abs().max() < 1e-5
    assert not shifted[:, :2].any()


def test_affine_and_displacement_together_against_scipy(pair):
    image, labels = pair
    matrix = affine_matrix(flip=True, rotation=15, zoom=0.9, shear=0.08)
    field = elastic_field(labels.shape, sigma=3, rng=np.random.default_rng(1))
    moved, _ = warp(image, labels, matrix, field)
    centre = (np.array(labels.shape) - 1)[:, None, None] / 2
    source = (
        np.einsum("ij,jhw->ihw", matrix.numpy(), np.indices(labels.shape) - centre) + centre + field.numpy()
    )
    for channel, expected in zip(moved, image.numpy(), strict=True):
        expected = ndimage.map_coordinates(expected, source, order=1, mode="grid-constant")
        np.testing.assert_allclose(channel, expected, atol=1e-4)


def keys(t, a=-0.75):
    """Keys' cubic kernel (1981)."""
    t = abs(t)
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0


@pytest.mark.parametrize(("shape", "grid"), [((9, 9), 3), ((12, 7), 3), ((10, 11), 5)])
def test_the_elastic_field_is_bicubic_between_its_nodes(shape, grid):
    field = elastic_field(shape, sigma=4.0, grid=grid, rng=np.random.default_rng(2))
    nodes = 4.0 * np.random.default_rng(2).normal(size=(2, grid, grid))
    assert field.shape == (2, *shape)
    for component, h, w in np.ndindex(2, *shape):
        y, x = h * (grid - 1) / (shape[0] - 1), w * (grid - 1) / (shape[1] - 1)
        slow = sum(
            keys(y - i) * keys(x - j) * nodes[component, np.clip(i, 0, grid - 1), np.clip(j, 0, grid - 1)]
            for i in range(int(y) - 2, int(y) + 4)
            for j in range(int(x) - 2, int(x) + 4)
        )
        assert field[component, h, w] == pytest.approx(slow, abs=1e-4)


def test_the_nodes_have_the_standard_deviation_asked_for():
    rng = np.random.default_rng(0)
    corners = torch.stack([elastic_field((8, 8), sigma=10.0, rng=rng)[:, ::7, ::7] for _ in range(400)])
    assert corners.std() == pytest.approx(10, rel=0.05)
    assert corners.mean() == pytest.approx(0, abs=0.6)
    assert not elastic_field((8, 8), sigma=0.0, rng=rng).any()
