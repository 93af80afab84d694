"""What a training run went through, epoch by epoch: it draws the learning curves and says when to stop."""

import csv
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from brainlab.home import replace_file


@dataclass
class History:
    """Numbers per epoch; every list has the same length.

    Attributes
    ----------
    train_loss, val_loss : list of float
        Mean loss over the training images (while the weights change) and over the validation images (after).
    regions : dict of str to list of float
        Dice of each region on the validation set, all its pixels pooled.
    lr : list of float
        Learning rate at the end of the epoch's training.
    seconds : list of float
        Wall time of the epoch, validation included.
    """

    train_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    regions: dict[str, list[float]] = field(default_factory=dict)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.val_loss)

    @property
    def val_dice(self) -> list[float]:
        """Mean Dice over the regions, per epoch."""
        return [sum(values) / len(values) for values in zip(*self.regions.values(), strict=True)]

    @property
    def best_epoch(self) -> int:
        """Index of the lowest validation loss (the first of equals), counted from 0.

        Raises
        ------
        ValueError
            If no epoch has finished.
        """
        if not self.val_loss:
            raise ValueError("the history is empty; expected at least one epoch: has `fit` been run?")
        return self.val_loss.index(min(self.val_loss))

    def add(
        self, train_loss: float, val_loss: float, regions: dict[str, float], lr: float, seconds: float
    ) -> None:
        """Append one epoch."""
        self.train_loss.append(train_loss)
        self.val_loss.append(val_loss)
        for name, value in regions.items():
            self.regions.setdefault(name, []).append(value)
        self.lr.append(lr)
        self.seconds.append(seconds)

    def line(self, epoch: int, epochs: int) -> str:
        """One readable line about an epoch (counted from 0) of `epochs`."""
        dice = " ".join(f"{name} {values[epoch]:.2f}" for name, values in self.regions.items())
        return (
            f"epoch {epoch + 1:>{len(str(epochs))}}/{epochs} · loss {self.train_loss[epoch]:.4f}"
            f" · validation {self.val_loss[epoch]:.4f} · Dice {dice}"
            f" · lr {self.lr[epoch]:.1e} · {self.seconds[epoch]:.0f} s"
            f"{' · best' if self.best_epoch == epoch else ''}"
        )

    def as_dict(self) -> dict:
        """Plain values, from which `History(**values)` makes the history again."""
        return asdict(self)

    def save(self, folder: Path | str) -> None:
        """Write `history.csv` (for a spreadsheet) and `history.json` (for `History.load`) into `folder`."""
        folder = Path(folder)
        replace_file(
            folder / "history.json", lambda path: path.write_text(json.dumps(self.as_dict(), indent=1))
        )
        columns = {
            "epoch": range(1, len(self) + 1),
            "train_loss": self.train_loss,
            "val_loss": self.val_loss,
            **{f"dice_{name}": values for name, values in self.regions.items()},
            "lr": self.lr,
            "seconds": self.seconds,
        }

        def write(path: Path) -> None:
            with path.open("w", newline="") as stream:
                rows = csv.writer(stream)
                rows.writerow(columns)
                rows.writerows(zip(*columns.values(), strict=True))

        replace_file(folder / "history.csv", write)

    @classmethod
    def load(cls, folder: Path | str) -> "History":
        """Read `history.json` of a run's folder."""
        return cls(**json.loads((Path(folder) / "history.json").read_text()))
