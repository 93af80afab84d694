"""A super-resolution problem of milliseconds: waves of 12 x 12 pixels, networks of some hundred weights."""

import torch
from torch import nn
from torch.utils.data import TensorDataset

from brainlab.data.degradations import bicubic
from brainlab.models.srgan import SRResNet
from brainlab.training import GanSettings, esrgan_losses, srgan_losses

SETTINGS = GanSettings(epochs=3, lr=1e-3, batch_size=4, device="cpu", seed=5)


def images(n=10, seed=0):
    draw = torch.Generator().manual_seed(seed)
    phase, cycles = torch.rand(n, 1, 1, 1, generator=draw), torch.randint(1, 3, (n, 1, 1, 1), generator=draw)
    x = torch.arange(12) / 12
    hr = 0.5 + 0.4 * torch.sin(6.283 * (cycles * (x[:, None] + x) + phase))
    return TensorDataset(bicubic(hr, 6), hr)


def generator(seed=1):
    torch.manual_seed(seed)
    return SRResNet(num_feat=4, num_block=1, scale=2, image_skip=True)


def discriminator(seed=2, norm=True):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2),
        nn.BatchNorm2d(4) if norm else nn.Identity(),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 1, 3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def features():
    torch.manual_seed(3)
    return nn.Conv2d(1, 4, 3).requires_grad_(False)


def all_losses():
    return [srgan_losses(), srgan_losses(features()), esrgan_losses(features())]
