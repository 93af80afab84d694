"""A plain training loop: `fit`, its settings and history, and what it keeps on disk. Begin with `loop.py`.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.models.checkpoint import CheckpointError, load_checkpoint, load_weights
from brainlab.training.best import keep_best
from brainlab.training.gan_history import GanHistory
from brainlab.training.gan_loop import train_gan, train_psnr
from brainlab.training.gan_losses import Game, esrgan_game, srgan_game
from brainlab.training.gan_monitor import Finding, diagnose
from brainlab.training.gan_settings import ESRGAN_FULL, SRGAN_FULL, GanSettings
from brainlab.training.gan_steps import discriminator_step, generator_step, psnr_step
from brainlab.training.gan_validation import diversity, image_scores
from brainlab.training.history import History
from brainlab.training.loop import fit, train_step
from brainlab.training.settings import TrainSettings
from brainlab.training.validation import DivergedError, evaluate, region_dice

__all__ = [
    "ESRGAN_FULL",
    "SRGAN_FULL",
    "CheckpointError",
    "DivergedError",
    "Finding",
    "Game",
    "GanHistory",
    "GanSettings",
    "History",
    "TrainSettings",
    "diagnose",
    "discriminator_step",
    "diversity",
    "esrgan_game",
    "evaluate",
    "fit",
    "generator_step",
    "image_scores",
    "keep_best",
    "load_checkpoint",
    "load_weights",
    "psnr_step",
    "region_dice",
    "srgan_game",
    "train_gan",
    "train_psnr",
    "train_step",
]
