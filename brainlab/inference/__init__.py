"""From images to labels on disk: whole slices or tiles, decoded, back in the grid of the source."""

from brainlab.inference.cases import predict_case, predict_logits, save_prediction
from brainlab.inference.decoding import FalsePositives, decode_argmax, decode_thresholds, false_positives
from brainlab.inference.forward import evaluating
from brainlab.inference.tiling import mirror_pad, overlap_tile

__all__ = [
    "FalsePositives",
    "decode_argmax",
    "decode_thresholds",
    "evaluating",
    "false_positives",
    "mirror_pad",
    "overlap_tile",
    "predict_case",
    "predict_logits",
    "save_prediction",
]
