"""Learning curves that are updated while a training runs."""

import numpy as np
from IPython.display import DisplayHandle, display
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from traitlets import Bool, Int

from brainlab.training import History
from brainlab.view.curve_figures import history_panels, plot_epochs
from brainlab.view.widgets.panel import Panel


class TrainingMonitor(Panel):
    """Follow a training: `fit(..., on_epoch=TrainingMonitor(epochs).show())`.

    The kernel draws after each epoch, and the page shows it while the cell still runs; the controls respond
    when it has finished. The last picture stays in the notebook.

    Parameters
    ----------
    epochs : int
        The largest number of epochs; 0 if unknown.
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
    log = Bool(True).tag(label="loss on a logarithmic axis")

    def __init__(self, epochs: int = 0, **traits: object) -> None:
        if epochs < 0:
            raise ValueError(f"epochs is {epochs}; expected 0 or more: 0 means unknown")
        self.epochs = epochs
        self.history: History = History()
        self._handle: DisplayHandle | None = None
        super().__init__(**traits)
        self._open()

    def show(self) -> "TrainingMonitor":
        """Show the monitor here and return it."""
        self._handle = display(self, display_id=True)
        return self

    def __call__(self, history: History) -> None:
        """Draw the training so far.

        Parameters
        ----------
        history : History
            Of `fit`, or of `train_psnr` and `train_gan`, after any number of epochs.
        """
        self.history = history
        self.epoch = len(history)
        self._redraw()
        if self._handle is not None:  # the picture that the notebook stores
            self._handle.update(self)

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        panels = history_panels(self.history)
        figure = Figure(figsize=(9, 3.1), layout="constrained")
        for ax, (title, lines) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
            plot_epochs(ax, title, lines, self.epoch)
            losses = [v for values in lines.values() for v in values if "loss" in title]
            if self.log and losses and min(losses) > 0:
                ax.set_yscale("log")
                ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                ax.yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
                ax.yaxis.set_minor_formatter(NullFormatter())  # the labels would overlap
            first = self.epoch + 1 - max(map(len, lines.values()), default=self.epoch)
            ax.set(xlim=(min(first, 1) - 0.5, max(self.epochs, self.epoch, 2) + 0.5), xlabel="epoch")
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
        text = f"epoch {self.epoch}{f' of {self.epochs}' if self.epochs else ''}, {seconds:.0f} s each"
        minutes = (self.epochs - self.epoch) * seconds / 60
        if minutes <= 0:
            return text
        return f"{text}, about {minutes:.0f} min left" if minutes > 1.5 else f"{text}, under 2 min left"

    def describe(self) -> str:
        """Return what is shown as alt text."""
        panels = [
            f"{title}: " + ", ".join(f"{name} {values[-1]:.3g}" for name, values in lines.items() if values)
            for title, lines in history_panels(self.history).items()
        ]
        return f"Learning curves, {self._progress()}" + (f"; {'; '.join(panels)}" if self.epoch else "")
