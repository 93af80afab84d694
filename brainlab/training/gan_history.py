"""What a phase of training went through, epoch by epoch; the curves and the monitor read it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from brainlab.home import replace_file


@dataclass
class GanHistory:
    """Numbers per epoch.

    Attributes
    ----------
    steps : dict of str to list of float
        Means over the epoch's steps, by name: "g_loss" and its parts; of a GAN also "d_loss", "d_real" and
        "d_fake".
    scores : dict of str to list of float
        On the validation set after the epoch: see `image_scores`.
    before : dict of str to float
        The same scores before the first epoch.
    seconds : list of float
        Wall time of the epoch.
    stopped : str
        Why the training ended early; empty if it did not.
    """

    steps: dict[str, list[float]] = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)
    before: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""

    def __len__(self) -> int:
        return len(self.seconds)

    def add(self, steps: dict[str, float], scores: dict[str, float], seconds: float) -> None:
        """Append one epoch."""
        for table, values in ((self.steps, steps), (self.scores, scores)):
            for name, value in values.items():
                table.setdefault(name, []).append(value)
        self.seconds.append(seconds)

    def line(self, epochs: int) -> str:
        """One readable line about the last epoch of `epochs`."""
        steps = " · ".join(f"{name} {values[-1]:.4g}" for name, values in self.steps.items())
        scores = " · ".join(f"{name} {values[-1]:.3f}" for name, values in self.scores.items())
        return f"epoch {len(self)}/{epochs} · {steps} · {scores} · {self.seconds[-1]:.0f} s"

    def as_dict(self) -> dict:
        """Plain values, from which `GanHistory(**values)` makes the history again."""
        return asdict(self)

    def save(self, folder: Path | str) -> None:
        """Write `history.json` into `folder`."""
        text = json.dumps(self.as_dict(), indent=1)
        replace_file(Path(folder) / "history.json", lambda path: path.write_text(text))

    @classmethod
    def load(cls, folder: Path | str) -> "GanHistory":
        """Read `history.json` of a folder."""
        return cls(**json.loads((Path(folder) / "history.json").read_text()))
