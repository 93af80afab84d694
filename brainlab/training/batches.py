"""From a data set to the batches of an epoch: which images, in which order, where and how laid out."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler, Subset

from brainlab.training.distributed import Team
from brainlab.training.settings import TrainSettings


def check_set(name: str, dataset: Dataset) -> None:
    """Refuse what `fit` cannot train on.

    Raises
    ------
    TypeError
        If it is a loader, or its items are no pairs.
    ValueError
        If it is empty.
    """
    if isinstance(dataset, DataLoader):
        raise TypeError(
            f"{name} is a DataLoader; expected its data set: `fit` makes the loader, so that a resumed "
            f"run sees the same order (batch_size and num_workers are in TrainSettings)"
        )
    if len(dataset) == 0:
        raise ValueError(
            f"{name} is empty; expected an image or more: did the selection by area drop every slice?"
        )
    item = dataset[0]
    if not (isinstance(item, tuple | list) and len(item) == 2):
        raise TypeError(f"{name}[0] is a {type(item).__name__}; expected a pair (image, labels)")


def training_loader(dataset: Dataset, settings: TrainSettings, epoch: int, team: Team) -> DataLoader:
    """Return this process's share of one epoch, in an order that depends on seed and epoch alone.

    So a resumed run needs no stored position. All shares are of the same length: some images may come twice.
    """
    sampler = DistributedSampler(dataset, team.size, team.rank, seed=settings.seed)
    sampler.set_epoch(epoch)
    if hasattr(dataset, "set_epoch"):
        dataset.set_epoch(epoch)  # fresh augmentation in each epoch, the same one after a resume
    return _loader(dataset, settings, team, sampler)


def validation_loader(dataset: Dataset, settings: TrainSettings, team: Team) -> DataLoader:
    """Return this process's share of the validation set: each image once, in order."""
    return _loader(Subset(dataset, range(team.rank, len(dataset), team.size)), settings, team)


def _loader(dataset: Dataset, settings: TrainSettings, team: Team, sampler=None) -> DataLoader:
    pinned = team.device.type == "cuda"
    return DataLoader(
        dataset, settings.batch_size, sampler=sampler, num_workers=settings.num_workers, pin_memory=pinned
    )


def on_device(loader: DataLoader, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield images (B, C, H, W), with the channels innermost in memory, and labels (B, H, W) on `device`."""
    for image, target in loader:
        image = image.to(device, non_blocking=True)
        if image.ndim == 4:
            image = image.contiguous(memory_format=torch.channels_last)
        yield image, target.to(device, non_blocking=True)
