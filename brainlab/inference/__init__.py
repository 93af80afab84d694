"""From images to a label volume on disk: forward passes, tiles, decoding, back to the grid of the case.

Public names are those of `__all__`; they load on first use. The modules inside are internal.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "predict": "FalsePositives decode_argmax decode_thresholds evaluating false_positives forward mirror_pad "
    "predict_case save_prediction",
    "tiling": "overlap_tile predict_logits",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
