"""Training of segmentation networks (`fit`) and generators (`train_psnr`, `train_gan`); read `loop.py` first.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.models.checkpoint import keep_best
from brainlab.training.gan import train_gan, train_psnr
from brainlab.training.gan_monitor import Finding, diagnose
from brainlab.training.gan_steps import (
    GanLosses,
    discriminator_step,
    esrgan_losses,
    generator_step,
    psnr_step,
    srgan_losses,
)
from brainlab.training.loop import fit, train_step
from brainlab.training.run import History
from brainlab.training.settings import GanSettings, TrainSettings
from brainlab.training.validation import DivergedError, diversity, evaluate, image_scores

__all__ = [
    "DivergedError",
    "Finding",
    "GanLosses",
    "GanSettings",
    "History",
    "TrainSettings",
    "diagnose",
    "discriminator_step",
    "diversity",
    "esrgan_losses",
    "evaluate",
    "fit",
    "generator_step",
    "image_scores",
    "keep_best",
    "psnr_step",
    "srgan_losses",
    "train_gan",
    "train_psnr",
    "train_step",
]
