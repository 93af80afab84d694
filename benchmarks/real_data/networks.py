"""Networks that are trained once and kept, with a note of the code that trained them."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from torch import nn

import brainlab
from brainlab.models import read_saved, save_model

# What decides the weights: folders and files of the library.
TRAINING = ("budgets.py", "synth", "data", "models", "losses", "training", "recipes")


def training_code(root: Path | None = None) -> str:
    """Return eight digits that change with any line of the code that makes the data or trains.

    Parameters
    ----------
    root : Path, optional
        The folder of the library, by default that of `brainlab`.
    """
    root = root or Path(brainlab.__file__).parent
    digest = hashlib.sha256()
    for name in TRAINING:
        for path in [root / name] if name.endswith(".py") else sorted((root / name).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def kept_network(
    folder: Path, train: Callable[[Path], nn.Module], options: dict, retrain: bool = False
) -> tuple[nn.Module, str]:
    """Return the network of a folder; it is trained if it is not there yet.

    A training that was interrupted goes on, unless the code has changed since: then it starts over. A
    *finished* network is used although the code has changed, and a printed line says so.

    Parameters
    ----------
    folder : Path
        Of this network alone.
    train : callable
        Trains in the folder that it is given, and returns the network.
    options : dict
        With which the network was built, for `brainlab.models.save_model`.
    retrain : bool
        Start over in any case.

    Returns
    -------
    network : nn.Module
    code : str
        `training_code` when it was trained.
    """
    path, note, code = folder / "network.pt", folder / "code.txt", training_code()
    started_with = note.read_text(encoding="utf-8") if note.exists() else code
    if retrain or (started_with != code and not path.exists()):
        shutil.rmtree(folder, ignore_errors=True)
    if path.exists():
        saved = read_saved(path)
        trained_with = str(saved.about.get("code"))
        if trained_with != code:
            print(
                f"NOTE: {path} was trained with other code ({trained_with}, now {code}), so these are the "
                "scores of that code. --retrain trains it again."
            )
        return saved.build(), trained_with
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(code, encoding="utf-8")
    save_model(path, train(folder), options, code=code)
    return read_saved(path).build(), code
