"""How good a segmentation is: per class, per region, and how far the borders are apart.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.metrics.confusion import (
    Scores,
    confusion_matrix,
    region_dice,
    region_dice_of_labels,
    region_scores,
    scores,
)
from brainlab.metrics.images import (
    high_frequency_ratio,
    high_frequency_share,
    perceptual_distance,
    psnr,
    ssim,
)
from brainlab.metrics.masks import dice, hd95, jaccard, recall_of_pieces

__all__ = [
    "Scores",
    "confusion_matrix",
    "dice",
    "hd95",
    "high_frequency_ratio",
    "high_frequency_share",
    "jaccard",
    "perceptual_distance",
    "psnr",
    "recall_of_pieces",
    "region_dice",
    "region_dice_of_labels",
    "region_scores",
    "scores",
    "ssim",
]
