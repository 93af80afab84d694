"""The edge map against loops, ramps and symmetries; the data set that carries it."""

import copy
import pickle

import numpy as np
import pytest
import torch
from fake_cases import fake_case

from brainlab.data import SliceDataset, cache_cases, find_cases
from brainlab.labels import MODALITIES
from studies.edges import EDGES_OF, WithEdges, edge_map

FLAIR, T1C = MODALITIES.index("t2f"), MODALITIES.index("t1c")


def brain_image(seed=0, size=(30, 27)):
    """An image (4, H, W) of noise in a lopsided brain, which is a bit smaller in T1c; 0 outside."""
    y, x = np.ogrid[: size[0], : size[1]]
    brain = (y - 15) ** 2 + (x - 12) ** 2 + 0.4 * (y - 15) * (x - 12) < 90
    image = np.random.default_rng(seed).normal(size=(4, *size)) * brain
    image[T1C, :8] = 0
    return torch.from_numpy(image.astype(np.float32))


def slow_gradient(channel, sigma):
    """Magnitude of the gradient of (H, W), pixel by pixel; only pixels of the brain count in the Gaussian."""
    H, W = channel.shape
    reach = int(4 * sigma + 0.5)

    def smooth(y, x):
        total = weights = 0.0
        for v in range(max(y - reach, 0), min(y + reach + 1, H)):
            for u in range(max(x - reach, 0), min(x + reach + 1, W)):
                if channel[v, u] != 0:
                    weight = np.exp(-((v - y) ** 2 + (u - x) ** 2) / (2 * sigma**2))
                    total, weights = total + weight * channel[v, u], weights + weight
        return total / weights

    out = np.zeros((H, W))
    for y, x in zip(*np.nonzero(channel), strict=True):
        dy = sum(w * (smooth(y + 1, x + i) - smooth(y - 1, x + i)) for i, w in ((-1, 1), (0, 2), (1, 1)))
        dx = sum(w * (smooth(y + i, x + 1) - smooth(y + i, x - 1)) for i, w in ((-1, 1), (0, 2), (1, 1)))
        out[y, x] = np.hypot(dy, dx)
    return out


@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_equals_loops(sigma):
    image = brain_image()
    pixels = image.double().numpy()
    strength = np.hypot(slow_gradient(pixels[FLAIR], sigma), slow_gradient(pixels[T1C], sigma))
    brain = (pixels[FLAIR] != 0) | (pixels[T1C] != 0)
    expected = np.where(brain, (strength - strength[brain].mean()) / strength[brain].std(), 0)
    np.testing.assert_allclose(edge_map(image, sigma)[0].numpy(), expected, atol=1e-3)


def test_shape_type_and_scale():
    image = brain_image()
    before = image.clone()
    edges = edge_map(image)
    brain = (image[[FLAIR, T1C]] != 0).any(dim=0)
    assert (tuple(edges.shape), edges.dtype) == ((1, 30, 27), torch.float32)
    assert not edges[0][~brain].any()
    assert float(edges[0][brain].mean()) == pytest.approx(0, abs=1e-5)
    assert float(edges[0][brain].std(correction=0)) == pytest.approx(1, abs=1e-5)
    assert torch.equal(image, before)


def test_made_of_flair_and_contrast_alone():
    assert EDGES_OF == ("t2f", "t1c")
    image = brain_image()
    expected = edge_map(image)
    for channel in range(4):
        changed = image.clone()
        changed[channel] = brain_image(seed=1)[channel]
        assert torch.equal(edge_map(changed), expected) == (channel not in (FLAIR, T1C))


@pytest.mark.parametrize("channel", [FLAIR, T1C])
def test_strongest_along_a_step_and_not_at_the_border_of_the_brain(channel):
    image = torch.zeros(4, 40, 40)
    image[:, 6:34, 6:34] = -1.0
    image[channel, 6:34, 20:34] = 2.0
    edges = edge_map(image)[0]
    assert sorted(edges[20].topk(2).indices.tolist()) == [19, 20]
    rim, middle = edges[6:34, 6:10], edges[10:30, 6:10]
    torch.testing.assert_close(rim[4:-4], middle)
    assert float(rim.max() - rim.min()) < 1e-4  # as flat at the border as inside


