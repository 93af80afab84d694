"""What a network sees covers the brain, and an output lands on the voxels it came from."""

import numpy as np
import pytest
import torch

from brainlab.data.geometry import (
    covering_size,
    crop,
    from_network,
    labels_to_network,
    pool_image,
    pool_labels,
    to_network,
)

# The stored slices are 13 x 17 voxels: windows that are larger, exact, smaller, and of coarse pixels.
WINDOWS = [(17, 1), (32, 1), (17, 2), (9, 2), (7, 3), (10, 1), (5, 2)]


@pytest.fixture
def cached(cached_trio):
    return cached_trio[0]


@pytest.mark.parametrize(("size", "pixel"), WINDOWS)
def test_the_window_is_the_slice_averaged_over_blocks(cached, size, pixel):
    z, window = 3, size * pixel
    padded = np.pad(cached.slice(z), ((0, 0), (window, window), (window, window)))
    # The window's centre is the box's centre, rounded down.
    starts = [window + (length - window) // 2 for length in (13, 17)]
    seen = to_network(cached, z, size, pixel)
    assert seen.shape == (4, size, size)
    assert seen.dtype == np.float32
    for h in range(size):
        for w in range(size):
            x, y = starts[0] + h * pixel, starts[1] + w * pixel
            block = padded[:, x : x + pixel, y : y + pixel]
            np.testing.assert_allclose(seen[:, h, w], block.mean(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize(("size", "pixel"), [(17, 1), (32, 1), (9, 2), (6, 3)])
def test_a_window_of_covering_size_cuts_nothing(cached, size, pixel):
    assert size >= covering_size(cached, pixel, multiple=1)
    image = cached.slice(2)
    assert crop(image, size, pixel).sum() == pytest.approx(image.sum(), rel=1e-5, abs=1e-3)
    assert np.count_nonzero(crop(image, size, pixel)) == np.count_nonzero(image)


@pytest.mark.parametrize(
    ("pixel", "multiple", "size"), [(1, 1, 17), (1, 16, 32), (2, 1, 9), (2, 8, 16), (17, 1, 1)]
)
def test_covering_size_is_the_smallest(cached, pixel, multiple, size):
    assert covering_size(cached, pixel, multiple) == size


def test_labels_are_the_most_frequent_of_their_block():
    labels = np.random.default_rng(0).integers(0, 4, (5, 12, 9)).astype(np.uint8)
    pooled = pool_labels(labels, 3)
    assert pooled.shape == (5, 4, 3)
    assert pooled.dtype == np.uint8
    for n, h, w in np.ndindex(pooled.shape):
        block = labels[n, h * 3 : h * 3 + 3, w * 3 : w * 3 + 3].ravel().tolist()
        assert pooled[n, h, w] == max(range(4), key=lambda label: (block.count(label), label))


@pytest.mark.parametrize(
    ("block", "label"), [([0, 0, 2, 2], 2), ([2, 2, 3, 3], 3), ([0, 0, 0, 3], 0), ([1, 2, 0, 0], 0)]
)
def test_in_a_tie_the_highest_label_wins(block, label):
    assert pool_labels(np.array(block, np.uint8).reshape(2, 2), 2).item() == label


def test_pooling_at_pixel_1_changes_nothing(cached):
    np.testing.assert_array_equal(pool_image(cached.slice(1), 1), cached.slice(1))
    np.testing.assert_array_equal(pool_labels(cached.labels[3], 1), cached.labels[3])


@pytest.mark.parametrize("size", [17, 20, 33])
def test_there_and_back_at_pixel_1_is_the_identity(cached, size):
    for mode in ("nearest", "bilinear"):
        back = from_network(to_network(cached, 4, size), cached, size, mode=mode)
        np.testing.assert_allclose(back, cached.slice(4), atol=1e-6)
    back = from_network(labels_to_network(cached, 4, size), cached, size, mode="nearest")
    np.testing.assert_array_equal(back, cached.labels[4])


@pytest.mark.parametrize(("size", "pixel"), [(9, 2), (16, 2), (7, 3)])
def test_a_coarse_output_covers_the_voxels_of_its_pixels(cached, size, pixel):
    numbers = np.arange(size * size).reshape(size, size)
    back = from_network(numbers, cached, size, pixel, mode="nearest")
    assert back.shape == (13, 17)
    # Crop and pool what came back: pixels that lie whole in the box have their number again.
    inside = pool_image(crop(np.ones((13, 17), np.float32), size, pixel), pixel) == 1
    again = pool_image(crop(back.astype(np.float32), size, pixel), pixel)
    assert inside.sum() >= 15
    np.testing.assert_array_equal(again[inside], numbers[inside])


def test_bilinear_lets_a_ramp_pass_unchanged(cached):
    # A coarse pixel is the mean of its voxels, so a ramp of voxels must come back as itself but for the edge.
    size, pixel = 16, 2
    ramp = np.arange(32, dtype=np.float32)[:, None] + np.zeros(32, np.float32)
    back = from_network(pool_image(ramp, pixel), cached, size, pixel)
    start = (32 - 13) // 2 + 1  # (13 - 32) // 2 = -10: the box begins at voxel 10 of the window
    np.testing.assert_allclose(back[:, 5], np.arange(start, start + 13), atol=1e-4)


def test_a_cut_border_comes_back_as_0(cached):
    back = from_network(np.ones((2, 10, 10), np.float32), cached, 10)
    assert back.shape == (2, 13, 17)
    assert back.sum() == 2 * 10 * 10


def test_tensors_give_tensors_and_leading_axes_stay(cached):
    logits = torch.randn(2, 4, 9, 9)
    back = from_network(logits, cached, 9, 2)
    assert isinstance(back, torch.Tensor)
    assert back.shape == (2, 4, 13, 17)
    torch.testing.assert_close(back[1, 2], from_network(logits[1, 2], cached, 9, 2))


def test_errors_say_what_to_do(cached):
    with pytest.raises(
        ValueError, match=r"array has shape \(4, 5, 5\); expected \(..., 9, 9\): an unpadded network"
    ):
        from_network(torch.zeros(4, 5, 5), cached, 9)
    with pytest.raises(ValueError, match="mode='cubic'; expected 'bilinear' or 'nearest'"):
        from_network(torch.zeros(9, 9), cached, 9, mode="cubic")
    with pytest.raises(ValueError, match="expected floats, or mode='nearest' for labels"):
        from_network(torch.zeros(9, 9, dtype=torch.long), cached, 9)
    with pytest.raises(ValueError, match="size=0, pixel=1; expected both to be at least 1"):
        to_network(cached, 0, 0)
