"""Figures of slices, labels and learning, drawn the same way everywhere, and the widgets.

Public names are those of `__all__`; they load on first use, since widgets need ipywidgets and torch, which a
figure does not. The modules inside are internal.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "charts": "confusion_matrix dice_strip histogram label_histogram learning_curves percent size_histogram",
    "colours": "PALETTE blend to_grey",
    "figures": "heat label_legend modalities mosaic prediction_beside_truth",
    "loss_figures": "close_ups curves landscapes weight_map",
    "picture": "Picture describe show",
    "slices": "draw head_box largest_slice oriented outline outlines",
    "superres_figures": "close_up gan_curves k_space perception_distortion two_opinions",
    "viewer": "SliceViewer",
    "widgets.augment_preview": "AugmentPreview",
    "widgets.loss_explorer": "LossExplorer",
    "widgets.network_mixer": "NetworkMixer",
    "widgets.receptive_field": "ReceptiveField",
    "widgets.threshold_explorer": "ThresholdExplorer",
    "widgets.training_monitor": "TrainingMonitor",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
