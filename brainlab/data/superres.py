"""Pairs for super-resolution: a sharp slice, and the same slice as a coarser scan would show it."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from brainlab.data.cached import CachedCase
from brainlab.data.degradations import bicubic
from brainlab.data.geometry import crop
from brainlab.data.intensity import rescale
from brainlab.labels import MODALITIES
from brainlab.models.upscaling import resample

FITS = ("resize", "crop")


class SuperResSet(Dataset):
    """Slices of one modality as (lr (1, lr, lr), hr (1, hr, hr)), both float32 in 0..1.

    **Intensities.** Background is 0, the 99.5th percentile of the case's brain is 1, and brighter voxels are
    clipped to 1: a vessel in T1c can be eight times as bright as the median and would make the rest dark.

    **Field of view.** "resize" takes the smallest square that holds the brain box and reduces it to `hr`
    pixels: whole brains, with pixels of 1.2 to 1.4 mm depending on the case. "crop" takes the central
    `hr` x `hr` voxels as measured: full detail, brains cut at the edge, filled with 0 where the box is
    smaller.

    **Patients.** Split the cases with `split_by_patient` first and make one set of each part: neighbouring
    slices are nearly identical.

    Parameters
    ----------
    cached : sequence of CachedCase
        Labels are not needed.
    modality : {"t1n", "t1c", "t2w", "t2f"}
    hr, lr : int
        Sizes in pixels; any, such as 128 and 32, or 128 and 28.
    degradation : callable
        (hr (1, hr, hr), lr) to (1, lr, lr): `bicubic`, `kspace_crop`, or
        ``functools.partial(kspace_crop, noise=0.02)``, which draws new noise at every access unless the set
        is preloaded.
    fit : {"resize", "crop"}
    step : int
        Keep every Nth slice of a case; 1 keeps all.
    middle : float
        Fraction of a brain's slices to take, around its middle one: the end slices hold little brain.
    flip : bool
        Mirror each pair at random along both axes; drawn from torch's generator at every access.
    patch : int, optional
        Return a random crop of `patch` x `patch` coarse pixels and the sharp crop that belongs to it, for
        training: many small crops of different slices teach more per second than few whole slices. `hr` must
        be a multiple of `lr`.

    Attributes
    ----------
    index : list of (int, int)
        Number of the case in `cached` and slice of its box, for every item.

    Raises
    ------
    ValueError
        If an argument is out of range, or a case has no intensities in this modality.

    Examples
    --------
    `train, val, test = (SuperResSet(part) for part in split_by_patient(cached))`
    """

    def __init__(
        self,
        cached: Sequence[CachedCase],
        modality: str = "t1c",
        hr: int = 128,
        lr: int = 32,
        degradation: Callable[[Tensor, int], Tensor] = bicubic,
        fit: str = "resize",
        step: int = 1,
        middle: float = 0.7,
        flip: bool = False,
        patch: int | None = None,
    ) -> None:
        if modality not in MODALITIES:
            raise ValueError(f"modality is {modality!r}; expected one of {', '.join(MODALITIES)}")
        if not 1 <= lr < hr:
            raise ValueError(f"lr={lr}, hr={hr}; expected lr from 1 to below hr: are they swapped?")
        if fit not in FITS:
            raise ValueError(f"fit is {fit!r}; expected 'resize' or 'crop'")
        if step < 1 or not 0 < middle <= 1:
            raise ValueError(f"step={step}, middle={middle}; expected step from 1, middle above 0, at most 1")
        if patch is not None and (hr % lr or not 1 <= patch <= lr):
            raise ValueError(
                f"patch={patch}, lr={lr}, hr={hr}; expected a patch from 1 to lr, and hr a multiple of lr: "
                "otherwise the crops do not match"
            )
        self.cached, self.patch = list(cached), patch
        self.hr, self.lr, self.degradation, self.fit, self.flip = hr, lr, degradation, fit, flip
        self.modality, self.channel = modality, MODALITIES.index(modality)
        self.index: list[tuple[int, int]] = []
        for number, case in enumerate(self.cached):
            if not case.percentiles[self.channel].max() > 0:
                raise ValueError(f"{case.id} has no intensities in {modality}; leave it out of this set")
            kept = max(1, round(middle * len(case)))
            first = (len(case) - kept) // 2
            self.index += [(number, z) for z in range(first, first + kept, step)]
        if not self.index:
            raise ValueError("there are no cases; expected one or more: is this part of the split empty?")
        small = [case.id for case in self.cached if fit == "resize" and _side(case) < hr]
        if small:
            warnings.warn(
                f"hr={hr} is more than {len(small)} of {len(self.cached)} brains have voxels across, such as "
                f"{small[0]}: their true image is interpolated and has no detail to restore; lower hr",
                stacklevel=2,
            )
        self._memory: list[tuple[Tensor, Tensor]] | None = None

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        lr, hr = self._memory[item] if self._memory else self._read(item)
        if self.patch is not None:
            ratio, last = self.hr // self.lr, self.lr - self.patch
            row, column = torch.randint(last + 1, (2,)).tolist()
            lr = lr[:, row : row + self.patch, column : column + self.patch]
            row, column, patch = ratio * row, ratio * column, ratio * self.patch
            hr = hr[:, row : row + patch, column : column + patch]
        # Both degradations keep the centre of the image, so flipping and degrading commute, except for a
        # corner of k-space (at most a thousandth).
        axes = [axis for axis in (-2, -1) if self.flip and torch.rand(()) < 0.5]
        return lr.flip(axes), hr.flip(axes)  # copies, even without an axis

    def preload(self) -> "SuperResSet":
        """Compute all pairs once, keep them in memory and return self; 0.07 MB a pair of 128 and 32."""
        self._memory = [self._read(item) for item in range(len(self))]
        return self

    def _read(self, item: int) -> tuple[Tensor, Tensor]:
        number, z = self.index[item]
        case = self.cached[number]
        _, white = case.window(self.modality)  # the 99.5th percentile
        image = rescale(case.image[z, self.channel].astype(np.float32), 0, white)  # (x, y)
        if self.fit == "crop":
            hr = torch.from_numpy(crop(image, self.hr))[None]  # (1, hr, hr)
        else:
            square = torch.from_numpy(crop(image, _side(case)))[None, None]  # (1, 1, side, side)
            resized = F.interpolate(square, (self.hr, self.hr), mode="bicubic", antialias=True)
            hr = resized[0].clamp(0, 1)  # (1, hr, hr)
        return self.degradation(hr, self.lr), hr


def _side(case: CachedCase) -> int:
    """Return the edge in voxels of the smallest square that holds the brain box."""
    return max(case.image.shape[2:])


class SlicesWithLabels(Dataset):
    """The slices of a set with their labels: (image (1, H, W), labels (H, W) int64), in memory.

    Parameters
    ----------
    pairs : SuperResSet
        Of whole slices and labelled cases.
    coarse : bool
        Return the bicubic enlargement of the small images instead of the large ones.
    min_pixels : int
        Leave out slices with fewer pixels of tumour.

    Raises
    ------
    ValueError
        If a case has no labels, the set returns random crops, or no slice has enough tumour.
    """

    def __init__(self, pairs: SuperResSet, coarse: bool = False, min_pixels: int = 0):
        if pairs.patch is not None or not all(case.has_labels for case in pairs.cached):
            raise ValueError("the set has crops or cases without labels; expected whole labelled slices")
        small, large = stack(pairs)
        images = resample(small, pairs.hr).clamp(0, 1) if coarse else large  # (N, 1, H, W)
        labels = labels_of(pairs)  # (N, H, W)
        kept = (labels > 0).sum(dim=(1, 2)) >= min_pixels  # (N,)
        if not kept.any():
            raise ValueError(f"none of {len(labels)} slices has {min_pixels} pixels of tumour; expected some")
        self.images, self.labels = images[kept], labels[kept]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        return self.images[item], self.labels[item]


def stack(pairs: SuperResSet) -> tuple[Tensor, Tensor]:
    """Return all pairs of a set: (N, 1, h, w) and (N, 1, H, W)."""
    small, large = zip(*(pairs[item] for item in range(len(pairs))), strict=True)
    return torch.stack(small), torch.stack(large)


def labels_of(pairs: SuperResSet) -> Tensor:
    """Return the labels of the large images, int64 (N, H, W): the same field of view, nearest voxel."""
    planes = []
    for number, z in pairs.index:
        case = pairs.cached[number]
        side = pairs.hr if pairs.fit == "crop" else max(case.image.shape[2:])
        plane = torch.from_numpy(crop(np.asarray(case.labels[z]), side))[None, None].float()
        planes.append(F.interpolate(plane, (pairs.hr, pairs.hr), mode="nearest-exact")[0, 0].long())
    return torch.stack(planes)
