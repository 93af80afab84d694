"""Checkpoints: a training run on disk, whole or not at all.

Files hold tensors and plain values only, so that they load with `weights_only=True`: a checkpoint from a
stranger cannot run code. They are written under another name and then renamed: a kill leaves the old file
or the new one.
"""

import pickle
import random
from pathlib import Path

import numpy as np
import torch

from brainlab.home import replace_file

FORMAT = "brainlab checkpoint 1"


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
    """Put the weights of a checkpoint (`best.pt`, `last.pt`) or of a state dict into `model`.

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
    """Weights and buffers as a copy on the CPU that later steps do not touch."""
    return {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}


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
    """Put the generators back to what `rng_state` returned."""
    torch.set_rng_state(state["torch"])
    # A checkpoint may have come from a machine with another number of GPUs.
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
    np.random.set_state(tuple(state["numpy"]))  # noqa: NPY002
    random.setstate(state["python"])


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
