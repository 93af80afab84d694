"""From images to a label volume on disk: forward passes, tiles, decoding, back to the grid of the case.

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
