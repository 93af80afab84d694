"""One cached case: its slices on disk, opened as memory maps without reading a voxel, and its statistics.

The folder of a cached case, written by `brainlab.data.cache`, holds

- `image.npy`   (Z, 4, x, y) int16, or float32 where int16 would lose something; raw intensities
- `labels.npy`  (Z, x, y) uint8, only for a case with a segmentation
- `case.json`   where the box lies in the source, and the statistics that would need every voxel to compute

x, y and Z are cropped to the brain box. One slice is then one contiguous read, where a `.nii.gz` must be
decompressed from its start: about a thousand times as long (benchmarks/cache_speed.py).

How the statistics are computed and used stands here as well: the z-score inside the brain, the counts of
labels, and what follows from them for training.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from brainlab.data.intensity import brain_window
from brainlab.labels import MODALITIES, NUM_CLASSES

# The percentiles that are stored, of every modality inside the brain.
PERCENTILES = (0.5, 1, 5, 25, 50, 75, 95, 99, 99.5)


def brain_values(modality: np.ndarray) -> np.ndarray:
    """Return the intensities inside the brain of one modality, float64 (N,); a single 0 if there is no brain.

    Skull-stripped data sets set everything outside the brain to exactly 0. The brain is where a modality
    differs from 0. Not where it is positive: resampling leaves negative voxels.
    """
    values = modality[modality != 0].astype(np.float64)
    return values if values.size else np.zeros(1)


def zscore_in_brain(
    image: np.ndarray, mean: np.ndarray | None = None, std: np.ndarray | None = None
) -> np.ndarray:
    """Scale every modality to mean 0 and standard deviation 1 inside its brain.

    MR intensities have no unit: this makes them comparable. Each modality has its own brain, see
    `brain_values`; the masks of real cases differ.

    Parameters
    ----------
    image : ndarray (C, ...)
        Modalities of one skull-stripped case, whole volumes or slices, any scale.
    mean, std : ndarray (C,), optional
        Of the brain, where they are known already, such as those of the volume that a slice belongs to. By
        default they are computed from `image`.

    Returns
    -------
    ndarray (C, ...)
        float32, 0 outside the brain. A modality that is constant inside the brain becomes 0.

    References
    ----------
    nnU-Net does the same for MR, with one mask for all modalities: Isensee et al. 2021,
    doi:10.1038/s41592-020-01008-z.
    """
    if mean is None or std is None:
        brains = [brain_values(modality) for modality in image]
        # Of equal floats the mean is rounded, and so their standard deviation may be 1e-17 instead of 0.
        flat = np.array([np.ptp(brain) == 0 for brain in brains])
        mean = np.where(flat, [brain[0] for brain in brains], [brain.mean() for brain in brains])
        std = np.where(flat, 0, [brain.std() for brain in brains])
    # A constant modality carries no information: divided by 1 it becomes 0, not infinite.
    std = np.where(np.asarray(std) > 0, std, 1)
    values = image.astype(np.result_type(image, np.float32), copy=False)
    each = (-1, *[1] * (image.ndim - 1))  # one mean and std for each modality
    scored = (values - mean.astype(values.dtype).reshape(each)) / std.astype(values.dtype).reshape(each)
    scored[image == 0] = 0
    return scored.astype(np.float32, copy=False)


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


def tumour_areas(counts: np.ndarray, spacing: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the area of the whole tumour in every slice, shape (Z,), in mm2, from counts (Z, 4)."""
    return counts[:, 1:].sum(axis=1) * spacing[0] * spacing[1]


def select_slices(labels: np.ndarray, spacing: Sequence[float] | np.ndarray, min_area: float) -> np.ndarray:
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
    return np.flatnonzero(tumour_areas(label_counts(labels), spacing) >= min_area)


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


class CachedCase:
    """A case cropped to its brain and laid out slice by slice.

    **Brain.** The brain of a modality is where that modality is not 0 (`Case` makes the background 0). It is
    not the union over the modalities: real masks differ, and in a BraTS-MET case the union adds 9 % of zeros
    to T1c, which raises its standard deviation from 116 to 137.

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
        self.labels: Any = None
        self.label_counts: Any = None
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
        return zscore_in_brain(self.image[z], self.mean, self.std)

    def window(self, modality: str, percentiles: tuple[float, float] = (0.5, 99.5)) -> tuple[float, float]:
        """Return the intensities of a modality to show black and white, from the stored percentiles."""
        stored = self.percentiles[MODALITIES.index(modality)]
        return brain_window(*(stored[PERCENTILES.index(percentile)] for percentile in percentiles))

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
                "brain box: axes in the order of the source, or still pooled?"
            )
        full = np.zeros(self.full_shape, volume.dtype)
        full[tuple(slice(start, stop) for start, stop in self.box)] = np.moveaxis(volume, 0, -1)
        return full


def _open(path: Path, shape: tuple[int, ...], types: tuple[str, ...]) -> np.memmap:
    """Map an array from disk and compare it with what the JSON promises."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.shape != shape or array.dtype.name not in types:
        expected = f"{shape} {' or '.join(types)}"
        raise ValueError(f"{path} is {array.shape} {array.dtype}; expected {expected}: it is damaged")
    return array
