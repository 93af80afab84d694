"""From images to labels on disk: whole slices or tiles, decoded, back in the grid of the source.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.inference.forward import (
    FalsePositives,
    decode_argmax,
    decode_thresholds,
    evaluating,
    false_positives,
    forward,
)
from brainlab.inference.predict import predict_case, predict_logits, save_prediction
from brainlab.inference.tiling import mirror_pad, overlap_tile

__all__ = [
    "FalsePositives",
    "decode_argmax",
    "decode_thresholds",
    "evaluating",
    "false_positives",
    "forward",
    "mirror_pad",
    "overlap_tile",
    "predict_case",
    "predict_logits",
    "save_prediction",
]
