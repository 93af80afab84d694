"""Pictures of any size become squares of one size.

The shorter sides are padded with 0, then all is resized. Stretching would be simpler, but a lung or a head
would be thin in one scanner's format and wide in another's, and a network would have to learn that too.
"""

import numpy as np
from PIL import Image


def inner_box(height: int, width: int, size: int) -> tuple[int, int, int, int]:
    """Return top, left, height and width of a picture inside the square of `size` pixels."""
    longest = max(height, width)
    inner_height, inner_width = (max(1, round(side * size / longest)) for side in (height, width))
    return (size - inner_height) // 2, (size - inner_width) // 2, inner_height, inner_width


def square_image(image: np.ndarray, size: int) -> np.ndarray:
    """Resize an image into a square; 0 around it.

    Parameters
    ----------
    image : np.ndarray
        Shape (C, H, W), float32.
    size : int
        Edge in pixels.

    Returns
    -------
    np.ndarray
        Shape (C, size, size), float32. Smaller: each pixel is a weighted mean of all it covers (bilinear with
        antialiasing). Larger: bilinear. The same size: unchanged.
    """
    return _into_square(image, size, Image.Resampling.BILINEAR)


def square_mask(mask: np.ndarray, size: int) -> np.ndarray:
    """Resize a mask (H, W) into a square (size, size), bool: true where at least half is covered."""
    return _into_square(mask[None].astype(np.float32), size, Image.Resampling.BOX)[0] >= 0.5


def square_labels(labels: np.ndarray, size: int) -> np.ndarray:
    """Resize numbered objects or labels (H, W) into a square (size, size) of the same type; nearest pixel."""
    squared = _into_square(labels[None].astype(np.float32), size, Image.Resampling.NEAREST)[0]
    return squared.astype(labels.dtype)  # exact up to 2**24 objects


def _into_square(planes: np.ndarray, size: int, how: Image.Resampling) -> np.ndarray:
    """Resize planes (C, H, W) float32 and put them into the middle of zeros (C, size, size)."""
    if size < 1:
        raise ValueError(f"size={size}; expected at least 1 pixel, such as 256 or 512")
    top, left, height, width = inner_box(*planes.shape[-2:], size)
    square = np.zeros((len(planes), size, size), np.float32)
    for plane, target in zip(planes, square, strict=True):
        resized = Image.fromarray(plane).resize((width, height), how)
        target[top : top + height, left : left + width] = np.asarray(resized)
    return square
