"""Loss functions: each takes logits (B, C, H, W) and the truth, and returns a scalar to make small."""

from brainlab.losses.crossentropy import cross_entropy

__all__ = ["cross_entropy"]
