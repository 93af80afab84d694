"""The numbers of a training run, and the two decisions that they make: how fast to learn, when to stop.

Source of the cosine: I. Loshchilov, F. Hutter, 2017, arXiv:1608.03983; here without restarts and with a
short linear warm-up, because Adam's first steps are the least certain.
"""

import math
from dataclasses import dataclass

from brainlab.training.history import History

WARM_UP = 0.05  # of all steps


@dataclass(frozen=True)
class TrainSettings:
    """Numbers of one training run.

    Attributes
    ----------
    epochs : int
        Longest training, in passes over the training images.
    lr : float
        Learning rate; with the cosine schedule the highest one.
    batch_size : int
        Images in a batch, in each process.
    optimizer : {"adam", "adagrad"}
    schedule : {"plateau", "cosine", "constant"}
        Halve the learning rate when the validation loss stalls, or lower it to 0 along half a cosine over
        `epochs`, or leave it. The cosine is for short runs, in which a plateau never comes; it spends half
        of them at less than half of `lr`, so give it two to three times as much.
    lr_patience : int
        Epochs without a better validation loss that the plateau schedule bears before it halves the rate.
    patience : int
        Epochs without a better validation loss after which the training stops.
    max_seconds : float, optional
        Stop before an epoch that would end later than this; the time before a resume counts.
    weight_decay : float
        L2 penalty.
    clip : float, optional
        Largest norm of the gradient.
    amp : bool
        Half precision on an NVIDIA GPU; nothing elsewhere.
    num_workers : int
        Processes that load data.
    seed : int
        Order of the images, dropout.
    device : str, optional
        "cpu", "cuda", "mps"; by default the NVIDIA GPU if there is one.

    Raises
    ------
    ValueError
        If a number is out of range, or the schedule or the optimiser unknown.
    """

    epochs: int = 8
    lr: float = 1e-3
    batch_size: int = 16
    optimizer: str = "adam"
    schedule: str = "plateau"
    lr_patience: int = 3
    patience: int = 10
    max_seconds: float | None = None
    weight_decay: float = 0.0
    clip: float | None = None
    amp: bool = True
    num_workers: int = 0
    seed: int = 0
    device: str | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "lr", "batch_size", "patience", "max_seconds", "clip"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} is {value}; expected more than 0")
        if self.schedule not in ("plateau", "cosine", "constant"):
            raise ValueError(f"schedule is {self.schedule!r}; expected 'plateau', 'cosine' or 'constant'")
        if self.optimizer not in ("adam", "adagrad"):
            raise ValueError(f"optimizer is {self.optimizer!r}; expected 'adam' or 'adagrad'")


def settings_for(
    epochs: int, batch_size: int, long: int, device: str | None = None, seed: int = 0
) -> TrainSettings:
    """Return the settings of a training: a cosine for a short one, waiting for plateaus in a long one.

    Parameters
    ----------
    long : int
        Epochs from which a plateau of the validation loss can be waited for.
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


def stop_reason(history: History, settings: TrainSettings) -> str:
    """Why no further epoch should be trained; empty to go on.

    It asks the history alone, so that a resumed run decides as an unbroken one.
    """
    done, elapsed = len(history), sum(history.seconds)
    if done == 0:
        return ""
    waited = done - 1 - history.best_epoch
    if done >= settings.epochs:
        return f"all {settings.epochs} epochs are done"
    if waited >= settings.patience:
        return f"the validation loss has not improved for {waited} epochs"
    if settings.max_seconds is not None and elapsed + history.seconds[-1] > settings.max_seconds:
        return f"another epoch would pass {settings.max_seconds:g} s"
    return ""
