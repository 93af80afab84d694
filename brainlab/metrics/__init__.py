"""Scores of a segmentation (per class, region and lesion) and of a generated image against the real one.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.metrics.confusion import (
    Scores,
    confusion_matrix,
    region_dice,
    region_dice_of_labels,
    scores,
)
from brainlab.metrics.images import high_frequency_ratio, perceptual_distance, psnr, ssim
from brainlab.metrics.masks import dice, hd95, jaccard, lesion_recall, region_scores

__all__ = [
    "Scores",
    "confusion_matrix",
    "dice",
    "hd95",
    "high_frequency_ratio",
    "jaccard",
    "lesion_recall",
    "perceptual_distance",
    "psnr",
    "region_dice",
    "region_dice_of_labels",
    "region_scores",
    "scores",
    "ssim",
]
