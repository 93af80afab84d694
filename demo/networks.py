"""Which trained networks there are: small files of `save_model`, folders of trainings, and bare state dicts.

A training's folder holds `best.pt` and `last.pt`; `brainlab.train` adds `network.json`, which says what they
are. Where nothing says it, the shapes of the weights tell a U-Net. All are read with `weights_only=True`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn

from brainlab.models.saved import SEGMENTING, SavedModel, SavedModelError, check_saved, read_content
from brainlab.train import NETWORKS

PIXEL_MM = 2.0  # of trainings that do not say: the quick and the lesson budget
SIZE = 128  # of trainings on pictures that do not say: `brainlab.recipes.images`, lesson
CHECKPOINTS = ("best.pt", "last.pt")
NAMES = {cls: name for name, cls in SEGMENTING.items()}


@dataclass(frozen=True, eq=False)  # one is chosen by identity
class Network:
    """A trained network and its checkpoints.

    Attributes
    ----------
    name : str
        Of the file or folder.
    checkpoints : dict of str to Path
        "best", "last", or the file's own name.
    saved : SavedModel
        Of the first checkpoint.
    """

    name: str
    checkpoints: dict[str, Path]
    saved: SavedModel = field(repr=False)

    @property
    def segments(self) -> bool:
        """Whether it gives labels; else it enlarges."""
        return self.saved.kind in SEGMENTING

    @property
    def pixel_mm(self) -> float:
        """Size of a pixel that it was trained on."""
        return float(self.saved.about.get("pixel_mm", PIXEL_MM))

    @property
    def size(self) -> int:
        """Pixels of the longer side of a picture that it was trained on."""
        return int(self.saved.about.get("size", SIZE))

    @property
    def along_x(self) -> bool:
        """Whether it has learnt slices (X, Y), as volumes are stored, and not pictures (rows, columns)."""
        return self.saved.about.get("axes") == "xy"

    @property
    def channels(self) -> int:
        """Images that it sees at once: 4 modalities, or 1."""
        return int(self.saved.options.get("in_channels", 4 if self.segments else 1))

    @property
    def title(self) -> str:
        """Name and kind, to choose from."""
        return f"{self.name} ({self.saved.kind})"

    def load(self, checkpoint: str | None = None) -> nn.Module:
        """Return the network of a checkpoint, by default the first, in evaluation mode.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        if checkpoint is None or checkpoint == next(iter(self.checkpoints)):
            return self.saved.build()
        return _read(self.checkpoints[checkpoint]).build()


def how_to_train(folder: Path) -> str:
    """Return the line for someone who has no network yet."""
    home = Path.home()
    shown = f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else str(folder)
    return (
        f"No network found in {shown}. Train one, in about ten minutes on two cores: "
        f"python -m brainlab.train {shown}/unet"
    )


def find_networks(folders: Iterable[Path]) -> tuple[list[Network], list[str]]:
    """Return the networks in some folders and one level below, and a line for each that cannot be used."""
    networks, problems = [], []
    files = [path for folder in folders for path in (*folder.glob("*.pt"), *folder.glob("*/*.pt"))]
    for path in sorted(files):
        if path.name in CHECKPOINTS and path.name != "best.pt" and (path.parent / "best.pt").exists():
            continue  # one training, listed once
        try:
            networks.append(_network(path))
        except (ValueError, OSError) as error:
            problems.append(" ".join(str(error).split()).replace(str(path.parent), path.parent.name))
    return networks, problems


def _network(path: Path) -> Network:
    """Return the network of a file, with the other checkpoints of its training."""
    if path.name not in CHECKPOINTS:
        return Network(path.stem, {path.stem: path}, _read(path))
    there = [path.parent / name for name in CHECKPOINTS if (path.parent / name).exists()]
    return Network(path.parent.name, {p.stem: p for p in there}, _read(path))


def _read(path: Path) -> SavedModel:
    """Read a file of `save_model`, a checkpoint of a training, or a bare state dict of a U-Net."""
    content = read_content(path)
    if not isinstance(content, dict) or "kind" in content:
        return check_saved(content, path)
    state = content.get("model", content)
    about_file = path.with_name("network.json")
    if "model" in content and about_file.is_file():
        kind, options, about = _told_by(about_file)
    else:
        try:
            kind, options, about = *unet_of(state), {}
        except SavedModelError as error:
            raise SavedModelError(f"{path}: {error}") from error
    return check_saved({"kind": kind, "options": options, "state": state, "about": about}, path)


def _told_by(about_file: Path) -> tuple[str, dict, dict]:
    """Return kind, options and further facts of the network that `brainlab.train` trained."""
    told = json.loads(about_file.read_text())
    try:
        kind = NAMES[NETWORKS[told["network"]["name"]]]
        options = {key: value for key, value in told["network"].items() if key != "name"}
        about = {
            "pixel_mm": told["pixel"] * told.get("spacing", 1.0),
            "learnt_from": [*told["cases"]["train"], *told["cases"]["val"]],
        }
    except (KeyError, TypeError) as error:
        raise SavedModelError(f"{about_file} is damaged; expected what brainlab.train wrote") from error
    return kind, options, about


def unet_of(state: Mapping[str, Tensor]) -> tuple[str, dict]:
    """Guess class and options of a U-Net from its weights; whether they fit is checked by who loads it.

    Raises
    ------
    SavedModelError
        If the weights are not those of a U-Net at all.
    """
    first = next(iter(state.values()), None) if isinstance(state, Mapping) else None
    if not isinstance(first, Tensor) or first.ndim != 4:
        raise SavedModelError("no weights of a U-Net; save other networks with brainlab.models.saved")
    head = state.get("head.weight")
    levels = {name.split(".")[1] for name in state if name.startswith("down.")}
    if not levels or head is None:
        raise SavedModelError(
            f"weights begin with {next(iter(state))}; expected those of a U-Net: save other networks with "
            "brainlab.models.saved"
        )
    in_first = [v for name, v in state.items() if name.startswith("down.0.") and v.ndim == 4]
    options = {
        "in_channels": first.shape[1],
        "num_classes": head.shape[0],
        "width": first.shape[0],
        "depth": len(levels),
        "convs": len(in_first),
        "bottleneck": any(name.startswith("bottom.") for name in state),
        "batch_norm": any(name.startswith("down.0.") and "running_mean" in name for name in state),
    }
    gated = any("gate" in name for name in state)
    return ("AttentionUNet" if gated else "UNet"), options
