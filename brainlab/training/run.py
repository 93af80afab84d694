"""A training run that outlives its process: what `fit` keeps of each epoch and finds after a kill."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from torch.utils.data import Dataset

from brainlab.models.checkpoint import (
    CheckpointError,
    copy_weights,
    load_checkpoint,
    load_weights,
    rng_state,
    save_checkpoint,
    set_rng_state,
)
from brainlab.training.distributed import Team
from brainlab.training.history import History
from brainlab.training.settings import TrainSettings

# A run may go on with other values of these; a change of any other setting would make it another run.
FREE_SETTINGS = ("epochs", "patience", "max_seconds", "num_workers", "device", "amp")


def identity(settings: TrainSettings, loss_fn: Callable, train_set: Dataset, val_set: Dataset) -> dict:
    """Return what must be the same for a run to be continued."""
    fixed = {name: value for name, value in asdict(settings).items() if name not in FREE_SETTINGS}
    loss = getattr(loss_fn, "__name__", type(loss_fn).__name__)
    return {**fixed, "loss": loss, "training images": len(train_set), "validation images": len(val_set)}


class Run:
    """The state of a run: its best weights in memory and, with a folder, everything on disk.

    Parameters
    ----------
    folder : path or None
        Home of `last.pt`, `best.pt`, `history.csv` and `history.json`; only the main process touches it.
    team : Team
    parts : dict
        Objects with `state_dict` and `load_state_dict`: "model", "optimizer" and so on.
    identity : dict
        Plain values; see `identity`.
    """

    def __init__(self, folder: Path | str | None, team: Team, parts: Mapping, identity: dict) -> None:
        self.folder = Path(folder) if folder else None
        self.team, self.parts, self.identity = team, parts, identity
        self.best: dict | None = None

    def restore(self) -> History:
        """Put everything back to the end of the last finished epoch; an empty history if there is none.

        Raises
        ------
        CheckpointError
            If `last.pt` is damaged or of another run.
        """
        state = None
        if self.folder and self.team.is_main and (self.folder / "last.pt").exists():
            state = load_checkpoint(self.folder / "last.pt")
            self._check(state)
        state = self.team.from_main(state)
        if state is None:
            return History()
        load_weights(self.parts["model"], state["model"])
        for name in self.parts.keys() - {"model"}:
            self.parts[name].load_state_dict(state[name])
        self.best = state["best"]
        if self.team.rank < len(state["rng"]):  # more processes than before: the new ones keep their own
            set_rng_state(state["rng"][self.team.rank])
        return History(**state["history"])

    def keep(self, history: History) -> None:
        """Take note of a finished epoch."""
        if history.best_epoch == len(history) - 1:
            self.best = copy_weights(self.parts["model"])
        if not self.folder:
            return
        rng = self.team.gather(rng_state())
        if not self.team.is_main:
            return
        # best.pt first: killed in between, the epoch is repeated and writes the same best.pt again.
        if history.best_epoch == len(history) - 1:
            save_checkpoint(self.folder / "best.pt", model=self.best, history=history.as_dict())
        states = {name: part.state_dict() for name, part in self.parts.items()}
        last = {"best": self.best, "rng": rng, "history": history.as_dict(), "identity": self.identity}
        save_checkpoint(self.folder / "last.pt", **states, **last)
        history.save(self.folder)

    def _check(self, state: dict) -> None:
        there, path = state.get("identity", {}), self.folder / "last.pt"
        for name, here in self.identity.items():
            if there.get(name) != here:
                raise CheckpointError(
                    f"{path} is of another run: {name} was {there.get(name)} and is {here} now: "
                    f"use another folder, or resume=False to start over"
                )
