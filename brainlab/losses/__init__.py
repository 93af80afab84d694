"""Loss functions: logits (B, C, H, W) and labels (B, H, W) to a scalar to be minimised.

Bad input raises a ValueError, NaN in the logits a FloatingPointError; see `brainlab.losses.crossentropy`.

`ALL` is the one table of segmentation losses. To add a loss, write it as a function (logits, target, ...) in
the module of its kind and enter its name below; `tests/losses/test_every_loss.py`, the widget `LossExplorer`
and the reference then include it.

Public names are those of `__all__`; the modules inside are internal.
"""

from collections.abc import Callable

from torch import Tensor

from brainlab.lazy import lazy_names

# Means over pixels: every pixel adds a term of its own. The last one also needs a weight map.
_PIXELS, _WEIGHTED = "cross_entropy binary_cross_entropy focal_loss", "border_cross_entropy"
# Functions of the soft areas of each class: intersection, predicted, true.
_AREAS = "soft_dice_loss generalised_dice_loss jaccard_loss tversky_loss focal_tversky_loss"
# Sums of one of each.
_COMBINED = "bce_dice_loss alpha_bce_dice_loss focal_dice_loss exponential_logarithmic_loss"
_HOMES = {
    "borders": f"{_WEIGHTED} border_weight_map",
    "combined": f"{_COMBINED} deeply_supervised label_weights",
    "crossentropy": f"{_PIXELS} probabilities",
    "overlap": _AREAS,
    "perceptual": "discriminator_loss esrgan_loss generator_loss perceptual_loss pixel_loss "
    "relativistic_discriminator_loss relativistic_generator_loss srgan_loss",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
__all__ += ["ALL", "AREAS", "COMBINED", "PIXELS"]

Losses = dict[str, Callable[..., Tensor]]  # name to function (logits, target, ...) -> scalar
PIXELS: Losses = {name: __getattr__(name) for name in f"{_PIXELS} {_WEIGHTED}".split()}
AREAS: Losses = {name: __getattr__(name) for name in _AREAS.split()}
COMBINED: Losses = {name: __getattr__(name) for name in _COMBINED.split()}
ALL: Losses = PIXELS | AREAS | COMBINED
