"""One cached case: a case as slices on disk, opened as memory maps without reading a voxel.

The folder of a cached case, written by `brainlab.data.cache`, holds

- `image.npy`   (Z, 4, x, y) int16, or float32 where int16 would lose something; raw intensities
- `labels.npy`  (Z, x, y) uint8, only for a case with a segmentation
- `case.json`   where the box lies in the source, and the numbers that would need every voxel to compute

x, y and Z are cropped to the brain box. One slice is then one read of neighbouring bytes, where a `.nii.gz`
must be inflated from its start: about a thousand times as long (benchmarks/cache_speed.py).

Counting labels: how much of each class there is, where it is missing, and what follows for training.

MR intensities have no unit: make them comparable with a z-score inside the brain.

Skull-stripped data sets set everything outside the brain to exactly 0. Those voxels tell nothing about the
scanner, but they are most of the volume, so they must not enter the mean and the standard deviation.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainlab.labels import NUM_CLASSES


def label_counts(labels: np.ndarray) -> np.ndarray:
    """Count the voxels of every class in every slice.

    Parameters
    ----------
    labels : ndarray (Z, X, Y)
        Label map with values 0 to 3, slices first.

    Returns
    -------
    ndarray (Z, 4)
        int64; a row sums to X * Y.
    """
    classes = np.arange(NUM_CLASSES)
    return (labels[..., None] == classes).sum(axis=(1, 2))  # (Z, X, Y, 4) -> (Z, 4)


def slices_without(counts: np.ndarray, label: int) -> np.ndarray:
    """Return the slices that have no voxel of a class.

    Parameters
    ----------
    counts : ndarray (Z, 4)
        From `label_counts`.
    label : int
        0 to 3.

    Returns
    -------
    ndarray (N,)
        Slice numbers in rising order; empty if the class is everywhere.
    """
    return np.flatnonzero(counts[:, label] == 0)


def select_slices(labels: np.ndarray, spacing: Sequence[float], min_area: float) -> np.ndarray:
    """Return the slices with enough tumour to learn from.

    Parameters
    ----------
    labels : ndarray (Z, X, Y)
        Label map with values 0 to 3, slices first.
    spacing : sequence of 3 float
        Voxel size along x, y and z in mm.
    min_area : float
        Smallest area of the whole tumour (labels 1, 2 and 3 together) in mm2.

    Returns
    -------
    ndarray (N,)
        Numbers of the slices with at least that area, in rising order.
    """
    area = (labels > 0).sum(axis=(1, 2)) * spacing[0] * spacing[1]  # (Z,) mm2
    return np.flatnonzero(area >= min_area)


def balanced_weights(counts: np.ndarray) -> np.ndarray:
    """Return one weight per class, so that in a loss all classes together weigh the same.

    Parameters
    ----------
    counts : ndarray (Z, 4)
        Voxels per slice and class, of one case or of many stacked.

    Returns
    -------
    ndarray (4,)
        All voxels / (4 * voxels of the class); 0 for a class that does not occur.

    References
    ----------
    The "balanced" rule of scikit-learn, after King and Zeng 2001, "Logistic regression in rare events data".
    """
    total = counts.sum(axis=0).astype(np.float64)  # (4,)
    balanced = total.sum() / (NUM_CLASSES * np.maximum(total, 1))  # (4,)
    return np.where(total > 0, balanced, 0.0)


# The percentiles that are kept, of every modality inside the brain.
PERCENTILES = (0.5, 1, 5, 25, 50, 75, 95, 99, 99.5)


class CachedCase:
    """A case cropped to its brain and laid out slice by slice.

    **Brain.** The brain of a modality is where that modality is not 0 (`Case` makes the background 0). It is
    not the union over the modalities: real masks differ, and in a BraTS-MET case the union brings 9 % of
    zeros into T1c and its standard deviation from 116 to 137.

    **Counts.** `label_counts` counts the slices as they are stored, cropped to the box: a row sums to x * y.

    Parameters
    ----------
    folder : Path
        The `folder` of a case that `brainlab.data.cache.cache_case` returned.

    Attributes
    ----------
    id, patient : str
        Names of the case and of the patient.
    image : np.memmap
        Raw intensities, shape (Z, 4, x, y), channels in the order of `brainlab.labels.MODALITIES`.
    labels : np.memmap or None
        Shape (Z, x, y) uint8; None without a segmentation.
    box : tuple of three (start, stop)
        The brain box in the source's voxels, along X, Y and Z.
    affine : np.ndarray
        Voxel of the *source* to mm, shape (4, 4).
    full_shape : tuple of int
        The source's (X, Y, Z).
    spacing : np.ndarray
        Voxel size in mm along X, Y and Z.
    mean, std : np.ndarray
        Shape (4,), inside the brain of every modality; std is 0 where a modality is constant.
    percentiles : np.ndarray
        Shape (4, 9): the `PERCENTILES` of every modality inside the brain.
    label_counts : np.ndarray or None
        Voxels per label of every stored slice, shape (Z, 4); from the JSON, no voxel is read.
    warnings : list of str
        What `Case` repaired or found odd when it was read.

    Raises
    ------
    ValueError, KeyError, OSError
        If the folder is incomplete or damaged; `cache_case` then builds it again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        facts = json.loads((self.folder / "case.json").read_text(encoding="utf-8"))
        self.id: str = facts["id"]
        self.patient: str = facts["patient"]
        self.box = tuple((start, stop) for start, stop in facts["box"])
        self.full_shape = tuple(facts["full_shape"])
        self.affine = np.array(facts["affine"])
        self.spacing = np.array(facts["spacing"])
        self.mean = np.array(facts["mean"])
        self.std = np.array(facts["std"])
        self.percentiles = np.array(facts["percentiles"])
        self.warnings: list[str] = facts["warnings"]

        x, y, z = (stop - start for start, stop in self.box)
        self.image = _open(self.folder / "image.npy", (z, 4, x, y), ("int16", "float32"))
        self.labels = self.label_counts = None
        if facts["label_counts"] is not None:
            self.labels = _open(self.folder / "labels.npy", (z, x, y), ("uint8",))
            self.label_counts = np.array(facts["label_counts"]).reshape(z, NUM_CLASSES)

    def __reduce__(self) -> tuple:
        # A memory map pickles as a copy of all its voxels; a DataLoader worker opens the folder instead.
        return CachedCase, (self.folder,)

    def __repr__(self) -> str:
        labels = "with labels" if self.has_labels else "no labels"
        return f"CachedCase({self.id!r}, {self.image.shape} {self.image.dtype}, {labels})"

    def __len__(self) -> int:
        """Return the number of stored slices."""
        return len(self.image)

    @property
    def has_labels(self) -> bool:
        """Whether the case came with a segmentation."""
        return self.labels is not None

    def slice(self, z: int) -> np.ndarray:
        """Return one slice, z-scored inside the brain and 0 outside it.

        Parameters
        ----------
        z : int
            Slice of the box: slice `box[2][0] + z` of the source.

        Returns
        -------
        np.ndarray
            Shape (4, x, y), float32, in standard deviations from the mean of the brain.
        """
        raw = self.image[z].astype(np.float32)  # (4, x, y)
        # A constant modality carries no information: it becomes 0, not infinite.
        std = np.where(self.std > 0, self.std, 1)
        mean, std = (a.astype(np.float32)[:, None, None] for a in (self.mean, std))  # (4, 1, 1)
        scored = (raw - mean) / std
        scored[raw == 0] = 0
        return scored

    def to_full(self, volume: np.ndarray) -> np.ndarray:
        """Put an array of this case's slices back into the grid of the source.

        Parameters
        ----------
        volume : np.ndarray
            Shape (Z, x, y), for example predicted labels.

        Returns
        -------
        np.ndarray
            Shape (X, Y, Z), the same type, 0 outside the box.

        Raises
        ------
        ValueError
            If the shape is not that of the box.
        """
        expected = (len(self), *self.image.shape[2:])
        if volume.shape != expected:
            raise ValueError(
                f"{self.id}: volume has shape {volume.shape}; expected {expected}, that is (Z, x, y) of the "
                "brain box: are the axes still in the order of the source, or is it still pooled?"
            )
        full = np.zeros(self.full_shape, volume.dtype)
        full[tuple(slice(start, stop) for start, stop in self.box)] = np.moveaxis(volume, 0, -1)
        return full


def _open(path: Path, shape: tuple[int, ...], types: tuple[str, ...]) -> np.memmap:
    """Map an array from disk and compare it with what the JSON promises."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.shape != shape or array.dtype.name not in types:
        raise ValueError(
            f"{path} is {array.shape} {array.dtype}; expected {shape} {' or '.join(types)}: it is damaged"
        )
    return array
