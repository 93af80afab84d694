"""Scores of a segmentation (per class, region and lesion) and of a generated image against the real one.

Public names are those of `__all__`; they load on first use. The modules inside are internal.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "confusion": "Scores confusion_matrix region_dice region_dice_of_labels scores",
    "images": "frechet_distance high_frequency_ratio perceptual_distance psnr ssim",
    "lesions": "LesionScores lesion_wise lesion_zones surface_dice",
    "masks": "dice hd95 jaccard lesion_recall region_scores",
    "paired": "Interval bootstrap_interval",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
