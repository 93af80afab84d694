"""The volumes of the viewer: a case whose modalities are read when first shown, or arrays.

For the browser intensities are quantised to one byte per voxel: small to send, still readable as numbers.
Code 0 is reserved for voxels of exactly 0, outside the head. Codes 1 to 255 are spaced evenly over the
default window and half as much again, so that a few bright vessels do not take grey levels from the brain.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from brainlab.data.cached import CachedCase
from brainlab.data.intensity import percentile_window
from brainlab.labels import MODALITIES, MODALITY_NAMES, NUM_CLASSES


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
        The default window: the percentiles of the whole volume.
    """

    codes: np.ndarray
    offset: float
    step: float
    black: float
    white: float


def quantise(volume: np.ndarray) -> Quantised:
    """Quantise a volume of any intensity range to bytes; not-a-number becomes 0."""
    volume = np.nan_to_num(np.asarray(volume, np.float32))
    black, white = percentile_window(volume)
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
        Limit in bytes: of a volume that does not compress so far, the lowest bits (up to five) of each
        voxel are dropped.
    """
    for bits in range(6):
        coarse = codes
        if bits:
            coarse = np.where(codes > 0, ((codes - (codes > 0)) >> bits << bits) + 1, 0).astype(np.uint8)
        packed = gzip.compress(coarse.tobytes(), compresslevel=1, mtime=0)
        if most is None or len(packed) <= most:
            break
    return packed


class Source:
    """The volumes of one examination.

    Attributes
    ----------
    titles : dict of str to str
        Name of each modality -> the name to show.
    shape : tuple of int
        (X, Y, Z) of every volume.
    affine : ndarray (4, 4) or None
        Voxel to mm.
    truth, prediction : ndarray (X, Y, Z) of uint8, or None
        Label maps 0 to 3.
    name : str
        Of the case, for titles.
    has_after : bool
        Whether there is a second image to compare with.
    """

    def __init__(
        self,
        case_or_arrays: Any,
        seg: np.ndarray | None = None,
        pred: np.ndarray | None = None,
        affine: np.ndarray | None = None,
        after: np.ndarray | None = None,
    ) -> None:
        self.name = str(getattr(case_or_arrays, "id", ""))
        if hasattr(case_or_arrays, "modality"):
            case = case_or_arrays
            self.shape, self.affine = tuple(case.shape), case.affine
            read, names = case.modality, tuple(MODALITIES)
            seg = case.seg() if seg is None else seg
        else:
            if isinstance(case_or_arrays, CachedCase):
                case_or_arrays, labels, affine = _of_cached(case_or_arrays)
                seg = labels if seg is None else seg
            arrays = _channels(case_or_arrays, "image")
            self.shape, self.affine = arrays.shape[1:], affine
            names = _names(len(arrays))
            read = dict(zip(names, arrays, strict=True)).__getitem__
        self.titles = {name: MODALITY_NAMES.get(name, name) for name in names}
        self.truth = None if seg is None else self._labels(seg, "seg")
        self.prediction = None if pred is None else self._labels(pred, "pred")
        self._read = cache(read)
        self._windows: dict[str, tuple[float, float]] = {}
        self.has_after = after is not None
        self._after: dict[str, np.ndarray] = {}
        if after is not None:
            after = _channels(after, "after")
            if after.shape != (len(names), *self.shape):
                raise ValueError(
                    f"after has shape {after.shape}; expected {(len(names), *self.shape)} as the image: "
                    "was it brought to the same grid?"
                )
            self._after = dict(zip(names, after, strict=True))

    def volume(self, modality: str) -> np.ndarray:
        """Return one modality (X, Y, Z); a case reads its file the first time."""
        return self._read(modality)

    def window(self, modality: str) -> tuple[float, float]:
        """Return the intensities of one modality that are shown black and white by default."""
        if modality not in self._windows:
            self._windows[modality] = percentile_window(np.asarray(self.volume(modality), np.float32))
        return self._windows[modality]

    def after(self, modality: str) -> np.ndarray:
        """Return one modality of the second image (X, Y, Z)."""
        return self._after[modality]

    def _labels(self, labels: np.ndarray, name: str) -> np.ndarray:
        labels = np.asarray(labels)
        if labels.shape != self.shape:
            raise ValueError(
                f"{name} has shape {labels.shape}; expected {self.shape} as the image: is it of this case?"
            )
        lowest, highest = (labels.min(), labels.max()) if labels.size else (0, 0)
        if lowest < 0 or highest >= NUM_CLASSES or (labels.dtype.kind == "f" and (labels % 1).any()):
            raise ValueError(
                f"{name} has values from {lowest} to {highest}; expected the labels 0 to {NUM_CLASSES - 1}: "
                "was it mapped from the data set's own labels, and decoded by argmax?"
            )
        return labels.astype(np.uint8)


def _channels(arrays: object, name: str) -> np.ndarray:
    """Return (X, Y, Z) or (C, X, Y, Z) as the latter."""
    arrays = np.asarray(arrays)
    if arrays.ndim not in (3, 4) or 0 in arrays.shape:
        raise ValueError(
            f"{name} has shape {arrays.shape}; expected (X, Y, Z) or (C, X, Y, Z): "
            "a single slice is given as [..., None]"
        )
    if arrays.dtype.kind not in "biuf":
        raise ValueError(f"{name} has values of type {arrays.dtype}; expected one real number per voxel")
    return arrays if arrays.ndim == 4 else arrays[None]


def _names(count: int) -> tuple[str, ...]:
    if count == len(MODALITIES):
        return MODALITIES
    return ("image",) if count == 1 else tuple(f"channel {c}" for c in range(count))


def _of_cached(case: CachedCase) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Return image (4, X, Y, Z), labels (X, Y, Z) and the affine of the box of a cached case."""
    shift = np.eye(4)
    shift[:3, 3] = [start for start, _ in case.box]
    labels = None if case.labels is None else np.moveaxis(case.labels, 0, -1)
    return np.moveaxis(case.image, 0, -1), labels, case.affine @ shift
