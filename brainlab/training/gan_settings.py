"""The numbers of one phase of training."""

from dataclasses import dataclass

import torch
from torch import nn

OPTIMIZERS = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


@dataclass(frozen=True)
class GanSettings:
    """Numbers of one phase, for `train_psnr` or `train_gan`.

    Attributes
    ----------
    epochs : int
    lr : float
        Learning rate; with the cosine schedule the highest one.
    d_lr : float, optional
        The discriminator's; that of the generator by default.
    batch_size : int
    optimizer : {"adam", "rmsprop"}
    schedule : {"constant", "cosine"}
        The cosine, down to 0, is for a short first phase; a game needs both players awake to its end.
    distance : {"l1", "mse"}
        Of the first phase.
    num_workers : int
        Processes that load data.
    seed : int
        Order of the images, flips.
    device : str, optional
        By default the NVIDIA GPU if there is one.

    Raises
    ------
    ValueError
        If a number is out of range, or a name unknown.
    """

    epochs: int = 5
    lr: float = 1e-4
    d_lr: float | None = None
    batch_size: int = 16
    optimizer: str = "adam"
    schedule: str = "constant"
    distance: str = "l1"
    num_workers: int = 0
    seed: int = 0
    device: str | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "lr", "d_lr", "batch_size"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} is {value}; expected more than 0")
        choices = {
            "optimizer": tuple(OPTIMIZERS),
            "schedule": ("constant", "cosine"),
            "distance": ("l1", "mse"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(known)}")

    def optimizer_of(self, model: nn.Module, lr: float | None = None) -> torch.optim.Optimizer:
        """Return the optimiser of the settings over the weights of `model`."""
        return OPTIMIZERS[self.optimizer](model.parameters(), lr=lr or self.lr)


# The settings of the reference study, for a GPU.
SRGAN_FULL = GanSettings(epochs=200, lr=1e-4, batch_size=32)
ESRGAN_FULL = GanSettings(epochs=200, lr=1e-4, batch_size=8)
