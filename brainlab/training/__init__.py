"""Training of segmentation networks (`fit`) and generators (`train_psnr`, `train_gan`); read `loop.py` first.

Public names are those of `__all__`; they load on first use. The modules inside are internal.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "gan": "train_gan train_psnr",
    "gan_monitor": "Finding diagnose diversity image_scores probe_auc roc_auc",
    "gan_steps": "GanLosses discriminator_step esrgan_losses generator_step psnr_step srgan_losses",
    "history": "DivergedError History evaluate keep_best",
    "loop": "fit train_step",
    "run": "CheckpointError load_checkpoint load_weights save_checkpoint",
    "settings": "GanSettings TrainSettings",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
