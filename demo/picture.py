"""One slice as PNG or JPEG: size checked before decoding, intensities scaled as in training."""

import numpy as np

from brainlab.data.images.dataset import window
from brainlab.data.images.picture import PictureError, picture_size, read_picture
from demo.inbox import Received
from demo.limits import MB, Limits, UploadError

MAGIC = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}


def is_picture(start: bytes) -> bool:
    """Return whether the first bytes of a file are those of a PNG or JPEG."""
    return start.startswith(tuple(MAGIC))


def read_slice(received: Received, limits: Limits) -> np.ndarray:
    """Read a picture as one slice (H, W), float32 in 0..1.

    The percentile window is that of the networks for pictures (`brainlab.data.images.dataset.window`).

    Raises
    ------
    UploadError
        If it is damaged, too large, too small or empty.
    """
    try:
        height, width = picture_size(received.path)
        low, high = limits.sides[0], 4 * limits.sides[1]
        if height * width > limits.pixels or min(height, width) < low or max(height, width) > high:
            raise UploadError(
                f"{received.name} has {width} x {height} pixels; expected {low} to {high} along each side "
                f"and at most {limits.pixels / MB:.0f} million: is it one slice?"
            )
        grey = read_picture(received.path)[0]  # (H, W)
    except PictureError as error:
        raise UploadError(str(error).replace(received.path.name, received.name)) from error
    if grey.min() == grey.max():
        raise UploadError(f"{received.name} is empty, every pixel is {grey.flat[0]:g}; expected a slice")
    return window(grey)
