"""What is measured after each epoch, and its record: loss, Dice, and which epoch was the best."""

import copy
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.home import replace_file
from brainlab.inference.predict import evaluating
from brainlab.metrics.confusion import confusion_matrix
from brainlab.models.blocks import centre_crop
from brainlab.training.devices import ProcessGroup
from brainlab.training.settings import Settings

# What `keep_best` is given before the first epoch.
NOTHING_YET: dict[str, Any] = {"epoch": -1, "val_loss": math.inf, "weights": {}, "waited": 0}
Batches = Iterable[tuple[Tensor, Tensor]]


def keep_best(best: dict[str, Any], epoch: int, val_loss: float, weights: dict[str, Any]) -> dict[str, Any]:
    """Return the better of the best epoch so far and this one.

    Parameters
    ----------
    best : dict
        What this function returned after the last epoch; before the first one, `NOTHING_YET`.
    epoch : int
        Number of this epoch.
    val_loss : float
        Validation loss after this epoch; lower is better, and NaN never is.
    weights : dict
        `model.state_dict()`: names and tensors. The optimiser goes on changing these very tensors.

    Returns
    -------
    dict
        `epoch`, `val_loss` and `weights` of the best epoch (the first one of equals; the weights are copies),
        and `waited`: the number of epochs since then.
    """
    if not val_loss < best["val_loss"]:  # written so that NaN is no improvement
        return {**best, "waited": best["waited"] + 1}
    return {"epoch": epoch, "val_loss": val_loss, "weights": copy.deepcopy(weights), "waited": 0}


@dataclass
class History:
    """Numbers per epoch of a training, from which learning curves are drawn; every list has the same length.

    Attributes
    ----------
    steps : dict of str to list of float
        Means over the images of the epoch's steps, while the weights change: "loss" of `fit`; "g_loss" and
        its parts of a generator, with a discriminator also "d_loss", "d_real" and "d_fake".
    scores : dict of str to list of float
        On the validation set after the epoch: of `fit` "loss" and the Dice of each region, all pixels pooled;
        of a generator see `image_scores`.
    before : dict of str to float
        A generator's scores before the first epoch.
    seconds : list of float
        Wall time of the epoch, validation included.
    stopped : str
        Why a generator's training broke off; empty if it did not.
    lr : list of float
        Learning rate at the end of the epoch.
    best_by : str
        Score of which the best epoch has the lowest, of "psnr" the highest; if empty, the last is the best.
    """

    steps: dict[str, list[float]] = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)
    before: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""
    lr: list[float] = field(default_factory=list)
    best_by: str = "loss"

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def train_loss(self) -> list[float]:
        """Mean loss of `fit` over the training images."""
        return self.steps.get("loss", [])

    @property
    def val_loss(self) -> list[float]:
        """Mean loss of `fit` over the validation images."""
        return self.scores.get("loss", [])

    @property
    def regions(self) -> dict[str, list[float]]:
        """Dice of each region, of `fit`."""
        return {name: values for name, values in self.scores.items() if name != "loss"}

    @property
    def val_dice(self) -> list[float]:
        """Mean Dice over the regions, per epoch."""
        return [sum(values) / len(values) for values in zip(*self.regions.values(), strict=True)]

    @property
    def best_epoch(self) -> int:
        """Index of the best epoch (the first of equals), counted from 0; -1 if every score was NaN.

        Raises
        ------
        ValueError
            If no epoch has finished.
        """
        if not len(self):
            raise ValueError("the history is empty; expected at least one epoch: has the training been run?")
        best = NOTHING_YET
        for epoch in range(len(self)):
            best = keep_best(best, epoch, self.badness(epoch), {})
        return best["epoch"]

    def badness(self, epoch: int) -> float:
        """Return the number by which epochs are compared; lower is better."""
        if not self.best_by:
            return -float(epoch)
        value = self.scores[self.best_by][epoch]
        return -value if self.best_by == "psnr" else value

    def add(self, steps: dict[str, float], scores: dict[str, float], seconds: float, lr: float) -> None:
        """Append one epoch."""
        for table, values in ((self.steps, steps), (self.scores, scores)):
            for name, value in values.items():
                table.setdefault(name, []).append(value)
        self.seconds.append(seconds)
        self.lr.append(lr)

    def line(self, epochs: int) -> str:
        """Return one readable line about the last epoch, of `epochs`."""
        if self.val_loss:
            dice = " ".join(f"{name} {values[-1]:.2f}" for name, values in self.regions.items())
            text = f"loss {self.train_loss[-1]:.4f} · validation {self.val_loss[-1]:.4f} · Dice {dice}"
        else:
            steps = [f"{name} {values[-1]:.4g}" for name, values in self.steps.items()]
            text = " · ".join(steps + [f"{name} {values[-1]:.3f}" for name, values in self.scores.items()])
        best = " · best" if self.best_by and self.best_epoch == len(self) - 1 else ""
        number = f"{len(self):>{len(str(epochs))}}/{epochs}"
        return f"epoch {number} · {text} · lr {self.lr[-1]:.1e} · {self.seconds[-1]:.0f} s{best}"

    def stop_reason(self, settings: Settings) -> str:
        """Return why no further epoch should be trained; empty to go on.

        It follows from the history alone, so that a resumed run decides as an unbroken one.
        """
        done, elapsed = len(self), sum(self.seconds)
        if self.stopped or done == 0:
            return self.stopped
        waited = done - 1 - self.best_epoch
        if done >= settings.epochs:
            return f"all {settings.epochs} epochs are done"
        if settings.patience is not None and waited >= settings.patience:
            return f"the validation loss has not improved for {waited} epochs"
        if settings.max_seconds is not None and elapsed + self.seconds[-1] > settings.max_seconds:
            return f"another epoch would pass {settings.max_seconds:g} s"
        return ""

    def as_dict(self) -> dict:
        """Return plain values, from which `History(**values)` makes the history again."""
        return asdict(self)

    def save(self, folder: Path | str) -> None:
        """Write `history.csv` (for a spreadsheet) and `history.json` (for `History.load`) into `folder`."""
        kind = "dice" if self.val_loss else "val"
        scores = {"val_loss" if k == "loss" else f"{kind}_{k}": v for k, v in self.scores.items()}
        steps = {f"train_{name}": values for name, values in self.steps.items()}
        columns = {
            "epoch": range(1, len(self) + 1),
            **steps,
            **scores,
            "lr": self.lr,
            "seconds": self.seconds,
        }
        rows = [columns, *zip(*columns.values(), strict=True)]
        files = {
            "history.json": json.dumps(self.as_dict(), indent=1),
            "history.csv": "".join(",".join(map(str, row)) + "\n" for row in rows),
        }
        for name, text in files.items():
            replace_file(Path(folder) / name, partial(Path.write_text, data=text))

    @classmethod
    def load(cls, folder: Path | str) -> "History":
        """Read `history.json` of a run's folder."""
        return cls(**json.loads((Path(folder) / "history.json").read_text()))


