"""Pictures and masks as batches."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from brainlab.data.augment import Augment
from brainlab.data.images import ImageDataset, ImagePair, PictureError, find_pairs

STILL = {"flip": False, "rotation": 0, "shift": 0, "zoom": 0, "shear": 0, "elastic": 0}


@pytest.fixture
def pairs(tmp_path, grey, make_disc, make_picture):
    for n in range(3):
        make_picture(tmp_path / f"{n}.png", np.roll(grey, n))
        make_picture(tmp_path / f"{n}_mask.png", make_disc().astype(np.uint8))
    return find_pairs(tmp_path)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [32, 50, 64])
def test_shapes_types_and_range(pairs, size, channels):
    image, labels = ImageDataset(pairs, size, channels)[0]
    assert image.shape == (channels, size, size)
    assert labels.shape == (size, size)
    assert (image.dtype, labels.dtype) == (torch.float32, torch.int64)
    assert image.min() == 0
    assert image.max() == 1
    assert set(labels.unique().tolist()) == {0, 1}
    assert image[0][labels == 1].mean() > 0.9, "the bright disc is the mask"


def test_intensities_do_not_depend_on_the_scale(pairs, tmp_path, grey, make_picture):
    expected, _ = ImageDataset(pairs, 50)[0]
    make_picture(tmp_path / "0.png", grey.astype(np.uint16) * 64 + 1000)  # 16 bit, other offset
    image, _ = ImageDataset(pairs, 50)[0]
    torch.testing.assert_close(image, expected, atol=1e-5, rtol=0)


def test_padding_is_black_and_outside_the_mask(pairs):
    image, labels = ImageDataset(pairs, 50)[0]
    for border in (slice(None, 5), slice(45, None)):
        assert not image[:, border].any()
        assert not labels[border].any()


def test_a_constant_picture_is_0(tmp_path, make_disc, make_picture):
    make_picture(tmp_path / "a.png", np.full((40, 50), 7, np.uint8))
    make_picture(tmp_path / "a_mask.png", make_disc().astype(np.uint8))
    assert not ImageDataset(find_pairs(tmp_path), 32)[0][0].any()


def test_preload_changes_nothing(pairs):
    plain, loaded = ImageDataset(pairs, 32), ImageDataset(pairs, 32).preload()
    for item in range(3):
        for a, b in zip(plain[item], loaded[item], strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=0)
    loaded[0][0].fill_(9)
    torch.testing.assert_close(loaded[0][0], plain[0][0])


def test_flip_mirrors_left_and_right(pairs):
    plain, _ = ImageDataset(pairs, 50)[0]
    mirrored = ImageDataset(pairs, 50, augment=Augment(**{**STILL, "flip": True}))
    seen = set()
    for epoch in range(8):
        mirrored.set_epoch(epoch)
        image, _ = mirrored[0]
        same = torch.allclose(image, plain, atol=1e-4)
        assert same or torch.allclose(image, plain.flip(2), atol=1e-4), "upside down?"
        seen.add(same)
    assert seen == {True, False}


def test_image_and_labels_move_together(pairs):
    dataset = ImageDataset(pairs, 64, augment=Augment(elastic=2))
    plain = ImageDataset(pairs, 64)
    moved = [dataset[0] for _ in range(4)]
    for image, labels in moved:
        assert image.is_contiguous()
        assert labels.is_contiguous()
        assert image[0][labels == 1].mean() > 0.8
    assert any((labels != plain[0][1]).any() for _, labels in moved)


def test_epoch_and_seed_draw_the_augmentation(pairs):
    def images(seed, epoch, workers=0):
        dataset = ImageDataset(pairs, 32, augment=Augment(), seed=seed)
        dataset.set_epoch(epoch)
        return torch.cat([image for image, _ in DataLoader(dataset, 1, num_workers=workers)])

    first = images(0, 0)
    torch.testing.assert_close(images(0, 0), first)
    torch.testing.assert_close(images(0, 0, workers=2), first)
    for other in (images(0, 1), images(1, 0)):
        assert (other != first).flatten(1).any(dim=1).all(), "every image is drawn anew"
    twice = ImageDataset([pairs[0], pairs[0]], 32, augment=Augment())
    twice.set_epoch(0)
    assert (twice[0][0] != twice[1][0]).any(), "each image of an epoch has a draw of its own"


def test_without_epochs_torch_draws(pairs):
    dataset = ImageDataset(pairs, 32, augment=Augment())
    torch.manual_seed(0)
    first, second = dataset[0][0], dataset[0][0]
    assert (first != second).any()
    torch.manual_seed(0)
    torch.testing.assert_close(dataset[0][0], first)


def test_arguments_are_checked(pairs, tmp_path, make_picture):
    with pytest.raises(ValueError, match="there is no pair"):
        ImageDataset([])
    with pytest.raises(ValueError, match="x and 0 more of 4 have no mask"):
        ImageDataset([*pairs, ImagePair("x", pairs[0].image)])
    with pytest.raises(ValueError, match="channels=4"):
        ImageDataset(pairs, channels=4)
    with pytest.raises(ValueError, match="size=0"):
        ImageDataset(pairs, size=0)
    make_picture(tmp_path / "0_mask.png", np.zeros((50, 40), np.uint8))
    with pytest.raises(ValueError, match=r"0: image has \(40, 50\) pixels, mask \(50, 40\)"):
        ImageDataset(pairs).preload()
    pairs[1].image.unlink()
    with pytest.raises(PictureError, match=r"1.png is not there"):
        ImageDataset(pairs)[1]
