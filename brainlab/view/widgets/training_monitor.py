"""Learning curves that are drawn while a training runs."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from IPython.display import DisplayHandle, display
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from traitlets import Bool, Int

from brainlab.training import History
from brainlab.view.loss_figures import COLOURS, DASHES
from brainlab.view.widgets.panel import Panel

Lines = dict[str, Sequence[float]]


class TrainingMonitor(Panel):
    """Follow a training: `fit(..., on_epoch=TrainingMonitor(epochs).show())`.

    The kernel draws after each epoch, and the page shows it although the cell still runs; the controls
    answer when it has finished. The last picture stays in the notebook.

    Parameters
    ----------
    epochs : int
        How many there will be at most; 0 if unknown.
    **traits
        First values of the traits below.

    Attributes
    ----------
    epoch : int
        Epochs so far.
    log : bool
        Whether the axis of the loss is logarithmic.
    """

    epoch = Int(0)
    log = Bool(True)

    def __init__(self, epochs: int = 0, **traits: object) -> None:
        if epochs < 0:
            raise ValueError(f"epochs is {epochs}; expected 0 or more: 0 means unknown")
        self.epochs = epochs
        self.history: History | None = None
        self._handle: DisplayHandle | None = None
        super().__init__(**traits)
        box = widgets.Checkbox(description="loss on a logarithmic axis", indent=False)
        self._open([self._linked("log", box)], ("log",))

    def show(self) -> "TrainingMonitor":
        """Show the monitor here and return it."""
        self._handle = display(self, display_id=True)
        return self

    def __call__(self, history: History) -> None:
        """Draw what the training went through so far.

        Parameters
        ----------
        history : History
            Of `fit`, `train_psnr` or `train_gan`, after any number of epochs.
        """
        self.history = history
        self.epoch = len(history)
        self._redraw()
        if self._handle is not None:  # what is stored of the cell follows too
            self._handle.update(self)

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        panels = panels_of(self.history)
        figure = Figure(figsize=(9, 3.1), layout="constrained")
        axes = figure.subplots(1, len(panels))
        for ax, (title, lines) in zip(axes, panels.items(), strict=True):
            for number, (name, values) in enumerate(lines.items()):
                style = {"color": COLOURS[number % 6], "linestyle": DASHES[number % 6], "linewidth": 2}
                ax.plot(np.arange(1, len(values) + 1), values, marker="o", markersize=3, label=name, **style)
            losses = [v for values in lines.values() for v in values if "loss" in title]
            if self.log and losses and min(losses) > 0:
                ax.set_yscale("log")
                ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                ax.yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
                ax.yaxis.set_minor_formatter(NullFormatter())  # or their labels lie on each other
            ax.set_xlim(0.5, max(self.epochs, self.epoch, 2) + 0.5)
            ax.set_xlabel("epoch")
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.set_title(title, fontsize=10)
            ax.spines[["top", "right"]].set_visible(False)
            if self.epoch and self.history.best_by in self.history.scores:
                ax.axvline(self.history.best_epoch + 1, color="#999999", linestyle=":", label="best epoch")
            if self.epoch:
                ax.legend(frameon=False, fontsize=8)
        figure.suptitle(self._progress(), fontsize=10)
        return figure

    def _progress(self) -> str:
        if not self.epoch:
            return "waiting for the first epoch"
        seconds = float(np.mean(self.history.seconds))
        told = f"epoch {self.epoch}{f' of {self.epochs}' if self.epochs else ''}, {seconds:.0f} s each"
        minutes = (self.epochs - self.epoch) * seconds / 60
        if minutes <= 0:
            return told
        return f"{told}, about {minutes:.0f} min left" if minutes > 1.5 else f"{told}, soon done"

    def describe(self) -> str:
        """Say in words what is shown, as alt text."""
        told = [
            f"{title}: " + ", ".join(f"{name} {values[-1]:.3g}" for name, values in lines.items() if values)
            for title, lines in panels_of(self.history).items()
        ]
        return f"Learning curves, {self._progress()}" + (f"; {'; '.join(told)}" if self.epoch else "")


def panels_of(history: History | None) -> dict[str, Lines]:
    """Return the curves of a history: title of the panel -> name -> value after each epoch."""
    if history is None:
        return {"loss": {}, "Dice on the validation set": {}}
    if history.val_loss:
        return {
            "loss": {"train": history.train_loss, "validation": history.val_loss},
            "Dice on the validation set": dict(history.regions),
        }
    steps, scores = history.steps, history.scores
    judged = {"D(true)": steps.get("d_real", []), "D(made)": steps.get("d_fake", [])}
    panels = {"losses": {name: values for name, values in steps.items() if name.endswith("loss")}}
    if steps.get("d_real"):
        panels["says it is true"] = judged
    return panels | {"PSNR in dB": {"validation": scores.get("psnr", [])}}
