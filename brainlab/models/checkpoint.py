"""Checkpoints of a training run (`last.pt`, `best.pt`), the best weights so far, and the random state.

Files hold tensors and plain values only and are read with `weights_only=True`, so that an untrusted
checkpoint cannot run code. They are written under another name and then renamed: a kill leaves the old file
or the new one.
"""

import copy
import math
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainlab.home import replace_file

FORMAT = "brainlab checkpoint 2"
# What `keep_best` is given before the first epoch.
NOTHING_YET: dict[str, Any] = {"epoch": -1, "val_loss": math.inf, "weights": {}, "waited": 0}


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


def copy_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return copies of weights and buffers, on the CPU; training on does not change them."""
    return {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}


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
        "numpy": [name, keys.tolist(), *rest],
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


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
