"""Image and labels are deformed by one map, which is the one that was asked for."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from brainlab.data.augment import Augment
from brainlab.data.deform import affine_matrix, elastic_field, warp

STILL = {"flip": False, "rotation": 0, "shift": 0, "zoom": 0, "shear": 0, "elastic": 0}
STILL_FIELD = torch.zeros(2, 1, 1)


@pytest.fixture
def pair():
    """A smooth random image (3, 40, 33) and four labels (40, 33) in blobs."""
    noise = np.random.default_rng(0).normal(size=(3, 40, 33))
    image = ndimage.gaussian_filter(noise, (0, 2, 2)).astype(np.float32)
    labels = np.digitize(image[0], np.quantile(image[0], (0.4, 0.6, 0.8)))
    return torch.from_numpy(image), torch.from_numpy(labels)


def scipy_warp(image, matrix, shift=(0, 0), order=1):
    """Sample (H, W) with scipy, which also maps output to source: an independent oracle."""
    centre = (np.array(image.shape) - 1) / 2
    offset = centre + shift - matrix @ centre
    return ndimage.affine_transform(image, matrix, offset, order=order, mode="grid-constant")


def test_without_strength_nothing_moves(pair):
    image, labels = Augment(**STILL)(*pair)
    torch.testing.assert_close(image, pair[0], atol=1e-5, rtol=0)
    assert torch.equal(labels, pair[1])


def test_types_and_shapes_stay_and_the_input_is_left_alone(pair):
    before = [tensor.clone() for tensor in pair]
    image, labels = Augment()(*pair)
    assert (image.shape, image.dtype) == (pair[0].shape, torch.float32)
    assert (labels.shape, labels.dtype) == (pair[1].shape, torch.int64)
    assert all(torch.equal(one, other) for one, other in zip(before, pair, strict=True))
    double, small = Augment()(pair[0].double(), pair[1].to(torch.uint8))
    assert (double.dtype, small.dtype) == (torch.float64, torch.uint8)


def test_labels_stay_labels(pair):
    image, labels = pair
    augment = Augment()
    for _ in range(20):
        # Without 1 and 2: interpolation between 0 and 3 would make them.
        assert set(augment(image, labels // 2 * 3)[1].unique().tolist()) <= {0, 3}


def test_image_and_labels_move_together(pair):
    labels = torch.zeros(40, 33, dtype=torch.long)
    labels[12:25, 8:20] = 1
    augment = Augment()
    for _ in range(20):
        image, moved = augment(labels[None].float(), labels)  # the label is drawn into the image
        assert moved.sum() > 20
        # Bilinear and nearest may differ only where the nearest pixel decides less than half the value.
        assert ((image[0] > 0.5).long() != moved).float().mean() < 0.03
        assert (moved[image[0] > 0.76] == 1).all()
        assert (moved[image[0] < 0.24] == 0).all()


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


def test_the_flip_is_left_right_only_and_in_half_of_the_slices(pair):
    augment = Augment(**(STILL | {"flip": True}))
    flips = 0
    for _ in range(200):
        image, labels = augment(*pair)
        flipped = not torch.equal(labels, pair[1])
        flips += flipped
        if flipped:
            assert torch.equal(labels, pair[1].flip(0))  # H = X = left to right
            torch.testing.assert_close(image, pair[0].flip(1), atol=1e-5, rtol=0)
    assert 70 < flips < 130


@pytest.mark.parametrize("name", ["flip", "rotation", "shift", "zoom", "shear", "elastic"])
def test_each_strength_moves_something_by_itself(pair, name):
    default = getattr(Augment(), name)
    augment = Augment(**(STILL | {name: default}))
    assert any(not torch.equal(augment(*pair)[1], pair[1]) for _ in range(10))


def test_draws_stay_within_the_strengths(pair, monkeypatch):
    drawn = []

    def record(image, labels, matrix, displacement):
        drawn.append((matrix, displacement[:, 0, 0]))
        return image, labels

    monkeypatch.setattr("brainlab.data.augment.warp", record)
    augment = Augment(flip=False, elastic=0)
    for _ in range(300):
        augment(*pair)
    matrices = torch.stack([matrix for matrix, _ in drawn])
    # The first column is (cos, -sin) / zoom: shear does not touch it.
    zoom = 1 / matrices[:, :, 0].norm(dim=1)
    angle = torch.rad2deg(torch.atan2(-matrices[:, 1, 0], matrices[:, 0, 0]))
    shift = torch.stack([pixels for _, pixels in drawn]) / torch.tensor([40.0, 33.0])
    for values, low, high in (
        (zoom, 0.8, 1.2),
        (angle, -20, 20),
        (shift[:, 0], -0.1, 0.1),
        (shift[:, 1], -0.1, 0.1),
    ):
        span = high - low
        assert low - 1e-4 <= values.min() < low + 0.05 * span
        assert high - 0.05 * span < values.max() <= high + 1e-4


def test_switching_a_part_off_does_not_change_the_others(pair):
    both = Augment(flip=True, rotation=20, shift=0, zoom=0, shear=0, elastic=0, seed=3)
    only = Augment(flip=False, rotation=20, shift=0, zoom=0, shear=0, elastic=0, seed=3)
    same = 0
    for _ in range(10):
        one, other = both(*pair)[0], only(*pair)[0]
        same += torch.allclose(one, other, atol=1e-4)
    assert 0 < same < 10  # equal wherever no flip was drawn


def test_seeds_reproduce(pair):
    def images(augment, **rng):
        return torch.stack([augment(*pair, **rng)[0] for _ in range(3)])

    assert torch.equal(images(Augment(seed=1)), images(Augment(seed=1)))
    assert not torch.equal(images(Augment(seed=1)), images(Augment(seed=2)))
    one, two = (images(Augment(seed=s), rng=np.random.default_rng(5)) for s in (1, 2))
    assert torch.equal(one, two)  # a generator of the caller's decides alone
    assert not torch.equal(one[0], one[1])


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


@pytest.mark.parametrize("name", ["rotation", "shift", "zoom", "shear", "elastic"])
def test_a_negative_strength_is_refused(name):
    with pytest.raises(ValueError, match=f"{name}=-0.1; expected 0 or more"):
        Augment(**{name: -0.1})


def test_errors_say_what_to_do(pair):
    with pytest.raises(ValueError, match=r"zoom=20; expected less than 1: 0.2 means 20 %"):
        Augment(zoom=20)
    with pytest.raises(
        ValueError, match=r"image has shape \(3, 40, 33\), labels \(33, 40\); expected \(C, H, W\)"
    ):
        Augment()(pair[0], pair[1].T)