class DivergedError(ArithmeticError):
    """The loss is no longer a finite number."""


def comparable(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Make logits (B, C, H, W) and labels (B, H', W') fit each other.

    Half-precision logits become float32, because sums over pixels overflow in float16. Labels of a wider
    field, from a network without padding, are cropped to their centre (B, H, W).
    """
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    size, field = logits.shape[-2:], target.shape[-2:]
    if size != field and size[0] <= field[0] and size[1] <= field[1]:
        target = centre_crop(target, size)
    return logits, target


def evaluate(
    model: nn.Module,
    batches: Batches,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    group: ProcessGroup | None = None,
) -> tuple[float, np.ndarray]:
    """Return the mean loss per image, and the confusion matrix (C, C) of all pixels, rows truth.

    Parameters
    ----------
    model : nn.Module
        Images (B, C_in, H, W) to logits (B, C, H, W), or (B, 1, H, W) for one class against background.
    batches : iterable of (Tensor, Tensor)
        Images and labels (B, H, W), on the model's device.
    loss_fn : callable
        (logits, labels) to a scalar.
    group : ProcessGroup, optional
        Add up the shares of several processes.

    Raises
    ------
    DivergedError
        If the mean loss is not finite.
    """
    loss_sum, images, confusion = 0.0, 0, np.zeros((), np.int64)
    with evaluating(model):
        for image, target in batches:
            logits, target = comparable(model(image), target)
            try:
                loss_sum += loss_fn(logits, target).item() * len(image)
            except FloatingPointError:  # the losses of brainlab refuse NaN; propagate it to all ranks
                loss_sum = math.nan
            images += len(image)
            if logits.shape[1] == 1:  # one logit for the foreground: a sigmoid above a half
                pred, classes = (logits[:, 0] > 0).long(), 2
            else:
                pred, classes = logits.argmax(1), logits.shape[1]
            confusion = confusion + confusion_matrix(pred, target, num_classes=classes)
    if group is not None:
        loss_sum, images, confusion = group.sum_of(loss_sum, images, confusion)
    if not math.isfinite(loss_sum):
        raise DivergedError(f"the validation loss is {loss_sum}; expected a finite number: is lr too high?")
    return loss_sum / images, confusion
