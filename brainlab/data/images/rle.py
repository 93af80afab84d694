"""Run lengths, the other way in which COCO stores a mask: `{"size": [H, W], "counts": ...}`.

The mask is read column by column. The counts say how many pixels in turn are outside, inside, outside, and so
on; the first is 0 where the first pixel is inside. Compressed, each count is written in groups of five bits,
lowest first, as characters from "0" on; the sixth bit says that another group follows, and from the fourth
count on it is the difference to the count two before.

Source: the COCO API (T.-Y. Lin, P. Dollár, https://github.com/cocodataset/cocoapi, `maskApi.c`); the format
was worked out from its description, and the tests compare with it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def encode_rle(mask: np.ndarray) -> dict[str, list[int]]:
    """Return the run lengths of a mask (H, W), bool: exact, plain numbers that JSON can hold."""
    pixels = np.asarray(mask, dtype=bool).ravel(order="F")  # column by column
    starts = np.flatnonzero(np.diff(pixels, prepend=False)).tolist()  # where inside and outside change
    counts = np.diff([0, *starts, pixels.size]).tolist()
    return {"size": [int(n) for n in mask.shape], "counts": counts}


def decode_rle(rle: Mapping[str, Any], shape: tuple[int, int] | None = None) -> np.ndarray:
    """Return the mask of run lengths.

    Parameters
    ----------
    rle : mapping
        `size` [H, W] and `counts`: a list of numbers, or the compressed text (str or bytes).
    shape : (H, W), optional
        What the size must be; compared before any memory is taken.

    Returns
    -------
    np.ndarray
        Shape (H, W), bool.

    Raises
    ------
    ValueError
        If a part is missing or broken, or the size is another, or the counts do not fill it.
    """
    try:
        height, width = (int(n) for n in rle["size"])
        counts = rle["counts"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"run lengths without {error}; expected size [H, W] and counts") from error
    if shape is not None and (height, width) != shape:
        raise ValueError(
            f"run lengths of {height} x {width} pixels; expected {shape[0]} x {shape[1]}: was the image "
            "resized?"
        )
    counts = _unpack(counts) if isinstance(counts, str | bytes) else [int(count) for count in counts]
    if min(counts, default=0) < 0 or sum(counts) != height * width:
        raise ValueError(
            f"run lengths of {sum(counts):,} pixels (shortest {min(counts, default=0)}); expected "
            f"{height} x {width} = {height * width:,} and none below 0: cut, or of another image?"
        )
    inside = np.arange(len(counts)) % 2 == 1
    return np.repeat(inside, counts).reshape((height, width), order="F")


def _unpack(text: str | bytes) -> list[int]:
    """Turn compressed counts into numbers."""
    counts: list[int] = []
    value = shift = 0
    for code in text.encode("ascii") if isinstance(text, str) else text:
        group = code - 48
        if not 0 <= group < 64:
            raise ValueError(f"run lengths hold the character {chr(code)!r}; expected '0' to 'o': damaged?")
        value |= (group & 0x1F) << shift
        shift += 5
        if group & 0x20:
            continue
        if group & 0x10:  # the highest bit of the last group is the sign
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise ValueError("run lengths end inside a number; expected a whole text: was it cut?")
    return counts
