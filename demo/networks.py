"""The trained networks that the demo offers: files written by `brainlab.models.saved.save_model`.

A folder is searched for `*.pt`, and so is each folder in it: `python -m brainlab.train FOLDER/NAME` leaves
`NAME/network.pt`. Its checkpoints, `best.pt` and `last.pt`, do not say which network the weights belong to,
and are skipped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from brainlab.labels import NUM_CLASSES
from brainlab.models.networks import SEGMENTING
from brainlab.models.saved import SavedModel, read_saved

PIXEL_MM = 2.0  # of networks that do not say: the quick and the lesson budget
SIZE = 128  # of networks for pictures that do not say: `brainlab.recipes.images`, lesson
RUN_FILE = "network.pt"  # the network of a training run; its name is that of the folder
CHECKPOINTS = ("best.pt", "last.pt")


@dataclass(frozen=True, eq=False)  # compared by identity: two networks may have the same name
class Network:
    """A trained network.

    Attributes
    ----------
    name : str
        Of its file, or of the folder of its training run.
    saved : SavedModel
    """

    name: str
    saved: SavedModel = field(repr=False)

    @property
    def segments(self) -> bool:
        """Whether it segments; otherwise it enlarges."""
        return self.saved.kind in SEGMENTING

    @property
    def pixel_mm(self) -> float:
        """Pixel size in mm that it was trained on."""
        return float(self.saved.about.get("pixel_mm", PIXEL_MM))

    @property
    def size(self) -> int:
        """Longer side in pixels of the pictures that it was trained on."""
        return int(self.saved.about.get("size", SIZE))

    @property
    def along_x(self) -> bool:
        """Whether it was trained on slices (X, Y), as volumes are stored, not on pictures (rows, columns)."""
        return self.saved.about.get("axes") == "xy"

    @property
    def channels(self) -> int:
        """Number of input channels: 4 modalities, or 1."""
        return int(self.saved.options.get("in_channels", 4 if self.segments else 1))

    @property
    def num_classes(self) -> int:
        """Number of output classes of a segmenting network."""
        return int(self.saved.options.get("num_classes", NUM_CLASSES))

    @property
    def title(self) -> str:
        """Name and class, for the menu."""
        return f"{self.name} ({self.saved.kind})"


def how_to_train(folder: Path) -> str:
    """Return the line for a user who has no network yet."""
    home = Path.home()
    shown = f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else str(folder)
    return (
        f"No network found in {shown}. Train one, in about ten minutes on two cores: "
        f"python -m brainlab.train {shown}/unet"
    )


def find_networks(folders: Iterable[Path]) -> tuple[list[Network], list[str]]:
    """Return the networks in some folders and one level below, and a line for each file that is none."""
    networks, problems = [], []
    files = [path for folder in folders for path in (*folder.glob("*.pt"), *folder.glob("*/*.pt"))]
    runs = {path.parent for path in files if path.name in CHECKPOINTS}
    for path in sorted(path for path in files if path.name not in CHECKPOINTS):
        try:
            name = path.parent.name if path.name == RUN_FILE else path.stem
            networks.append(Network(name, read_saved(path)))
        except (ValueError, OSError) as error:
            problems.append(" ".join(str(error).split()).replace(str(path.parent), path.parent.name))
    for run in sorted(run for run in runs if not (run / RUN_FILE).exists()):
        problems.append(
            f"{run.name} holds checkpoints of a training, but no {RUN_FILE}: brainlab.train writes it at the "
            "end; from Python, write it with brainlab.models.saved.save_model"
        )
    return networks, problems
