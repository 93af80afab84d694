"""A training problem of milliseconds, with all the randomness that a resume could get wrong; also a program.

`tests/training/tiny_training.py FOLDER EPOCH` trains until the middle of that epoch (from 0) and kills itself
there with SIGKILL; `... FOLDER EPOCH write` kills itself while it writes that epoch's `last.pt`.
"""

import os
import random
import signal
import sys

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset, TensorDataset

import brainlab.training.run
from brainlab.losses import cross_entropy
from brainlab.training import History, TrainSettings, fit

torch.set_num_threads(
    1
)  # sums depend on the number of threads in the last bit, and tiny ones are faster on one

# The contrary validation set makes its loss worse: the plateau schedule has something to do before a kill.
SETTINGS = TrainSettings(epochs=5, batch_size=4, lr=0.05, lr_patience=0, device="cpu", seed=3)


def net(dropout: float = 0.2, norm: bool = True) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1),
        nn.BatchNorm2d(6) if norm else nn.Identity(),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Conv2d(6, 4, 1),
    )


def images(n: int, seed: int, contrary: bool = False) -> TensorDataset:
    """Images (4, 8, 8) whose labels follow from the first two channels; the contrary of it if asked for."""
    image = torch.randn(n, 4, 8, 8, generator=torch.Generator().manual_seed(seed))
    labels = (image[:, 0] > 0).long() + 2 * (image[:, 1] > 0).long()
    return TensorDataset(image, 3 - labels if contrary else labels)


class Noisy(Dataset):
    """Images with noise from every generator there is; the epoch's scale stands for augmentation."""

    def __init__(self, n: int = 14) -> None:
        self.images, self.epoch, self.order = images(n, seed=0), 0, []

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self.order.append([])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self.order:
            self.order[-1].append(index)
        image, labels = self.images[index]
        noise = torch.rand(()) + random.random() + np.random.rand()  # noqa: NPY002
        return image * (1 + 0.1 * self.epoch) + 0.1 * noise, labels


class Deadly(Noisy):
    """Kills the process at the ninth image of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.last_epoch = epoch

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self.order and self.epoch == self.last_epoch and len(self.order[-1]) == 8:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def train(folder=None, train_set: Dataset | None = None, **options) -> tuple[nn.Module, History]:
    model = net()
    data = train_set or Noisy()
    history = fit(
        model, data, images(6, 1, contrary=True), cross_entropy, SETTINGS, folder, progress=False, **options
    )
    return model, history


def die_while_writing(epoch: int) -> None:
    """Make `torch.save` write half of the checkpoint of this epoch, and then kill the process."""
    save = torch.save

    def half(state: dict, path) -> None:
        save(state, path)
        if "model optimizer" in state and len(state["history"]["seconds"]) == epoch + 1:
            os.truncate(path, os.path.getsize(path) // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    brainlab.training.run.torch.save = half


if __name__ == "__main__":
    folder, epoch = sys.argv[1], int(sys.argv[2])
    if sys.argv[3:] == ["write"]:
        die_while_writing(epoch)
        train(folder)
    else:
        train(folder, Deadly(epoch))
