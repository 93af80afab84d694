"""Settings of a training run, and the learning-rate schedule.

Sources: Adam (D. P. Kingma, J. Ba, 2015, arXiv:1412.6980); Adagrad (J. Duchi, E. Hazan, Y. Singer, 2011, JMLR
12, 2121-2159); the cosine schedule (I. Loshchilov, F. Hutter, 2017, arXiv:1608.03983), here without restarts
and with a short linear warm-up, because Adam's first steps are the least certain.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

WARM_UP = 0.05  # of all steps
# Adagrad divides by the root of all squared gradients so far. They are counted from 0.1, as in Keras; torch
# counts from 0, which makes the first steps much longer.
OPTIMIZERS = {
    "adam": (torch.optim.Adam, {}),
    "adagrad": (torch.optim.Adagrad, {"initial_accumulator_value": 0.1}),
    "rmsprop": (torch.optim.RMSprop, {}),
}


@dataclass(frozen=True)
class Settings:
    """What every training has: see `TrainSettings` and `GanSettings` for their own.

    Attributes
    ----------
    epochs : int
        Longest training, in passes over the training images.
    lr : float
        Learning rate; with the cosine schedule the highest one.
    batch_size : int
        Images in a batch, in each process.
    optimizer : {"adam", "adagrad", "rmsprop"}
    schedule : str
        "cosine" lowers the learning rate to 0 along half a cosine over `epochs`; "constant" leaves it.
    patience : int, optional
        Early stopping: epochs without a better one after which the training stops.
    max_seconds : float, optional
        Stop before an epoch that would end later than this; the time before a resume counts.
    weight_decay : float
        L2 penalty.
    amp : bool
        Automatic mixed precision on an NVIDIA GPU: bfloat16 where it has that, else float16 with a scaled
        loss; float32 elsewhere.
    num_workers : int
        Processes that load data.
    seed : int
        Order of the images, augmentation, dropout.
    device : str, optional
        "cpu", "cuda", "mps"; by default the NVIDIA GPU if there is one.

    Raises
    ------
    ValueError
        If a number is out of range, or a name unknown.
    """

    epochs: int = 8
    lr: float = 1e-3
    batch_size: int = 16
    optimizer: str = "adam"
    schedule: str = "constant"
    patience: int | None = None
    max_seconds: float | None = None
    weight_decay: float = 0.0
    amp: bool = True
    num_workers: int = 0
    seed: int = 0
    device: str | None = None

    # A run may be resumed with other values of these; a change of any other setting makes it another run.
    FREE: ClassVar = ("epochs", "patience", "max_seconds", "amp", "num_workers", "device")
    CHOICES: ClassVar = {"optimizer": tuple(OPTIMIZERS), "schedule": ("cosine", "constant")}

    def __post_init__(self) -> None:
        for name in ("epochs", "lr", "batch_size", "patience", "max_seconds", "clip", "d_lr"):
            value = getattr(self, name, None)
            if value is not None and value <= 0:
                raise ValueError(f"{name} is {value}; expected more than 0")
        for name, known in self.CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(known)}")

    def optimizer_of(self, model: nn.Module, lr: float | None = None) -> torch.optim.Optimizer:
        """Return the optimiser of the settings over the weights of `model`; `lr` is another learning rate."""
        make, options = OPTIMIZERS[self.optimizer]
        return make(model.parameters(), lr=lr or self.lr, weight_decay=self.weight_decay, **options)


@dataclass(frozen=True)
class TrainSettings(Settings):
    """Settings of `fit`: those of `Settings`, and these.

    Attributes
    ----------
    schedule : {"plateau", "cosine", "constant"}
        "plateau" halves the learning rate when the validation loss stalls. The cosine is for short runs, in
        which a plateau never comes; it spends half of them at less than half of `lr`, so give it two to three
        times as much.
    lr_patience : int
        Epochs without a better validation loss after which the plateau schedule halves the rate.
    clip : float, optional
        Largest norm of the gradient.
    """

    schedule: str = "plateau"
    patience: int | None = 10
    lr_patience: int = 3
    clip: float | None = None

    CHOICES: ClassVar = {**Settings.CHOICES, "schedule": ("plateau", "cosine", "constant")}


@dataclass(frozen=True)
class GanSettings(Settings):
    """Settings of one phase, for `train_psnr` or `train_gan`: those of `Settings`, and these.

    The cosine is for a short phase. Do not decay the learning rates to 0 in a long adversarial training.

    Attributes
    ----------
    d_lr : float, optional
        The discriminator's learning rate; that of the generator by default.
    distance : {"l1", "mse"}
        Pixel loss of `train_psnr`.
    """

    epochs: int = 5
    lr: float = 1e-4
    d_lr: float | None = None
    distance: str = "l1"

    CHOICES: ClassVar = {**Settings.CHOICES, "distance": ("l1", "mse")}


def settings_for(
    epochs: int, batch_size: int, long: int, device: str | None = None, seed: int = 0
) -> TrainSettings:
    """Return the settings of a training: the cosine for a short one, the plateau schedule for a long one.

    Parameters
    ----------
    epochs, batch_size, device, seed
        As in `TrainSettings`.
    long : int
        Number of epochs from which a plateau of the validation loss can be expected.
    """
    schedule, lr = ("plateau", 1e-3) if epochs >= long else ("cosine", 3e-3)
    return TrainSettings(epochs, lr, batch_size, schedule=schedule, seed=seed, device=device)


def cosine_lr(step: int, steps: int, lr: float) -> float:
    """Return the learning rate of step `step` (counted from 0) of `steps`.

    It rises in a line to `lr`, then falls to 0 along half a cosine.
    """
    warm_up = max(1, round(WARM_UP * steps))
    if step < warm_up:
        return lr * (step + 1) / warm_up
    return lr * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))
