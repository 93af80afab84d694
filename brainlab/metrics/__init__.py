"""How good a segmentation is: per class, per region, and how far the borders are apart."""

from brainlab.metrics.confusion import Scores, confusion_matrix, region_scores, scores
from brainlab.metrics.lesions import recall_of_pieces
from brainlab.metrics.masks import dice, hd95, jaccard

__all__ = [
    "Scores",
    "confusion_matrix",
    "dice",
    "hd95",
    "jaccard",
    "recall_of_pieces",
    "region_scores",
    "scores",
]
