"""Training in two phases, first for fidelity, then as a GAN, and a monitor. Begin with `steps.py`."""

from brainlab.gan_training.games import Game, esrgan_game, srgan_game
from brainlab.gan_training.history import GanHistory
from brainlab.gan_training.loop import train_gan, train_psnr
from brainlab.gan_training.monitor import Finding, diagnose
from brainlab.gan_training.settings import ESRGAN_FULL, SRGAN_FULL, GanSettings
from brainlab.gan_training.steps import discriminator_step, generator_step, psnr_step
from brainlab.gan_training.validation import diversity, image_scores

__all__ = [
    "ESRGAN_FULL",
    "SRGAN_FULL",
    "Finding",
    "Game",
    "GanHistory",
    "GanSettings",
    "diagnose",
    "discriminator_step",
    "diversity",
    "esrgan_game",
    "generator_step",
    "image_scores",
    "psnr_step",
    "srgan_game",
    "train_gan",
    "train_psnr",
]