def test_no_edge_no_brain():
    flat = torch.zeros(4, 20, 20)
    assert not edge_map(flat).any()
    flat[:, 5:15, 5:15] = 0.7
    assert not edge_map(flat).any()


def test_mirroring_and_turning_move_the_edges_along():
    image = brain_image()
    torch.testing.assert_close(edge_map(image.flip(1)), edge_map(image).flip(1), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(edge_map(image.mT), edge_map(image).mT, atol=1e-4, rtol=1e-4)


def test_brightness_and_contrast_do_not_matter():
    image = brain_image()
    other = torch.where(image != 0, 5 - 3 * image, 0)
    torch.testing.assert_close(edge_map(other), edge_map(image), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("shape", [(5, 8, 8), (1, 4, 8, 8), (8, 8)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(4, H, W\): is it a batch, or was the edge map added"):
        edge_map(torch.zeros(shape))


@pytest.mark.parametrize("sigma", [0, -1, float("nan")])
def test_sigma_out_of_range(sigma):
    with pytest.raises(ValueError, match=r"sigma=.*; expected more than 0 pixels"):
        edge_map(brain_image(), sigma)


class Slices(torch.utils.data.Dataset):
    """Two slices that can be preloaded and that remember the epoch."""

    def __init__(self):
        self.index, self.epoch, self.loaded = [(0, 3), (0, 4)], None, False

    def __len__(self):
        return len(self.index)

    def __getitem__(self, item):
        return brain_image(item), torch.full((30, 27), item)

    def preload(self):
        self.loaded = True
        return self

    def set_epoch(self, epoch):
        self.epoch = epoch


def test_data_set_gets_a_last_channel():
    plain, edged = Slices(), WithEdges(Slices(), sigma=0.7)
    assert len(edged) == 2
    for item in range(2):
        (image, labels), (wide, same) = plain[item], edged[item]
        assert torch.equal(wide, torch.cat([image, edge_map(image, 0.7)]))
        assert torch.equal(labels, same)


def test_data_set_keeps_what_the_inner_one_can():
    inner = Slices()
    edged = WithEdges(inner)
    assert edged.preload() is edged
    edged.set_epoch(7)
    assert (inner.loaded, inner.epoch, edged.index) == (True, 7, [(0, 3), (0, 4)])
    with pytest.raises(AttributeError, match="unknown"):
        _ = edged.unknown
    assert not hasattr(WithEdges([1, 2]), "set_epoch")


def test_data_set_can_be_copied_and_sent_to_a_worker():
    edged = WithEdges(Slices(), sigma=0.7)
    for other in (copy.deepcopy(edged), pickle.loads(pickle.dumps(edged))):
        assert torch.equal(other[1][0], edged[1][0])
        assert other.index == edged.index
        assert other.dataset is not edged.dataset


def test_labels_have_no_say():
    class OtherLabels(Slices):
        def __getitem__(self, item):
            image, labels = super().__getitem__(item)
            return image, (labels + 1) % 4

    assert torch.equal(WithEdges(Slices())[0][0], WithEdges(OtherLabels())[0][0])


def test_edges_of_cached_slices(tmp_path):
    fake_case(tmp_path / "cases")
    cached = cache_cases(find_cases(tmp_path / "cases"), tmp_path / "cache", progress=False)
    plain = SliceDataset(cached, size=24, min_area=1)
    edged = WithEdges(SliceDataset(cached, size=24, min_area=1)).preload()
    assert len(edged) == len(plain)
    assert edged.index == plain.index
    image, labels = edged[0]
    assert tuple(image.shape) == (5, 24, 24)
    assert torch.equal(image[:4], plain[0][0])
    assert torch.equal(labels, plain[0][1])
    assert np.unique(image[4].numpy()).size > 10
