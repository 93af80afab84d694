"""The losses of generator and discriminator, and the steps on pixels, of the discriminator and the generator.

A step of a GAN is made of the last two, on one batch and one forward pass of the generator:

    sr = generator(lr, hr.shape[-2:])
    discriminator_step(discriminator, sr, hr, d_optimizer, losses)    # sees sr.detach()
    generator_step(discriminator, sr, hr, g_optimizer, losses)        # sees sr; the discriminator is frozen

Source: I. Goodfellow et al., 2014, arXiv:1406.2661, algorithm 1 with one step each. With several processes
each of them takes its share of the batch; means over the batch within a loss, and batch statistics, are those
of the share.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.amp import GradScaler

from brainlab.losses.perceptual import (
    Features,
    discriminator_loss,
    esrgan_loss,
    pixel_loss,
    relativistic_discriminator_loss,
    srgan_loss,
)
from brainlab.training.devices import NO_SCALER
from brainlab.training.history import DivergedError


@dataclass(frozen=True)
class GanLosses:
    """The losses of generator and discriminator.

    Attributes
    ----------
    name : str
    discriminator : callable
        (real_logits, fake_logits) to a scalar.
    generator : callable
        (sr, hr, real_logits, fake_logits) to a dict of scalars: "total" and its parts.
    relativistic : bool
        Whether the logits of an image are compared with the mean of the other kind; the generator's loss then
        needs the logits of true images too.
    features : callable, optional
        The feature extractor within the generator's loss; a module is moved to the device of the training.
    """

    name: str
    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor, Tensor, Tensor], dict[str, Tensor]]
    relativistic: bool
    features: Features | None = None

    @torch.no_grad()
    def probabilities(self, real_logits: Tensor, fake_logits: Tensor) -> dict[str, float]:
        """Return D(real) and D(fake), the mean probabilities of being true: 0.5 each means a guess."""
        real, fake = real_logits, fake_logits
        if self.relativistic:
            real, fake = real_logits - fake_logits.mean(), fake_logits - real_logits.mean()
        return {"d_real": real.sigmoid().mean().item(), "d_fake": fake.sigmoid().mean().item()}


def srgan_losses(
    features: Features | None = None, adversarial_weight: float = 1e-3, feature_scale: float | None = None
) -> GanLosses:
    """Return SRGAN's losses: plain logits, MSE of features (or of pixels); see `srgan_loss`."""

    def generator(sr: Tensor, hr: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        return srgan_loss(sr, hr, fake, features, adversarial_weight, feature_scale)

    return GanLosses("SRGAN", discriminator_loss, generator, relativistic=False, features=features)


def esrgan_losses(features: Features, **weights: float) -> GanLosses:
    """Return ESRGAN's losses: relativistic logits, L1 of features and of pixels; see `esrgan_loss`."""

    def generator(sr: Tensor, hr: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        return esrgan_loss(sr, hr, real, fake, features, **weights)

    return GanLosses(
        "ESRGAN", relativistic_discriminator_loss, generator, relativistic=True, features=features
    )


def psnr_step(
    generator: nn.Module,
    lr: Tensor,
    hr: Tensor,
    optimizer: torch.optim.Optimizer,
    distance: str = "l1",
    scaler: GradScaler = NO_SCALER,
) -> dict[str, float]:
    """Improve the generator once, on its pixel loss alone: the first phase.

    Parameters
    ----------
    generator : nn.Module
        (B, 1, h, w) and a size to (B, 1, H, W).
    lr, hr : Tensor (B, 1, h, w), (B, 1, H, W)
    optimizer : torch.optim.Optimizer
        Over the generator's weights.
    distance : {"l1", "mse"}
        SRGAN's first phase has "mse", ESRGAN's "l1".
    scaler : GradScaler
        For a forward pass in float16, which is the caller's: it scales the loss up.

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
    _improve("generator", loss, optimizer, scaler)
    return {"g_loss": loss.item()}


def discriminator_step(
    discriminator: nn.Module,
    sr: Tensor,
    hr: Tensor,
    optimizer: torch.optim.Optimizer,
    losses: GanLosses,
    scaler: GradScaler = NO_SCALER,
) -> dict[str, float]:
    """Train the discriminator once to tell `hr` from `sr`; the generator gets no gradient.

    Parameters
    ----------
    discriminator : nn.Module
        (B, 1, H, W) to logits (B, 1).
    sr, hr : Tensor (B, 1, H, W)
        Generated and true images; `sr` may come from the generator as it is.
    optimizer : torch.optim.Optimizer
        Over the discriminator's weights.
    losses : GanLosses
    scaler : GradScaler
        As in `psnr_step`.

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
    # Detached: without it this loss would also train the generator, to make the discriminator's task easier.
    real, fake = discriminator(hr), discriminator(sr.detach())  # (B, 1) each
    loss = losses.discriminator(real, fake)
    _improve("discriminator", loss, optimizer, scaler)
    return {"d_loss": loss.item(), **losses.probabilities(real, fake)}


def generator_step(
    discriminator: nn.Module,
    sr: Tensor,
    hr: Tensor,
    optimizer: torch.optim.Optimizer,
    losses: GanLosses,
    scaler: GradScaler = NO_SCALER,
) -> dict[str, float]:
    """Improve the generator once, on its content and adversarial losses; the discriminator stays as it is.

    Parameters
    ----------
    discriminator : nn.Module
    sr : Tensor (B, 1, H, W)
        From the generator, not detached.
    hr : Tensor (B, 1, H, W)
    optimizer : torch.optim.Optimizer
        Over the generator's weights.
    losses : GanLosses
    scaler : GradScaler
        As in `psnr_step`.

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
            real = discriminator(hr) if losses.relativistic else fake
        parts = losses.generator(sr, hr, real, fake)
        _improve("generator", parts["total"], optimizer, scaler)
    values = {name: part.item() for name, part in parts.items()}
    return {"g_loss": values.pop("total"), **values}


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Compute no gradient for the weights of `model` within the block; it still flows through the network."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


def _improve(network: str, loss: Tensor, optimizer: torch.optim.Optimizer, scaler: GradScaler) -> None:
    """Make one step down the gradient of `loss`, if it is finite."""
    if not math.isfinite(loss.item()):
        raise DivergedError(
            f"the {network}'s loss is {loss.item()}; expected a finite number: is the learning rate too "
            "high? Try a tenth"
        )
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
