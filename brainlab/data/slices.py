"""Slices of cached cases as pairs of image and labels, for `torch.utils.data.DataLoader`."""

import warnings
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from brainlab.data.cached import CachedCase, balanced_weights, tumour_areas
from brainlab.data.geometry import covering_size, labels_to_network, to_network
from brainlab.labels import NUM_CLASSES


class SliceDataset(Dataset):
    """Image and labels of selected slices, as the input of a network (`brainlab.data.geometry`).

    Which slices of a case: those with at least `min_area` of tumour; of these every `step`-th; of these a
    random `fraction`. All three follow from the stored counts: no voxel is read until a slice is asked for.

    Parameters
    ----------
    cached : sequence of CachedCase
        With labels.
    size, pixel : int
        `size` x `size` pixels of `pixel` x `pixel` voxels, centred on the brain.
    min_area : float
        Smallest area of the whole tumour in a slice, in mm2; 0 keeps slices without tumour as well.
    step : int
        Keep every Nth slice of a case; 1 keeps all.
    fraction : float
        Above 0, up to 1. With the same seed, a smaller fraction is a subset of a larger one, and every case
        keeps at least one slice: learning curves over the fraction are comparable.
    augment : callable, optional
        Called as `augment(image, labels, rng)`, such as `brainlab.data.augment.Augment`. The generator `rng`
        is seeded from torch's: new at every access, the same again after `torch.manual_seed` or when training
        resumes with torch's state restored, and different in every worker of a DataLoader.
    seed : int
        Draws the fraction.

    Attributes
    ----------
    index : list of (int, int)
        Number of the case in `cached` and slice of its box, for every item.

    Raises
    ------
    ValueError
        If a case has no labels, an argument is out of range, or no slice is left.

    Examples
    --------
    `image, labels = SliceDataset(cached)[0]`: image (4, size, size) float32, labels (size, size) int64.
    """

    def __init__(
        self,
        cached: Sequence[CachedCase],
        size: int = 96,
        pixel: int = 1,
        min_area: float = 0.0,
        step: int = 1,
        fraction: float = 1.0,
        augment: Callable[..., tuple[torch.Tensor, torch.Tensor]] | None = None,
        seed: int = 0,
    ) -> None:
        if not 0 < fraction <= 1:
            raise ValueError(f"fraction={fraction}; expected more than 0 and at most 1 (0.2 is a fifth)")
        if step < 1:
            raise ValueError(f"step={step}; expected at least 1")
        self.cached = list(cached)
        self.size, self.pixel, self.augment = size, pixel, augment
        self.index: list[tuple[int, int]] = []
        for number, case in enumerate(self.cached):
            _refuse_without_labels(case)
            chosen = np.flatnonzero(tumour_area(case) >= min_area)[::step]
            # A generator per case: what is drawn here depends on no other case.
            order = np.random.default_rng([seed, zlib.crc32(case.id.encode())]).permutation(chosen)
            part = order[: max(1, round(fraction * len(order)))]
            self.index += [(number, int(z)) for z in np.sort(part)]
        if not self.index:
            detail = f"no slice of {len(self.cached)} cases has {min_area} mm2 of tumour"
            raise ValueError(f"{detail}: is min_area too large?")
        _warn_if_cut(self.cached, size, pixel)
        self._memory: list[tuple[torch.Tensor, torch.Tensor]] | None = None

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, item: int) -> tuple[torch.Tensor, torch.Tensor]:
        image, labels = self._memory[item] if self._memory else self._read(item)
        labels = labels.long()  # (H, W)
        if self.augment is None:
            return image.clone(), labels
        rng = np.random.default_rng(int(torch.randint(2**62, ())))
        return self.augment(image, labels, rng)

    def preload(self) -> "SliceDataset":
        """Read all slices into memory and return self.

        Worth it from the second epoch on: a slice of 96 x 96 pixels of 2 x 2 voxels takes 0.6 ms to read, and
        0.16 MB.
        """
        self._memory = [self._read(item) for item in range(len(self))]
        return self

    def _read(self, item: int) -> tuple[torch.Tensor, torch.Tensor]:
        number, z = self.index[item]
        case = self.cached[number]
        image = to_network(case, z, self.size, self.pixel)  # (4, H, W)
        labels = labels_to_network(case, z, self.size, self.pixel)  # (H, W) uint8
        return torch.from_numpy(image), torch.from_numpy(labels)


def tumour_area(cached: CachedCase) -> np.ndarray:
    """Return the area of the whole tumour in every stored slice, shape (Z,), in mm2; reads no voxel."""
    return tumour_areas(cached.label_counts, cached.spacing)


def one_hot(labels: torch.Tensor, num_classes: int = NUM_CLASSES) -> torch.Tensor:
    """Turn labels into one channel per class.

    Parameters
    ----------
    labels : torch.Tensor
        Shape (B, H, W), or any (B, ...); integers from 0 to num_classes - 1.
    num_classes : int
        Number of channels C.

    Returns
    -------
    torch.Tensor
        Shape (B, C, H, W), float32. `one_hot(labels).argmax(dim=1)` is `labels` again.

    Raises
    ------
    ValueError
        If a label is outside the range.
    """
    if labels.numel() and (labels.min() < 0 or labels.max() >= num_classes):
        raise ValueError(
            f"labels go from {labels.min().item()} to {labels.max().item()}; expected 0 to "
            f"{num_classes - 1}: was label 4 of an older data set left as it is?"
        )
    return torch.nn.functional.one_hot(labels.long(), num_classes).movedim(-1, 1).float()


def class_weights(cached: Sequence[CachedCase]) -> torch.Tensor:
    """Return one weight per class for a weighted loss, from the stored counts: no voxel is read.

    Parameters
    ----------
    cached : sequence of CachedCase
        With labels; the training cases only.

    Returns
    -------
    torch.Tensor
        Shape (4,), float32: inverse frequency, see `brainlab.data.cached.balanced_weights`. Background is
        counted in the brain box, not in the empty rest of the volume.

    Raises
    ------
    ValueError
        If a case has no labels.
    """
    for case in cached:
        _refuse_without_labels(case)
    counts = np.concatenate([case.label_counts for case in cached])  # (slices of all cases, 4)
    return torch.from_numpy(balanced_weights(counts)).float()


def _refuse_without_labels(case: CachedCase) -> None:
    if not case.has_labels:
        raise ValueError(f"{case.id} has no segmentation; expected one: leave the case out")


def _warn_if_cut(cached: Sequence[CachedCase], size: int, pixel: int) -> None:
    """Warn if the field of view is too small for a brain."""
    needed = [covering_size(case, pixel, multiple=1) for case in cached]
    if max(needed) > size:
        worst = cached[int(np.argmax(needed))].id
        warnings.warn(
            f"size={size}, pixel={pixel} cuts {sum(n > size for n in needed)} of {len(cached)} brains; "
            f"{worst} needs size={max(needed)}",
            stacklevel=3,
        )
