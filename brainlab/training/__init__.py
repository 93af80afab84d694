"""A plain training loop: `fit`, its settings and history, and what it keeps on disk. Begin with `loop.py`."""

from brainlab.training.checkpoint import CheckpointError, load_checkpoint, load_weights
from brainlab.training.history import History
from brainlab.training.loop import fit, train_step
from brainlab.training.schedule import TrainSettings
from brainlab.training.validation import DivergedError, evaluate, region_dice

__all__ = [
    "CheckpointError",
    "DivergedError",
    "History",
    "TrainSettings",
    "evaluate",
    "fit",
    "load_checkpoint",
    "load_weights",
    "region_dice",
    "train_step",
]
