"""Move a predicted mask over the true one, and see what every loss of the library says to it."""

from collections.abc import Callable
from functools import lru_cache, partial
from inspect import signature

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor
from traitlets import Float, Int

from brainlab import losses
from brainlab.view.colours import to_grey
from brainlab.view.slices import DASHES, PREDICTION, TRUTH, head_box, oriented, outline
from brainlab.view.widgets.panel import Panel, as_array, mark_sides

KINDS = {"pixels": "#0072B2", "areas": "#D55E00", "both": "#009E73"}
MOST = 2.5  # how far the bars are drawn; "nothing found" is 1


def every_loss(truth: np.ndarray) -> dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]]:
    """Return name -> (what it counts, loss of logits (1, 2, H, W) and target (1, H, W)), for one true mask.

    Parameters
    ----------
    truth : ndarray (H, W) bool
        The class weights and the weight map are made from it.
    """
    from scipy.ndimage import label

    share = float(np.clip(truth.mean(), 1e-6, 1 - 1e-6))
    balance = torch.tensor([0.5 / (1 - share), 0.5 / share])
    places = torch.from_numpy(losses.border_weight_map(label(truth)[0]))[None]  # (1, H, W)
    table = {}
    for kind, of_kind in zip(KINDS, (losses.PIXELS, losses.AREAS, losses.COMBINED), strict=True):
        for name, loss_fn in of_kind.items():
            needs_map = "weight_map" in signature(loss_fn).parameters
            table[shown_name(name)] = kind, partial(loss_fn, weight_map=places) if needs_map else loss_fn
    return {"weighted cross entropy": ("pixels", partial(losses.cross_entropy, weight=balance)), **table}


def shown_name(name: str) -> str:
    """Return the name of a loss function in words: "soft dice" for `soft_dice_loss`."""
    return name.removesuffix("_loss").replace("_", " ")


def two_spots(size: int = 64) -> np.ndarray:
    """Return a true mask (size, size): a round tumour and a small one beside it."""
    y, x = np.mgrid[:size, :size] / size
    return (np.hypot(y - 0.5, x - 0.42) < 0.16) | (np.hypot(y - 0.44, x - 0.68) < 0.06)


