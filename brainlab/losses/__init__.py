"""Loss functions: logits (B, C, H, W) and labels (B, H, W) to a scalar to be minimised.

Bad input raises a ValueError, NaN in the logits a FloatingPointError; see `brainlab.losses.inputs`.

`ALL` is the one table of segmentation losses. To add a loss, write it as a function (logits, target, ...) and
enter it below, in the line of its kind; `tests/losses/test_every_loss.py`, the widget `LossExplorer` and
the reference then include it.

Public names are those of `__all__`; the modules inside are internal.
"""

from collections.abc import Callable

from torch import Tensor

from brainlab.losses.combined import (
    alpha_bce_dice_loss,
    bce_dice_loss,
    deeply_supervised,
    exponential_logarithmic_loss,
    focal_dice_loss,
    label_weights,
)
from brainlab.losses.crossentropy import (
    binary_cross_entropy,
    border_cross_entropy,
    border_weight_map,
    cross_entropy,
    focal_loss,
)
from brainlab.losses.inputs import probabilities
from brainlab.losses.overlap import (
    focal_tversky_loss,
    generalised_dice_loss,
    jaccard_loss,
    soft_dice_loss,
    tversky_loss,
)
from brainlab.losses.perceptual import (
    VGG_SCALE,
    discriminator_loss,
    esrgan_loss,
    generator_loss,
    perceptual_loss,
    pixel_loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    srgan_loss,
)

# Means over pixels: every pixel adds a term of its own. `border_cross_entropy` also needs a weight map.
_PIXELS = (cross_entropy, binary_cross_entropy, border_cross_entropy, focal_loss)
# Functions of the soft areas of each class: intersection, predicted, true.
_AREAS = (soft_dice_loss, generalised_dice_loss, jaccard_loss, tversky_loss, focal_tversky_loss)
# Sums of one of each.
_COMBINED = (bce_dice_loss, alpha_bce_dice_loss, focal_dice_loss, exponential_logarithmic_loss)

Losses = dict[str, Callable[..., Tensor]]  # name to function (logits, target, ...) -> scalar
PIXELS: Losses = {loss.__name__: loss for loss in _PIXELS}
AREAS: Losses = {loss.__name__: loss for loss in _AREAS}
COMBINED: Losses = {loss.__name__: loss for loss in _COMBINED}
ALL: Losses = PIXELS | AREAS | COMBINED

__all__ = [
    *ALL,
    "ALL",
    "AREAS",
    "COMBINED",
    "PIXELS",
    "VGG_SCALE",
    "border_weight_map",
    "deeply_supervised",
    "discriminator_loss",
    "esrgan_loss",
    "generator_loss",
    "label_weights",
    "perceptual_loss",
    "pixel_loss",
    "probabilities",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "srgan_loss",
]
