"""Figures of slices, labels and learning, drawn the same way everywhere, and the widgets."""

import importlib

_WIDGETS = {
    "SliceViewer": "viewer",
    "AugmentPreview": "widgets.augment_preview",
    "LossExplorer": "widgets.loss_explorer",
    "NetworkMixer": "widgets.network_mixer",
    "ReceptiveField": "widgets.receptive_field",
    "ThresholdExplorer": "widgets.threshold_explorer",
    "TrainingMonitor": "widgets.training_monitor",
}


def __getattr__(name: str):
    # The widgets load ipywidgets and torch, which a figure does not need.
    if name in _WIDGETS:
        return getattr(importlib.import_module(f"brainlab.view.{_WIDGETS[name]}"), name)
    raise AttributeError(
        f"brainlab.view has no attribute {name!r}; it has {', '.join(_WIDGETS)} and its modules"
    )
