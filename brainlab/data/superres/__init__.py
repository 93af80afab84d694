"""Pairs for super-resolution: a sharp slice, and the same slice as a coarser scan would show it."""

from brainlab.data.superres.degradations import bicubic, kspace_crop
from brainlab.data.superres.eightbit import from_8bit, to_8bit
from brainlab.data.superres.pairs import SuperResSet

__all__ = ["SuperResSet", "bicubic", "from_8bit", "kspace_crop", "to_8bit"]
