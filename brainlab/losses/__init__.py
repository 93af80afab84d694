"""Loss functions: logits (B, C, H, W) and the truth (B, H, W) to a scalar that should get small.

What does not fit is a ValueError; NaN in the logits is a FloatingPointError, see `brainlab.losses.inputs`.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.losses.borders import border_cross_entropy, border_weight_map
from brainlab.losses.combined import alpha_bce_dice_loss, bce_dice_loss, deeply_supervised, focal_dice_loss
from brainlab.losses.crossentropy import binary_cross_entropy, cross_entropy, focal_loss
from brainlab.losses.inputs import probabilities
from brainlab.losses.logarithmic import exponential_logarithmic_loss, label_weights
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

__all__ = [
    "VGG_SCALE",
    "alpha_bce_dice_loss",
    "bce_dice_loss",
    "binary_cross_entropy",
    "border_cross_entropy",
    "border_weight_map",
    "cross_entropy",
    "deeply_supervised",
    "discriminator_loss",
    "esrgan_loss",
    "exponential_logarithmic_loss",
    "focal_dice_loss",
    "focal_loss",
    "focal_tversky_loss",
    "generalised_dice_loss",
    "generator_loss",
    "jaccard_loss",
    "label_weights",
    "perceptual_loss",
    "pixel_loss",
    "probabilities",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "soft_dice_loss",
    "srgan_loss",
    "tversky_loss",
]
