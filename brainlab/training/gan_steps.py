"""One step of each kind: for fidelity, of the discriminator, of the generator.

A GAN's step is made of the two below, on one batch and one forward pass of the generator:

    sr = generator(lr, hr.shape[-2:])
    discriminator_step(discriminator, sr, hr, d_optimizer, game)    # sees sr.detach()
    generator_step(discriminator, sr, hr, g_optimizer, game)        # sees sr; the discriminator is frozen

Source: I. Goodfellow et al., 2014, arXiv:1406.2661, algorithm 1 with one step each.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from brainlab.losses.perceptual import pixel_loss
from brainlab.training.gan_losses import Game
from brainlab.training.validation import DivergedError


def psnr_step(
    generator: nn.Module, lr: Tensor, hr: Tensor, optimizer: torch.optim.Optimizer, distance: str = "l1"
) -> dict[str, float]:
    """Improve the generator once for fidelity alone: the first phase.

    Parameters
    ----------
    generator : nn.Module
        (B, 1, h, w) and a size to (B, 1, H, W).
    lr, hr : Tensor (B, 1, h, w), (B, 1, H, W)
    optimizer : torch.optim.Optimizer
        Over the generator's weights.
    distance : {"l1", "mse"}
        SRGAN's first phase has "mse", ESRGAN's "l1".

    Returns
    -------
    dict
        "g_loss" before the step.

    Raises
    ------
    DivergedError
        If the loss is not finite; the weights stay as they were.
    """
    generator.train()
    optimizer.zero_grad()
    loss = pixel_loss(generator(lr, hr.shape[-2:]), hr, distance)
    _check_finite("generator", loss)
    loss.backward()
    optimizer.step()
    return {"g_loss": loss.item()}


def discriminator_step(
    discriminator: nn.Module, sr: Tensor, hr: Tensor, optimizer: torch.optim.Optimizer, game: Game
) -> dict[str, float]:
    """Teach the discriminator once to tell `hr` from `sr`; the generator learns nothing.

    Parameters
    ----------
    discriminator : nn.Module
        (B, 1, H, W) to logits (B, 1).
    sr, hr : Tensor (B, 1, H, W)
        Made and true images; `sr` may come from the generator as it is.
    optimizer : torch.optim.Optimizer
        Over the discriminator's weights.
    game : Game

    Returns
    -------
    dict
        "d_loss", "d_real" and "d_fake" before the step.

    Raises
    ------
    DivergedError
        As `psnr_step`.
    """
    discriminator.train()
    optimizer.zero_grad()
    # Detached: without it this loss would also teach the generator, and to help its opponent.
    real, fake = discriminator(hr), discriminator(sr.detach())  # (B, 1) each
    loss = game.discriminator(real, fake)
    _check_finite("discriminator", loss)
    loss.backward()
    optimizer.step()
    return {"d_loss": loss.item(), **game.verdict(real, fake)}


def generator_step(
    discriminator: nn.Module, sr: Tensor, hr: Tensor, optimizer: torch.optim.Optimizer, game: Game
) -> dict[str, float]:
    """Improve the generator once, by its content and by what the discriminator says; that learns nothing.

    Parameters
    ----------
    discriminator : nn.Module
    sr : Tensor (B, 1, H, W)
        From the generator, not detached.
    hr : Tensor (B, 1, H, W)
    optimizer : torch.optim.Optimizer
        Over the generator's weights.
    game : Game

    Returns
    -------
    dict
        "g_loss" and its parts before the step.

    Raises
    ------
    ValueError
        If `sr` was detached.
    DivergedError
        As `psnr_step`.
    """
    if not sr.requires_grad:
        raise ValueError("sr has no gradient; expected the generator's output as it is: was it detached?")
    optimizer.zero_grad()
    with frozen(discriminator):  # the gradient passes through it, but is not computed for its weights
        fake = discriminator(sr)  # (B, 1)
        with torch.no_grad():
            real = discriminator(hr) if game.relativistic else fake
        parts = game.generator(sr, hr, real, fake)
        _check_finite("generator", parts["total"])
        parts["total"].backward()
    optimizer.step()
    values = {name: part.item() for name, part in parts.items()}
    return {"g_loss": values.pop("total"), **values}


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Let no gradient into the weights of `model` within the block."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


def _check_finite(player: str, loss: Tensor) -> None:
    if not math.isfinite(loss.item()):
        raise DivergedError(
            f"the {player}'s loss is {loss.item()}; expected a finite number: is the learning rate too high? "
            "Try a tenth"
        )
