"""Image and labels are deformed together, within the strengths and by the seed."""

import numpy as np
import pytest
import torch

from brainlab.data.augment import Augment

STILL = {"flip": False, "rotation": 0, "shift": 0, "zoom": 0, "shear": 0, "elastic": 0}


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
