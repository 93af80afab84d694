"""From probabilities to labels: one threshold per class, compared with argmax."""

from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from traitlets import Float, List, TraitError, validate

from brainlab.inference.predict import decode_argmax, decode_thresholds
from brainlab.labels import LABELS
from brainlab.metrics import dice
from brainlab.view.colours import BLUE, PALETTE, PURPLE, blend, palette, to_grey
from brainlab.view.slices import head_box, limit, show_plane, upright
from brainlab.view.widgets.panel import Panel, as_array, as_plane, labelled

SEVERAL = PURPLE  # no label has this colour


class ThresholdExplorer(Panel):
    """Compare one threshold per class with argmax, on one slice.

    Parameters
    ----------
    prob : ndarray or Tensor (C, H, W)
        Probabilities, after the softmax; class 0 is the background, C is 2 to 4.
    target : ndarray or Tensor (H, W)
        The true labels.
    image : ndarray or Tensor (H, W), optional
        Drawn below the labels.
    affine : ndarray (4, 4), optional
        Of the volume, for the radiological view; without it the rows run down.
    thresholds : sequence of C - 1 floats, optional
        First value of the trait.

    Attributes
    ----------
    thresholds : list of float
        Lowest probability at which a pixel belongs to a class, for classes 1, 2 and so on.

    Raises
    ------
    ValueError
        If the shapes do not match, or `prob` does not hold probabilities.
    """

    thresholds = List(Float(min=0.0, max=1.0)).tag(label="thresholds")

    def __init__(
        self,
        prob: object,
        target: object,
        image: object | None = None,
        affine: np.ndarray | None = None,
        **traits: object,
    ) -> None:
        self.prob, self.affine = as_array(prob), affine
        if self.prob.ndim != 3 or not 2 <= len(self.prob) <= len(LABELS):
            raise ValueError(
                f"prob has shape {self.prob.shape}; expected (C, H, W) with C from 2 to {len(LABELS)}: one "
                "slice, prob[0]?"
            )
        self.target = as_plane(target, "target", self.prob.shape[1:])
        self.image = as_plane(image, "image", self.prob.shape[1:])
        self.labels = LABELS[1 : len(self.prob)]
        decode_thresholds(self.prob)  # says so if these are logits
        self._argmax = np.asarray(decode_argmax(self.prob))  # (H, W)
        super().__init__(**{"thresholds": [0.5] * len(self.labels), **traits})
        options = {"min": 0, "max": 1, "step": 0.05}
        names = [f"{one.short} from probability" for one in self.labels]
        self._sliders = [
            labelled(widgets.FloatSlider(description=name, value=value, **options))
            for name, value in zip(names, self.thresholds, strict=True)
        ]
        for slider in self._sliders:
            slider.observe(self._read_sliders, "value")
        self.observe(self._set_sliders, "thresholds")
        self._open(self._sliders)

    @validate("thresholds")
    def _check_thresholds(self, proposal: dict) -> list[float]:
        if len(proposal["value"]) != len(self.labels):
            names = ", ".join(one.short for one in self.labels)
            raise TraitError(
                f"there are {len(proposal['value'])} thresholds; expected {len(self.labels)}, for {names}"
            )
        return proposal["value"]

    def _read_sliders(self, _: object) -> None:
        self.thresholds = [slider.value for slider in self._sliders]

    def _set_sliders(self, change: dict) -> None:
        for slider, value in zip(self._sliders, list(change["new"]), strict=True):
            slider.unobserve(self._read_sliders, "value")  # not while only some of them are set
            slider.value = value
            slider.observe(self._read_sliders, "value")

    def masks(self) -> np.ndarray:
        """Return the pixels at or above the threshold of each class from 1 on: (C - 1, H, W) bool."""
        return np.asarray(decode_thresholds(self.prob[1:], self.thresholds))

    def scores(self) -> dict[str, dict[str, float]]:
        """Return "argmax" and "thresholds" -> class -> Dice on this slice."""
        methods = {"argmax": self._argmax == self._values(), "thresholds": self.masks()}  # (C - 1, H, W) each
        names, truth = [one.short for one in self.labels], self.target == self._values()
        return {how: dict(zip(names, map(dice, masks, truth), strict=True)) for how, masks in methods.items()}

    def _values(self) -> np.ndarray:
        return np.array([one.value for one in self.labels])[:, None, None]  # (C - 1, 1, 1)

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        masks = self.masks()
        classes = masks.sum(axis=0)  # (H, W): how many classes a pixel belongs to
        single = np.where(classes == 1, masks.argmax(axis=0) + 1, 0)
        by_threshold = np.where(classes > 1, len(PALETTE), single)
        colours = np.vstack([PALETTE, palette([SEVERAL])])
        grey = to_grey(self.image)
        figure = Figure(figsize=(10, 3.2))
        places = {"left": 0.005, "right": 0.99, "bottom": 0.14, "top": 0.92, "wspace": 0.05}
        *axes, gap, chart = figure.subplots(1, 5, width_ratios=[1, 1, 1, 0.25, 1], gridspec_kw=places)
        gap.axis("off")
        drawn = {"truth": self.target, "argmax": self._argmax, "thresholds": by_threshold}
        for ax, (name, labels) in zip(axes, drawn.items(), strict=True):
            show_plane(ax, blend(grey, labels, 0.6, colours), self.affine, name)
            limit(ax, head_box(upright(grey, self.affine)))
        self._draw_dice(chart)
        patches = [Patch(color=one.colour, label=one.short) for one in self.labels]
        patches.append(Patch(color=SEVERAL, label=f"in several classes: {(classes > 1).sum()} pixels"))
        figure.legend(handles=patches, loc="lower left", ncols=len(patches), frameon=False, fontsize=9)
        return figure

    def _draw_dice(self, ax: Axes) -> None:
        for number, (method, values) in enumerate(self.scores().items()):
            rows = np.arange(len(values)) + (number - 0.5) * 0.4
            style: dict[str, Any] = (
                {"color": "#999999"} if method == "argmax" else {"color": BLUE, "hatch": "//"}
            )
            bars = ax.barh(rows, list(values.values()), 0.38, label=method, edgecolor="white", **style)
            ax.bar_label(bars, [f"{value:.2f}" for value in values.values()], padding=2, fontsize=8)
        ax.set_yticks(range(len(self.labels)), [one.short for one in self.labels])
        ax.set(xlim=(0, 1.25), xticks=[0, 0.5, 1], ylim=(len(self.labels) - 0.1, -0.6))
        ax.set_title("Dice on this slice", fontsize=9)
        ax.legend(frameon=False, fontsize=8, loc="lower right", ncols=2, borderaxespad=0)
        ax.spines[["top", "right"]].set_visible(False)

    def describe(self) -> str:
        """Return what is shown as alt text."""
        scores = self.scores()
        values = [
            f"{one.short} from {threshold:.2f}: Dice {scores['thresholds'][one.short]:.2f}, by argmax "
            f"{scores['argmax'][one.short]:.2f}"
            for one, threshold in zip(self.labels, self.thresholds, strict=True)
        ]
        several = int((self.masks().sum(axis=0) > 1).sum())
        return (
            f"Truth, argmax and thresholds on one slice. {'; '.join(values)}. Pixels in several classes: "
            f"{several}"
        )
