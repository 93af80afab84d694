"""Images in 0..1 as bytes and back. Values outside are clipped: a cast alone would turn 1.01 into black.

The wrap-around is a real mistake: 256 becomes 0 in eight bits (BasicSR, issue 73).
"""

import torch
from torch import Tensor


def to_8bit(image: Tensor) -> Tensor:
    """Return the image in 0..255, clipped and rounded, uint8 of the same shape.

    Raises
    ------
    ValueError
        If it is no floating point, or holds NaN.
    """
    if not image.is_floating_point():
        raise ValueError(f"image is {image.dtype}; expected floating point in 0..1: is it in bytes already?")
    if image.isnan().any():
        raise ValueError("image holds NaN; expected numbers, nominally 0..1: has the training diverged?")
    return (image.detach().clamp(0, 1) * 255).round().to(torch.uint8)


def from_8bit(image: Tensor) -> Tensor:
    """Return a uint8 image in 0..1, float32 of the same shape.

    Raises
    ------
    ValueError
        If it is not uint8.
    """
    if image.dtype != torch.uint8:
        raise ValueError(f"image is {image.dtype}; expected uint8: is it in 0..1 already?")
    return image.float() / 255
