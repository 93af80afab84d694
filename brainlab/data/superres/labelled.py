"""The labels that belong to the slices of a `SuperResSet`, for networks that segment them."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from brainlab.data.geometry import crop
from brainlab.data.superres.pairs import SuperResSet
from brainlab.models.upscaling import resample


class SlicesWithLabels(Dataset):
    """The slices of a set with their labels: (image (1, H, W), labels (H, W) int64), in memory.

    Parameters
    ----------
    pairs : SuperResSet
        Of whole slices and labelled cases.
    coarse : bool
        Show the bicubic enlargement of the small images in place of the large ones.
    min_pixels : int
        Leave out slices with fewer pixels of tumour.

    Raises
    ------
    ValueError
        If a case has no labels, the set returns windows, or no slice has so much tumour.
    """

    def __init__(self, pairs: SuperResSet, coarse: bool = False, min_pixels: int = 0):
        if pairs.patch is not None or not all(case.has_labels for case in pairs.cached):
            raise ValueError("the set has windows or cases without labels; expected whole labelled slices")
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
    """Return the labels of the large images, int64 (N, H, W): the same window, nearest voxel."""
    planes = []
    for number, z in pairs.index:
        case = pairs.cached[number]
        side = pairs.hr if pairs.fit == "crop" else max(case.image.shape[2:])
        plane = torch.from_numpy(crop(np.asarray(case.labels[z]), side))[None, None].float()
        planes.append(F.interpolate(plane, (pairs.hr, pairs.hr), mode="nearest-exact")[0, 0].long())
    return torch.stack(planes)
