"""Pairs for super-resolution: a sharp slice, and the same slice as a coarser scan would show it."""

from brainlab.data.superres.degradations import bicubic, kspace_crop
from brainlab.data.superres.eightbit import from_8bit, to_8bit
from brainlab.data.superres.labelled import SlicesWithLabels, labels_of, stack
from brainlab.data.superres.pairs import SuperResSet

__all__ = [
    "SlicesWithLabels",
    "SuperResSet",
    "bicubic",
    "from_8bit",
    "kspace_crop",
    "labels_of",
    "stack",
    "to_8bit",
]
