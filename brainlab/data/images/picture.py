"""One picture file as an array: any mode, 8 or 16 bit, upright; a mask as true or false; both as squares.

Pixels are (H, W): rows from the top, columns from the left. For a square, the shorter side is padded with 0,
then the picture is resized. Stretching would be simpler, but lungs or heads would have other proportions in
every scanner's format, and a network would have to learn that as well.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"})
MAX_PIXELS = 80_000_000  # four times the largest X-ray of the Montgomery set (4892 x 4020)
DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")  # Pillow's modes of more than 8 bits, all grey
ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 lie on their side
BLACK, WHITE = 0.1, 0.9  # parts of the highest value; a mask's grey lies between them


class PictureError(ValueError):
    """A picture or mask that cannot be used; the message says why."""


@contextmanager
def _open(path: Path) -> Iterator[Image.Image]:
    """Open a picture of a sane size; whatever goes wrong in reading it becomes a PictureError."""
    path = Path(path)
    if not path.is_file():
        raise PictureError(f"{path.name} is not there; expected a picture file: was it moved or renamed?")
    if path.stat().st_size == 0:
        raise PictureError(f"{path.name} is empty (0 bytes); expected a picture: a full disk while copying?")
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise Image.DecompressionBombError
            yield image
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"{path.name} unpacks to more than {MAX_PIXELS:,} pixels; expected an X-ray or a slice: a "
            "decompression bomb, or a whole-slide image?"
        ) from error
    except Image.UnidentifiedImageError as error:
        raise PictureError(
            f"{path.name} is no picture that can be read; expected {', '.join(FORMATS)}: a web page or a "
            "pointer saved under a picture's name?"
        ) from error
    except PictureError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise PictureError(
            f"{path.name} breaks off or is damaged ({error}); expected a whole picture: was a download cut?"
        ) from error


def picture_size(path: Path) -> tuple[int, int]:
    """Return height and width of a picture the right way up, from its header: no pixel is decoded.

    Raises
    ------
    PictureError
        If the file is missing, empty, no picture, or has more than 80 million pixels.
    """
    with _open(path) as image:
        width, height = image.size
        # The method of the base class: that of a PNG would decode the pixels to look behind them.
        lies = Image.Image.getexif(image).get(ORIENTATION, 1) in (5, 6, 7, 8)
    return (width, height) if lies else (height, width)


def read_picture(path: Path, channels: int = 1) -> np.ndarray:
    """Read a picture's raw intensities.

    Parameters
    ----------
    path : Path
        PNG, JPEG, TIFF, BMP, GIF (first frame) or WebP of at most 80 million pixels, 8 or 16 bit. It is
        turned as its EXIF orientation says; transparency is ignored.
    channels : int
        1: grey (of a colour picture its luma, ITU-R BT.601). 3: red, green, blue (of a grey one three
        times the same).

    Returns
    -------
    np.ndarray
        Shape (channels, H, W), float32, in the file's own range (0 to 255, 0 to 65535).

    Raises
    ------
    PictureError
        If the file cannot be read, or holds values that are not finite. ValueError for other `channels`.
    """
    if channels not in (1, 3):
        raise ValueError(f"channels={channels}; expected 1 (grey) or 3 (colour)")
    with _open(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode not in DEEP:
            upright = upright.convert("L" if channels == 1 else "RGB")  # drops alpha, without blending
        pixels = np.asarray(upright).astype(np.float32)  # (H, W) or (H, W, 3)
    if not np.isfinite(pixels).all():
        raise PictureError(f"{Path(path).name} holds NaN or infinity; expected intensities: divided by 0?")
    if pixels.ndim == 2:
        return np.repeat(pixels[None], channels, axis=0)  # (channels, H, W)
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))  # (3, H, W)


def read_mask(path: Path) -> np.ndarray:
    """Read a mask: true where the file is nearer to its highest value than to black.

    Black is outside. So 0 and 255, 0 and 1, colours on black, and a palette all read the same, and the grey
    edges that JPEG or resampling leave fall to the nearer side.

    Parameters
    ----------
    path : Path
        As for `read_picture`.

    Returns
    -------
    np.ndarray
        Shape (H, W), bool.

    Raises
    ------
    PictureError
        If the file cannot be read, or holds more than two values that are no mere edges: a map of labels, or
        a picture.
    """
    with _open(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode in DEEP:
            values = np.asarray(upright)
        else:
            # Through RGB, so that a palette counts by its colours; the brightest channel: red is not dark.
            values = np.asarray(upright.convert("RGB")).max(axis=-1)  # (H, W)
    found = np.unique(values)
    if not np.isfinite(found).all() or found[0] < 0:
        detail = f"{Path(path).name} has values from {found[0]} to {found[-1]}"
        raise PictureError(f"{detail}; expected 0 and one other value: is this a mask?")
    if len(found) > 2:
        _refuse_labels(values, found, Path(path).name)
    return values * 2.0 >= max(found[-1], 1)


def _refuse_labels(values: np.ndarray, found: np.ndarray, name: str) -> None:
    """Refuse a mask (H, W) whose values between black and white are more than edges."""
    high = float(found[-1])
    grey = (values > BLACK * high) & (values < WHITE * high)
    core = ndimage.binary_erosion(grey, np.ones((5, 5)))  # what is left is wider than an edge
    if high <= 10 or core.sum() > 0.1 * np.count_nonzero(values > BLACK * high):
        shown = ", ".join(str(value) for value in found[:6]) + (", ..." if len(found) > 6 else "")
        raise PictureError(
            f"{name} holds {len(found)} values ({shown}); expected two, outside and inside: is it a map of "
            "several labels, or the picture itself?"
        )


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
    top, left, height, width = inner_box(planes.shape[-2], planes.shape[-1], size)
    square = np.zeros((len(planes), size, size), np.float32)
    for plane, target in zip(planes, square, strict=True):
        resized = Image.fromarray(plane).resize((width, height), how)
        target[top : top + height, left : left + width] = np.asarray(resized)
    return square
