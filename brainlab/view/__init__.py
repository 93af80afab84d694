"""Figures of slices, labels and learning, drawn the same way everywhere, and the widgets.

Public names are those of `__all__`; they load on first use, since widgets need ipywidgets and torch, which a
figure does not. The modules inside are internal.

A new widget is a class in a module of `widgets/` and one line in `WIDGETS`: from there it is imported, tested
(`tests/view/widgets/test_panel.py`) and documented.
"""

from brainlab.lazy import lazy_names

# Class -> module in `widgets/`.
WIDGETS = {
    "AugmentPreview": "augment_preview",
    "LossExplorer": "loss_explorer",
    "NetworkMixer": "network_mixer",
    "ReceptiveField": "receptive_field",
    "ThresholdExplorer": "threshold_explorer",
    "TrainingMonitor": "training_monitor",
}
_HOMES = {
    "charts": "confusion_matrix histogram label_histogram percent",
    "colours": "PALETTE blend to_grey",
    "curve_figures": "curves gan_curves landscapes learning_curves perception_distortion",
    "figures": "heat_maps maps modalities mosaic outlines predictions_beside_truth",
    "picture": "Picture describe show",
    "slices": "draw head_box largest_slice oriented outline",
    "superres_figures": "compare_images k_space prediction_differences",
    "viewer": "SliceViewer",
    **{f"widgets.{module}": name for name, module in WIDGETS.items()},
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
