"""Loss functions: logits (B, C, H, W) and the truth (B, H, W) to a scalar that should get small.

What does not fit is a ValueError; NaN in the logits is a FloatingPointError, see `brainlab.losses.checks`.
"""

from brainlab.losses.borders import border_cross_entropy, border_weight_map
from brainlab.losses.combined import alpha_bce_dice_loss, bce_dice_loss, focal_dice_loss
from brainlab.losses.crossentropy import binary_cross_entropy, cross_entropy
from brainlab.losses.deep import deeply_supervised
from brainlab.losses.focal import focal_loss
from brainlab.losses.logarithmic import exponential_logarithmic_loss, label_weights
from brainlab.losses.overlap import (
    focal_tversky_loss,
    generalised_dice_loss,
    jaccard_loss,
    soft_dice_loss,
    tversky_loss,
)
from brainlab.losses.probability import probabilities

__all__ = [
    "alpha_bce_dice_loss",
    "bce_dice_loss",
    "binary_cross_entropy",
    "border_cross_entropy",
    "border_weight_map",
    "cross_entropy",
    "deeply_supervised",
    "exponential_logarithmic_loss",
    "focal_dice_loss",
    "focal_loss",
    "focal_tversky_loss",
    "generalised_dice_loss",
    "jaccard_loss",
    "label_weights",
    "probabilities",
    "soft_dice_loss",
    "tversky_loss",
]
