"""A training run: the checkpoints from which it is resumed, the random state, and all that trains.

Files hold tensors and plain values only and are read with `weights_only=True`, so that an untrusted
checkpoint cannot run code. They are written under another name and then renamed: a kill leaves the old file
or the new one.
"""

import os
import pickle
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.amp import GradScaler
from torch.utils.data import DataLoader, Dataset

from brainlab.home import replace_file
from brainlab.training.devices import ProcessGroup, mixed_precision
from brainlab.training.history import NOTHING_YET, History, keep_best
from brainlab.training.settings import Settings

FORMAT = "brainlab checkpoint 2"
Trained = tuple[nn.Module, torch.optim.Optimizer, GradScaler]


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or that belongs to another run."""


def save_checkpoint(path: Path | str, **state: object) -> None:
    """Write tensors, state dicts and plain values as one checkpoint."""
    replace_file(Path(path), lambda temporary: torch.save({"format": FORMAT, **state}, temporary))


def load_checkpoint(path: Path | str) -> dict:
    """Read a checkpoint onto the CPU.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is cut short, holds Python objects, or was not written by `save_checkpoint`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}: has the training finished an epoch?")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} is no checkpoint, or holds more than tensors and plain values, which could run code; "
            f"expected a file of brainlab.training: did it come from another program? ({_first_line(error)})"
        ) from error
    except (RuntimeError, EOFError, KeyError, OSError) as error:
        raise CheckpointError(
            f"{path} ({path.stat().st_size} bytes) cannot be read; expected a whole checkpoint: was a copy "
            f"or download interrupted, or the disk full? Delete it to start anew ({_first_line(error)})"
        ) from error
    found = state.get("format") if isinstance(state, dict) else None
    if found != FORMAT:
        what = f"keys {list(state)[:4]}" if isinstance(state, dict) else f"a {type(state).__name__}"
        raise CheckpointError(
            f"{path} holds {what}; expected {FORMAT!r}: was it written by another program or version?"
        )
    return state


def load_weights(model: torch.nn.Module, source: Path | str | dict) -> None:
    """Load the weights of a checkpoint (`best.pt`, `last.pt`) or of a state dict into `model`.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`, and if the weights are those of another network; names the first difference.
    """
    if isinstance(source, dict):
        weights, where = source, "the checkpoint"
    else:
        weights, where = load_checkpoint(source)["model"], str(source)
    here = model.state_dict()
    for name in [*here, *weights]:
        there_shape = tuple(weights[name].shape) if name in weights else "absent"
        here_shape = tuple(here[name].shape) if name in here else "absent"
        if there_shape != here_shape:
            raise CheckpointError(
                f"{where} is of another network: {name} is {there_shape} there and {here_shape} here: "
                f"was the width, the depth or the model changed since?"
            )
    model.load_state_dict(weights)


def seed_all(seed: int) -> None:
    """Seed every random generator that a training step may draw from."""
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (a user's data set may use the old generator)
    random.seed(seed)


def rng_state() -> dict:
    """Return the state of these generators as tensors and plain values."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [name, keys.tolist(), *rest],  # type: ignore[attr-defined]
        "python": random.getstate(),
    }


def set_rng_state(state: dict) -> None:
    """Set the generators to a state that `rng_state` returned."""
    torch.set_rng_state(state["torch"])
    # A checkpoint may have come from a machine with another number of GPUs.
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
    np.random.set_state(tuple(state["numpy"]))  # noqa: NPY002
    random.setstate(state["python"])


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
        self.history, self.best = History(best_by=best_by), NOTHING_YET
        self.parts: dict[str, Any] = {}
        self.rates: dict[torch.optim.Optimizer, float] = {}
        fixed = {name: value for name, value in asdict(settings).items() if name not in settings.FREE}
        loss = getattr(loss, "func", loss)  # of a functools.partial
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
        images = {"training images": len(train_set), "validation images": len(val_set)}  # type: ignore[arg-type]
        self.identity = {"loss": name, **fixed, **images}  # what must be the same for a run to be resumed
        seed_all(settings.seed + self.group.rank)  # dropout differs between processes

    def place(self, module: object) -> None:
        """Move a module to the device; a plain function stays."""
        if isinstance(module, nn.Module):
            # Channels innermost: convolutions are faster, see benchmarks/training_step.py.
            module.to(device=self.group.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

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
    if len(dataset) == 0:  # type: ignore[arg-type]
        raise ValueError(
            f"{name} is empty; expected an image or more: did the selection by area drop every slice?"
        )
    item = dataset[0]
    if not (isinstance(item, tuple | list) and len(item) == 2):
        raise TypeError(f"{name}[0] is a {type(item).__name__}; expected a pair (image, labels)")


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
