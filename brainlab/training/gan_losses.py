"""The two games between generator and discriminator: SRGAN's and ESRGAN's, as pairs of losses."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from brainlab.losses.perceptual import (
    VGG_SCALE,
    Features,
    discriminator_loss,
    esrgan_loss,
    relativistic_discriminator_loss,
    srgan_loss,
)


@dataclass(frozen=True)
class Game:
    """What each of the two players makes small.

    Attributes
    ----------
    name : str
    discriminator : callable
        (real_logits, fake_logits) to a scalar.
    generator : callable
        (sr, hr, real_logits, fake_logits) to a dict of scalars: "total" and its parts.
    relativistic : bool
        Whether an image is judged against the mean of the other kind; the generator's loss then needs the
        logits of true images too.
    features : callable, optional
        The extractor within the generator's loss; a module is moved to the device of the training.
    """

    name: str
    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor, Tensor, Tensor], dict[str, Tensor]]
    relativistic: bool
    features: Features | None = None

    @torch.no_grad()
    def verdict(self, real_logits: Tensor, fake_logits: Tensor) -> dict[str, float]:
        """Return D(real) and D(fake), the mean probabilities of being true: 0.5 each is a draw."""
        real, fake = real_logits, fake_logits
        if self.relativistic:
            real, fake = real_logits - fake_logits.mean(), fake_logits - real_logits.mean()
        return {"d_real": real.sigmoid().mean().item(), "d_fake": fake.sigmoid().mean().item()}


def srgan_game(
    features: Features | None = None, adversarial_weight: float = 1e-3, feature_scale: float = VGG_SCALE
) -> Game:
    """Return SRGAN's game: plain logits, MSE of features (or of pixels); see `srgan_loss`."""

    def generator(sr: Tensor, hr: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        return srgan_loss(sr, hr, fake, features, adversarial_weight, feature_scale)

    return Game("SRGAN", discriminator_loss, generator, relativistic=False, features=features)


def esrgan_game(features: Features, **weights: float) -> Game:
    """Return ESRGAN's game: relativistic logits, L1 of features and of pixels; see `esrgan_loss`."""

    def generator(sr: Tensor, hr: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        return esrgan_loss(sr, hr, real, fake, features, **weights)

    return Game("ESRGAN", relativistic_discriminator_loss, generator, relativistic=True, features=features)
