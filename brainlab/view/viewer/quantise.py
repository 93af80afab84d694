"""Intensities as one byte a voxel, for the browser: small to send, and still readable as numbers.

Code 0 is kept for voxels that are exactly 0, outside the head. Codes 1 to 255 lie evenly over the range of
the default window and half as much again, so that a bright vessel does not cost the brain its grey levels.
"""

import gzip
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Quantised:
    """A volume in bytes.

    Attributes
    ----------
    codes : ndarray of uint8
        Code c > 0 stands for the intensity `offset + step * (c - 1)`; code 0 for 0.
    offset, step : float
        See `codes`.
    black, white : float
        The default window, as in `brainlab.view.colours.to_grey` but of the whole volume.
    """

    codes: np.ndarray
    offset: float
    step: float
    black: float
    white: float


def default_window(volume: np.ndarray) -> tuple[float, float]:
    """Return the intensities to show black and white: the 1st percentile (or 0) and the 99.5th, without 0."""
    inside = volume[np.isfinite(volume) & (volume != 0)]
    if not inside.size:
        return 0.0, 1.0
    low, high = np.percentile(inside, (1, 99.5))
    black = min(0.0, float(low))
    return black, max(float(high), black + 1e-6)


def quantise(volume: np.ndarray) -> Quantised:
    """Bring a volume of any intensity range to bytes; not-a-number becomes 0."""
    volume = np.nan_to_num(np.asarray(volume, np.float32))
    black, white = default_window(volume)
    half = (white - black) / 2
    low = max(float(volume.min(initial=black)), black - half)
    high = max(min(float(volume.max(initial=white)), white + half), low + 1e-6)
    step = (high - low) / 254
    scaled = (volume - low) * (1 / step)
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, 254, out=scaled)
    codes = scaled.astype(np.uint8)
    codes += 1
    codes[volume == 0] = 0
    return Quantised(codes, low, step, black, white)


def pack(codes: np.ndarray, most: int | None = None) -> bytes:
    """Compress codes with gzip; the same codes give the same bytes.

    Parameters
    ----------
    codes : ndarray of uint8
        In the order in which the browser reads them.
    most : int, optional
        Bytes to stay under: of a volume that does not compress so far, the lowest bits (up to five) of
        each voxel are dropped.
    """
    for bits in range(6):
        coarse = codes
        if bits:
            coarse = np.where(codes > 0, ((codes - (codes > 0)) >> bits << bits) + 1, 0).astype(np.uint8)
        packed = gzip.compress(np.ascontiguousarray(coarse), compresslevel=1, mtime=0)
        if most is None or len(packed) <= most:
            break
    return packed
