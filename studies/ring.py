"""A GAN on a ring of Gaussians, where mode collapse can be counted; notebook 04 trains it in seconds."""

import math
from functools import partial

import torch
from torch import Tensor, nn

from brainlab.losses import discriminator_loss, generator_loss
from brainlab.training import GanLosses, History, discriminator_step, diversity, generator_step

RING, SPREAD = 8, 0.03  # Gaussians on the ring, and their standard deviation; the circle has radius 0.35


def ring_points(n: int, draw: torch.Generator) -> Tensor:
    """Return `n` points in 0..1, (n, 1, 1, 2), of eight Gaussians on a circle: their modes can be counted.

    Source: Metz et al. 2017 (arXiv:1611.02163), section 3.1; scaled to 0..1, as grey values are.
    """
    angle = 2 * math.pi / RING * torch.randint(RING, (n,), generator=draw)
    centres = 0.5 + 0.35 * torch.stack([angle.cos(), angle.sin()], dim=1)  # (n, 2)
    return (centres + SPREAD * torch.randn(n, 2, generator=draw)).view(n, 1, 1, 2)


def ring_modes(points: Tensor) -> int:
    """Return how many of the eight Gaussians have at least 2 % of the points (N, 1, 1, 2) within 3 SD."""
    angle = 2 * math.pi / RING * torch.arange(RING)
    centres = 0.5 + 0.35 * torch.stack([angle.cos(), angle.sin()], dim=1)  # (8, 2)
    near = torch.cdist(points.reshape(-1, 2), centres) < 3 * SPREAD
    return int((near.float().mean(dim=0) >= 0.02).sum())


def ring_networks(seed: int = 0) -> tuple[nn.Sequential, nn.Sequential]:
    """Return a generator, noise (B, 1, 1, 2) to points (B, 1, 1, 2), and a discriminator of points."""
    torch.manual_seed(seed)
    to_point, to_logit = ([nn.Flatten(), nn.Linear(2, 64)] for _ in range(2))
    to_point += [nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2), nn.Unflatten(1, (1, 1, 2))]
    to_logit += [nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)]
    return nn.Sequential(*to_point), nn.Sequential(*to_logit)


def train_ring(
    generator: nn.Module,
    discriminator: nn.Module,
    epochs: int,
    lr: float = 3e-4,
    d_lr: float = 3e-3,
    g_steps: int = 1,
    seed: int = 0,
) -> tuple[History, Tensor]:
    """Train a GAN on the ring, 100 steps an epoch; return its history and 1000 generated points.

    Parameters
    ----------
    g_steps : int
        Steps of the generator for each one of the discriminator.
    """
    losses = GanLosses("ring", discriminator_loss, lambda *x: {"total": generator_loss(x[-1])}, False)
    adam = partial(torch.optim.Adam, betas=(0.5, 0.9))
    optimizer, d_optimizer = adam(generator.parameters(), lr), adam(discriminator.parameters(), d_lr)
    draw, history = torch.Generator().manual_seed(seed), History(best_by="")
    for _ in range(epochs):
        for _ in range(100):
            true = ring_points(128, draw)
            made = generator(torch.randn(128, 1, 1, 2, generator=draw))
            values = discriminator_step(discriminator, made, true, d_optimizer, losses)
            for _ in range(g_steps):
                made = generator(torch.randn(128, 1, 1, 2, generator=draw))
                generator_step(discriminator, made, true, optimizer, losses)
        with torch.no_grad():
            made = generator(torch.randn(1000, 1, 1, 2, generator=draw))
        scores = {"diversity": diversity(made, ring_points(1000, draw)), "modes": ring_modes(made)}
        history.add(values, scores, 0.0, lr)
    return history, made
