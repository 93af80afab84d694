"""Move a predicted mask over the true one, and see the value of every loss of the library."""

from collections.abc import Callable
from functools import lru_cache, partial
from inspect import signature

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from traitlets import Float, Int

from brainlab import losses
from brainlab.view.colours import BLUE, GREEN, VERMILION, to_grey
from brainlab.view.slices import head_box, limit, mark_sides, outline, outline_handles, upright
from brainlab.view.widgets.panel import Panel, as_plane

KINDS = {"pixels": BLUE, "areas": VERMILION, "both": GREEN}
NAMES = {"bce": "BCE", "dice": "Dice", "jaccard": "Jaccard", "tversky": "Tversky"}
LONGEST = 2.5  # length at which a bar is cut off; an empty prediction has 1


def every_loss(truth: np.ndarray) -> dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]]:
    """Return name -> (key of `KINDS`, loss of logits (1, 2, H, W) and target (1, H, W)), for one true mask.

    Parameters
    ----------
    truth : ndarray (H, W) bool
        The class weights and the border weight map are computed from it.
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
    """Return the name of a loss function in words: "soft Dice" for `soft_dice_loss`."""
    words = name.removesuffix("_loss").split("_")
    return " ".join(NAMES.get(word, word) for word in words)


def two_spots(size: int = 64) -> np.ndarray:
    """Return a true mask (size, size): a round tumour and a small one beside it."""
    y, x = np.mgrid[:size, :size] / size
    return (np.hypot(y - 0.5, x - 0.42) < 0.16) | (np.hypot(y - 0.44, x - 0.68) < 0.06)


class LossExplorer(Panel):
    """Move, grow or shrink a prediction over the truth, and see every loss.

    A bar is the loss divided by the loss of an empty prediction: above 1 predicting nothing is cheaper.

    Parameters
    ----------
    truth : ndarray or Tensor (H, W), optional
        The true mask, 0 and 1; by default a tumour and a small one beside it.
    image : ndarray or Tensor (H, W), optional
        Drawn below the outlines.
    affine : ndarray (4, 4), optional
        Of the volume of both, for the radiological view; without it the rows run down.
    **traits
        First values of the traits below.

    Attributes
    ----------
    right, down : int
        Shift of the prediction in pixels.
    grow : int
        Pixels that are added along the border; below 0 removed.
    confidence : float
        Probability that the network gives to the class it predicts, at each pixel.

    Raises
    ------
    ValueError
        If the mask is empty, full, or not of two axes, or the image has another shape.
    """

    right = Int(0, min=-64, max=64).tag(label="right, pixels")
    down = Int(0, min=-64, max=64).tag(label="down, pixels")
    grow = Int(0, min=-16, max=16).tag(label="grow, pixels")
    confidence = Float(0.98, min=0.55, max=0.999).tag(label="confidence", step=0.001)

    def __init__(
        self,
        truth: object | None = None,
        image: object | None = None,
        affine: np.ndarray | None = None,
        **traits: object,
    ) -> None:
        truth = two_spots() if truth is None else as_plane(truth, "truth") > 0
        if not 0 < truth.sum() < truth.size:
            raise ValueError(
                f"truth has {int(truth.sum())} pixels of tumour of {truth.size}; expected some, but not all"
            )
        image = as_plane(image, "image", truth.shape)
        # Oriented at once, so that a shift to the right is one to the right in the picture.
        self.truth, self.image, self.affine = upright(truth, affine).copy(), upright(image, affine), affine
        self._losses = every_loss(self.truth)
        self._cached = lru_cache(maxsize=64)(self._of_state)
        super().__init__(**traits)
        inside = max(truth.shape) // 2  # the prediction stays within the picture
        shift, grow = min(64, inside), min(16, inside)
        self._open(right=(-shift, shift), down=(-shift, shift), grow=(-grow, grow))

    def prediction(self) -> np.ndarray:
        """Return the predicted mask (H, W) bool."""
        return self._mask(self.right, self.down, self.grow)

    def _mask(self, right: int, down: int, grow: int | None) -> np.ndarray:
        from scipy.ndimage import distance_transform_edt, shift

        if grow is None:  # the empty prediction
            return np.zeros_like(self.truth)
        # Pixels beyond the border: 1 for the first outside, 0 for the outermost inside.
        beyond = distance_transform_edt(~self.truth) - np.maximum(distance_transform_edt(self.truth) - 1, 0)
        return shift((beyond <= grow).astype(np.uint8), (down, right), order=0) > 0

    @staticmethod
    def logits(mask: np.ndarray, confidence: float) -> Tensor:
        """Return logits (1, 2, H, W) of a network that predicts `mask` with this probability."""
        tumour = torch.from_numpy(np.where(mask, 1, -1) * np.log(confidence / (1 - confidence))).float()
        return torch.stack([torch.zeros_like(tumour), tumour])[None]

    def values(self) -> dict[str, float]:
        """Return the value of each loss."""
        return self._cached(self.right, self.down, self.grow, self.confidence)

    def relative(self) -> dict[str, float]:
        """Return each loss, divided by the same loss of an empty prediction."""
        empty = self._cached(0, 0, None, self.confidence)
        return {name: value / empty[name] for name, value in self.values().items()}

    def _of_state(self, right: int, down: int, grow: int | None, confidence: float) -> dict[str, float]:
        target = torch.from_numpy(self.truth).long()[None]  # (1, H, W)
        logits = self.logits(self._mask(right, down, grow), confidence)
        return {name: loss(logits, target).item() for name, (_, loss) in self._losses.items()}

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        figure = Figure(figsize=(10, 3.9))
        places = {"left": 0.005, "right": 0.995, "bottom": 0.13, "top": 0.98, "wspace": 0.42}
        left, right = figure.subplots(1, 2, width_ratios=[1, 1.35], gridspec_kw=places)
        self._draw_masks(left)
        self._draw_losses(right)
        return figure

    def _draw_masks(self, ax: Axes) -> None:
        mask = self.prediction()
        ax.imshow(to_grey(self.image), cmap="gray", vmin=0, vmax=1)
        outline(ax, self.image, self.truth, mask)
        limit(ax, head_box(self.truth, max(self.truth.shape) // 4))
        ax.set(xticks=[], yticks=[], facecolor="black")
        if self.affine is not None:
            mark_sides(ax)
        shared = int((mask & self.truth).sum())
        found = f"{shared} of {self.truth.sum()} pixels found, {mask.sum() - shared} false positives"
        ax.set_xlabel(found, fontsize=9)
        dark = {"facecolor": "black", "labelcolor": "white", "fontsize": 8}
        ax.legend(handles=outline_handles(), loc="lower right", **dark)

    def _draw_losses(self, ax: Axes) -> None:
        values, relative = self.values(), self.relative()
        names = list(values)
        colours = [KINDS[self._losses[name][0]] for name in names]
        bars = ax.barh(names, [min(relative[name], LONGEST) for name in names], color=colours)
        labels = [f"{values[name]:.3g}{' →' if relative[name] > LONGEST else ''}" for name in names]
        ax.axvline(1, color="black", linestyle=":", linewidth=1.2)
        box = {"facecolor": "white", "linewidth": 0, "pad": 0.5}
        ax.bar_label(bars, labels, padding=3, fontsize=8, bbox=box)
        ax.set(xlim=(0, LONGEST + 0.35), ylim=(len(names) - 0.4, -0.6))
        ax.tick_params(axis="y", labelsize=8)
        ax.set_xlabel("loss, relative to an empty prediction (dotted: 1)", fontsize=9)
        for kind, colour in KINDS.items():
            ax.barh([0], [0], color=colour, label=f"computed from {kind}")
        ax.legend(frameon=False, fontsize=8, loc="lower right")
        ax.spines[["top", "right"]].set_visible(False)

    def describe(self) -> str:
        """Return what is shown as alt text."""
        values = ", ".join(f"{name} {value:.3g}" for name, value in self.values().items())
        return (
            f"A prediction {self.right} pixels to the right of the truth and {self.down} below it, grown by "
            f"{self.grow}, with confidence {self.confidence:.3f}. Losses: {values}"
        )
