"""Both phases at the sizes of the reference study, 28 to 128 pixels, and from what a scanner gives."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from tiny_gan import SETTINGS, discriminator
from torch.utils.data import TensorDataset

from brainlab.data.degradations import bicubic, kspace_crop
from brainlab.models import RRDBNet, SRResNet
from brainlab.training import image_scores, srgan_losses, train_gan, train_psnr

LONG, SHORT = (replace(SETTINGS, epochs=n, lr=2e-3, schedule="cosine") for n in (12, 1))
pytestmark = pytest.mark.slow

WAYS = {
    "bicubic": bicubic,
    "k-space": kspace_crop,
    "k-space with noise": partial(kspace_crop, noise=0.02),
}


def heads(n, seed):
    """Return ellipses with a bright spot, (n, 1, 128, 128) in 0..1: edges that a small image loses."""
    draw = torch.Generator().manual_seed(seed)
    y = torch.linspace(-1, 1, 128)[:, None]
    x = torch.linspace(-1, 1, 128)
    images = []
    for a, b, p, q in (0.5 + 0.3 * torch.rand(n, 4, generator=draw)).tolist():
        head = ((x / a) ** 2 + (y / b) ** 2 < 1).float()
        spot = ((x - p + 0.6) ** 2 + (y - q + 0.6) ** 2 < 0.03).float()
        images.append((0.5 * head + 0.5 * head * spot)[None])
    return torch.stack(images)


def train_both_phases(network, way):
    """Return the histories of both phases, and check that the images have the large size."""
    torch.manual_seed(0)
    train, val = (TensorDataset(WAYS[way](hr, 28), hr) for hr in (heads(8, 1), heads(4, 2)))
    blocks = {"num_grow_ch": 4} if network is RRDBNet else {}
    model = network(1, num_feat=8, num_block=1, image_skip=True, **blocks)
    first = train_psnr(model, train, val, LONG, progress=False)
    second = train_gan(model, discriminator(), srgan_losses(), train, val, SHORT, progress=False)
    assert not second.stopped
    last = {name: values[-1] for name, values in first.scores.items()}
    assert second.before == pytest.approx(last, rel=1e-4)
    assert model(val.tensors[0], (128, 128)).shape == (4, 1, 128, 128)
    assert image_scores(model, [val.tensors])["psnr"] == pytest.approx(second.scores["psnr"][-1], rel=1e-4)
    return first, second


@pytest.mark.parametrize("network", [SRResNet, RRDBNet], ids=lambda network: network.__name__)
def test_28_to_128_from_noisy_scans_beats_bicubic(network):
    first, _ = train_both_phases(network, "k-space with noise")
    assert first.scores["psnr"][-1] > first.before["psnr"] + 0.5


@pytest.mark.parametrize("way", ["bicubic", "k-space"])
def test_28_to_128_without_noise_learns(way):
    first, _ = train_both_phases(SRResNet, way)
    assert first.steps["g_loss"][-1] < first.steps["g_loss"][0]
    assert first.scores["psnr"][-1] > first.before["psnr"] - 0.1
