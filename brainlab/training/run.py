"""A training run: its numbers per epoch, its best weights, and the files from which it is resumed."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn
from torch.amp import GradScaler
from torch.utils.data import DataLoader, Dataset

from brainlab.home import replace_file
from brainlab.models.checkpoint import (
    NOTHING_YET,
    CheckpointError,
    keep_best,
    load_checkpoint,
    load_weights,
    rng_state,
    save_checkpoint,
    seed_all,
    set_rng_state,
)
from brainlab.models.modes import mixed_precision
from brainlab.training.distributed import ProcessGroup
from brainlab.training.settings import Settings

Trained = tuple[nn.Module, torch.optim.Optimizer, GradScaler]


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
            replace_file(Path(folder) / name, lambda path, text=text: path.write_text(text))

    @classmethod
    def load(cls, folder: Path | str) -> "History":
        """Read `history.json` of a run's folder."""
        return cls(**json.loads((Path(folder) / "history.json").read_text()))


class Run:
    """A training: what trains, its history and best weights in memory and, with a folder, all of it on disk.

    Parameters
    ----------
    settings : Settings
    folder : path or None
        For `last.pt`, `best.pt`, `history.csv` and `history.json`; only the main process touches it.
    loss : callable or str
        A function, a module or a name, for the identity of the run.
    train_set, val_set : Dataset
    progress : bool
        Whether to report progress; never while nbgrader grades.
    best_by : str
        See `History`.

    Attributes
    ----------
    parts : dict
        All that a checkpoint needs, with `state_dict` and `load_state_dict`. The best weights are those of
        "model".
    rates : dict of Optimizer to float
        Highest learning rates, for the cosine schedule.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path | str | None,
        loss: Callable | str,
        train_set: Dataset,
        val_set: Dataset,
        progress: bool,
        best_by: str = "loss",
    ) -> None:
        check_set("train_set", train_set)
        check_set("val_set", val_set)
        self.settings, self.train_set, self.folder = settings, train_set, Path(folder) if folder else None
        self.group = ProcessGroup(settings.device)
        self.talk = progress and self.group.is_main and not os.environ.get("NBGRADER_EXECUTION")
        self.history, self.best, self.parts, self.rates = History(best_by=best_by), NOTHING_YET, {}, {}
        fixed = {name: value for name, value in asdict(settings).items() if name not in settings.FREE}
        loss = getattr(loss, "func", loss)  # of a functools.partial
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
        images = {"training images": len(train_set), "validation images": len(val_set)}
        self.identity = {"loss": name, **fixed, **images}  # what must be the same for a run to be resumed
        seed_all(settings.seed + self.group.rank)  # dropout differs between processes

    def place(self, module: object) -> None:
        """Move a module to the device; a plain function stays."""
        if isinstance(module, nn.Module):
            # Channels innermost: convolutions are faster, see benchmarks/training_step.py.
            module.to(device=self.group.device, memory_format=torch.channels_last)

    def add(self, name: str, model: nn.Module, lr: float | None = None) -> Trained:
        """Place a network; return what trains it: the network to call, its optimiser and its loss scaler."""
        self.place(model)
        fast, scaler = mixed_precision(model, self.group.device, self.settings.amp)
        optimizer = self.settings.optimizer_of(model, lr)
        self.parts |= {name: model, f"{name} optimizer": optimizer, f"{name} scaler": scaler}
        self.rates[optimizer] = lr or self.settings.lr
        return fast, optimizer, scaler

    def restore(self) -> None:
        """Go back to the last finished epoch on disk; `CheckpointError` if it is of another run."""
        state, path = None, self.folder / "last.pt" if self.folder else None
        if path and self.group.is_main and path.exists():
            state = load_checkpoint(path)
            there = state.get("identity", {})
            for name, here in self.identity.items():
                if there.get(name) != here:
                    raise CheckpointError(
                        f"{path} is of another run: {name} was {there.get(name)} and is {here} now: "
                        f"use another folder, or resume=False to start over"
                    )
        state = self.group.from_main(state)
        if state is None:
            return
        if self.talk:
            print(f"resumed after epoch {len(state['history']['seconds'])}")
        for name, part in self.parts.items():
            if isinstance(part, nn.Module):
                load_weights(part, state[name])
            elif state[name]:  # that of a loss scaler is empty where the run had none
                part.load_state_dict(state[name])
        self.best, self.history = state["best"], History(**state["history"])
        if self.group.rank < len(state["rng"]):  # more processes than before: the new ones keep their own
            set_rng_state(state["rng"][self.group.rank])

    def keep(self) -> None:
        """Take note of the epoch that was added to the history: best weights, then the files."""
        epoch = len(self.history) - 1
        self.best = keep_best(self.best, epoch, self.history.badness(epoch), self.parts["model"].state_dict())
        # best.pt first: killed in between, the epoch is repeated and writes the same best.pt again.
        if self.folder and self.group.is_main and self.best["waited"] == 0:
            best = {"model": self.best["weights"], "history": self.history.as_dict()}
            save_checkpoint(self.folder / "best.pt", **best)
        self.save()

    def save(self) -> None:
        """Write `last.pt` and the history."""
        if not self.folder:
            return
        rng = self.group.gather(rng_state())
        if self.group.is_main:
            states = {name: part.state_dict() for name, part in self.parts.items()}
            last = {"best": self.best, "rng": rng, "history": self.history.as_dict()}
            save_checkpoint(self.folder / "last.pt", **states, **last, identity=self.identity)
            self.history.save(self.folder)


def check_set(name: str, dataset: Dataset) -> None:
    """Refuse what cannot be trained on; see `Run`."""
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