class LossExplorer(Panel):
    """Move, grow or shrink a prediction over the truth, and see every loss.

    A bar is the loss, divided by the loss of a network that finds nothing: above 1 that lazy answer is the
    cheaper one.

    Parameters
    ----------
    truth : ndarray or Tensor (H, W), optional
        The true mask, 0 and 1; by default a tumour and a small one beside it.
    image : ndarray or Tensor (H, W), optional
        What is drawn under the outlines.
    affine : ndarray (4, 4), optional
        Of the volume of both, for the radiological view; without it rows run downwards.
    **traits
        First values of the traits below.

    Attributes
    ----------
    right, down : int
        By how many pixels the prediction lies beside the truth.
    grow : int
        Pixels by which it is too large at its border; below 0 too small.
    sure : float
        Probability that the network gives to its answer, at each pixel.

    Raises
    ------
    ValueError
        If the mask is empty, full, or not of two axes, or the image has another shape.
    """

    right = Int(0, min=-64, max=64)
    down = Int(0, min=-64, max=64)
    grow = Int(0, min=-16, max=16)
    sure = Float(0.98, min=0.55, max=0.999)

    def __init__(
        self,
        truth: object | None = None,
        image: object | None = None,
        affine: np.ndarray | None = None,
        **traits: object,
    ) -> None:
        self.truth = two_spots() if truth is None else as_array(truth) > 0
        if self.truth.ndim != 2 or not 0 < self.truth.sum() < self.truth.size:
            raise ValueError(
                f"truth has shape {self.truth.shape} and {int(self.truth.sum())} pixels of tumour; expected "
                "(H, W) with some, but not all"
            )
        self.image = np.zeros(self.truth.shape) if image is None else as_array(image)
        if self.image.shape != self.truth.shape:
            raise ValueError(f"image has shape {self.image.shape}; expected {self.truth.shape}, as truth has")
        self.affine = affine
        if affine is not None:  # turned at once, so that right is right in the picture
            self.truth, self.image = (oriented(x, affine).copy() for x in (self.truth, self.image))
        self._losses = every_loss(self.truth)
        self._of_state = lru_cache(maxsize=64)(self._of_state)
        super().__init__(**traits)
        controls = [
            self._linked("right", widgets.IntSlider(description="right, pixels", min=-64, max=64)),
            self._linked("down", widgets.IntSlider(description="down, pixels", min=-64, max=64)),
            self._linked("grow", widgets.IntSlider(description="grow, pixels", min=-16, max=16)),
            self._linked(
                "sure",
                widgets.FloatSlider(
                    description="sure", min=0.55, max=0.999, step=0.001, readout_format=".3f"
                ),
            ),
        ]
        for control in controls[:3]:  # no further than the picture
            most = min(control.max, max(self.truth.shape) // 2)
            control.min, control.max = -most, most
        self._open(controls, ("right", "down", "grow", "sure"))

    def prediction(self) -> np.ndarray:
        """Return the predicted mask (H, W) bool."""
        return self._mask(self.right, self.down, self.grow)

    def _mask(self, right: int, down: int, grow: int | None) -> np.ndarray:
        from scipy.ndimage import distance_transform_edt, shift

        if grow is None:  # nothing is found
            return np.zeros_like(self.truth)
        # Pixels beyond the border: 1 for the first outside, 0 for the outermost inside.
        beyond = distance_transform_edt(~self.truth) - np.maximum(distance_transform_edt(self.truth) - 1, 0)
        return shift((beyond <= grow).astype(np.uint8), (down, right), order=0) > 0

    @staticmethod
    def logits(mask: np.ndarray, sure: float) -> Tensor:
        """Return logits (1, 2, H, W) of a network that answers `mask` with probability `sure`."""
        tumour = torch.from_numpy(np.where(mask, 1, -1) * np.log(sure / (1 - sure))).float()
        return torch.stack([torch.zeros_like(tumour), tumour])[None]

    def values(self) -> dict[str, float]:
        """Return each loss of what is shown."""
        return self._of_state(self.right, self.down, self.grow, self.sure)

    def relative(self) -> dict[str, float]:
        """Return each loss, divided by the same loss of a network that finds nothing."""
        nothing = self._of_state(0, 0, None, self.sure)
        return {name: value / nothing[name] for name, value in self.values().items()}

    def _of_state(self, right: int, down: int, grow: int | None, sure: float) -> dict[str, float]:
        target = torch.from_numpy(self.truth).long()[None]  # (1, H, W)
        logits = self.logits(self._mask(right, down, grow), sure)
        return {name: loss(logits, target).item() for name, (_, loss) in self._losses.items()}

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        values, relative = self.values(), self.relative()
        figure = Figure(figsize=(10, 3.9))
        places = {"left": 0.005, "right": 0.995, "bottom": 0.13, "top": 0.98, "wspace": 0.42}
        left, right = figure.subplots(1, 2, width_ratios=[1, 1.35], gridspec_kw=places)
        mask = self.prediction()
        left.imshow(to_grey(self.image), cmap="gray", vmin=0, vmax=1)
        outline(left, self.image, self.truth, TRUTH, "-")
        outline(left, self.image, mask, PREDICTION, DASHES)
        x0, x1, y0, y1 = head_box(self.truth, max(self.truth.shape) // 4)
        left.set(xticks=[], yticks=[], xlim=(x0, x1), ylim=(y0, y1), facecolor="black")
        if self.affine is not None:
            mark_sides(left)
        shared = int((mask & self.truth).sum())
        found = f"{shared} of {self.truth.sum()} pixels found, {mask.sum() - shared} invented"
        left.set_xlabel(found, fontsize=9)
        handles = [
            Line2D([], [], color=TRUTH, label="truth"),
            Line2D([], [], color=PREDICTION, linestyle=DASHES, label="prediction"),
        ]
        left.legend(handles=handles, loc="lower right", fontsize=8, facecolor="black", labelcolor="white")
        names = list(values)
        colours = [KINDS[self._losses[name][0]] for name in names]
        bars = right.barh(names, [min(relative[name], MOST) for name in names], color=colours)
        told = [f"{values[n]:.3g}{' →' if relative[n] > MOST else ''}" for n in names]
        right.axvline(1, color="black", linestyle=":", linewidth=1.2)
        box = {"facecolor": "white", "linewidth": 0, "pad": 0.5}
        right.bar_label(bars, told, padding=3, fontsize=8, bbox=box)
        right.set(xlim=(0, MOST + 0.35), ylim=(len(names) - 0.4, -0.6))
        right.tick_params(axis="y", labelsize=8)
        right.set_xlabel("loss, compared with finding nothing (dotted: 1)", fontsize=9)
        for kind, colour in KINDS.items():
            right.barh([0], [0], color=colour, label=f"counts {kind}")
        right.legend(frameon=False, fontsize=8, loc="lower right")
        right.spines[["top", "right"]].set_visible(False)
        return figure

    def describe(self) -> str:
        """Say in words what is shown, as alt text."""
        told = ", ".join(f"{name} {value:.3g}" for name, value in self.values().items())
        return (
            f"A prediction {self.right} pixels to the right of the truth and {self.down} below it, grown by "
            f"{self.grow}, sure to {self.sure:.3f}. Losses: {told}"
        )
