"""The receptive field of stacked convolutions, and how dilation changes it.

Sources: Yu and Koltun 2016, "Multi-Scale Context Aggregation by Dilated Convolutions" (arXiv:1511.07122);
Luo et al. 2016, "Understanding the Effective Receptive Field" (arXiv:1701.04128).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn
from traitlets import Bool, Enum, Int

from brainlab.models.sizes import influence
from brainlab.view.charts import percent
from brainlab.view.colours import BLUE, VERMILION
from brainlab.view.widgets.panel import Panel

SHOWN = 65  # pixels of the picture at least


class ReceptiveField(Panel):
    """Show which input pixels influence one output pixel of stacked convolutions.

    It is computed from a network: the gradient of one output pixel with respect to the input. All weights are
    equal, so that the gradient counts the paths from each input pixel to the output pixel.

    Parameters
    ----------
    **traits
        First values of the traits below.

    Attributes
    ----------
    layers : int
        Number of convolutions, 1 to 4.
    dilation : int
        Pixels from one tap to the next, 1 to 4; with `doubled` that of the first layer.
    kernel : int
        3 or 5 taps along each axis.
    doubled : bool
        Whether the dilation doubles from layer to layer.
    """

    layers = Int(3, min=1, max=4).tag(label="layers")
    dilation = Int(1, min=1, max=4).tag(label="dilation")
    kernel = Enum((3, 5), 3).tag(label="kernel")
    doubled = Bool(False).tag(label="double the dilation from layer to layer")

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self._open()

    @property
    def dilations(self) -> list[int]:
        """The dilation of each layer."""
        return [self.dilation * (2**layer if self.doubled else 1) for layer in range(self.layers)]

    def network(self) -> nn.Sequential:
        """Return the network: unpadded convolutions with equal weights."""
        return _network(self.kernel, self.dilations)

    def field(self) -> np.ndarray:
        """Return the share of all paths that start at each input pixel: (reach, reach), with sum 1."""
        return _field(self.kernel, tuple(self.dilations))

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        field = self.field()
        reach, side = len(field), max(SHOWN, len(field) + 2)
        half, edge = reach / 2, side / 2
        figure = Figure(figsize=(9, 3.9))
        places = {"left": 0.05, "right": 0.99, "bottom": 0.14, "top": 0.92, "wspace": 0.22}
        left, right = figure.subplots(1, 2, width_ratios=[1, 1.4], gridspec_kw=places)
        shown = np.ma.masked_less(field / field.max(), 1e-9)
        left.set_facecolor("#eeeeee")
        box = (-half, half, half, -half)
        left.imshow(shown**0.5, cmap="viridis", vmin=0, vmax=1, extent=box, interpolation="nearest")
        plain = 1 + self.layers * (self.kernel - 1)
        frame: dict[str, Any] = {"fill": False, "edgecolor": VERMILION, "linestyle": "--", "linewidth": 1.5}
        left.add_patch(Rectangle((-plain / 2, -plain / 2), plain, plain, **frame, label="without dilation"))
        left.set(xlim=(-edge, edge), ylim=(edge, -edge), xlabel="pixels from the output pixel")
        left.legend(loc="lower right", fontsize=8, frameon=False)
        left.set_title(f"sees {reach} x {reach} pixels, uses {_used(field)}", fontsize=10)
        row = field[reach // 2] / field[reach // 2].max()
        right.bar(np.arange(reach) - reach // 2, row, color=BLUE, width=0.9)
        for x in (-plain / 2, plain / 2):
            right.axvline(x, color=VERMILION, linestyle="--", linewidth=1.5)
        right.set(xlim=(-edge, edge), xlabel="pixels from the output pixel, along its row", ylim=(0, 1.05))
        right.set_ylabel("number of paths, maximum = 1")
        right.set_title(f"dilation {', '.join(map(str, self.dilations))}", fontsize=10)
        right.spines[["top", "right"]].set_visible(False)
        return figure

    def describe(self) -> str:
        """Return what is shown as alt text."""
        field = self.field()
        plain = 1 + self.layers * (self.kernel - 1)
        return (
            f"{self.layers} convolutions of {self.kernel} x {self.kernel} with dilation "
            f"{', '.join(map(str, self.dilations))}: an output pixel sees {len(field)} x {len(field)} pixels "
            f"and uses {_used(field)} of them; without dilation it sees {plain} x {plain}"
        )


def _used(field: np.ndarray) -> str:
    share = np.count_nonzero(field) / field.size
    return "all" if share == 1 else percent(share)


def _network(kernel: int, dilations: Sequence[int]) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):  # the random numbers of a training beside it stay the same
        stack = nn.Sequential(*(nn.Conv2d(1, 1, kernel, dilation=d, bias=False) for d in dilations))
    for weights in stack.parameters():
        nn.init.constant_(weights, 1 / kernel**2)
    return stack


@lru_cache(maxsize=64)
def _field(kernel: int, dilations: tuple[int, ...]) -> np.ndarray:
    reach = 1 + sum(d * (kernel - 1) for d in dilations)
    with torch.random.fork_rng(devices=[]):
        field = influence(_network(kernel, dilations), reach).numpy()  # an input of `reach` gives one pixel
    field[field < 1e-6 * field.max()] = 0  # rounding noise of some convolution algorithms
    return field
