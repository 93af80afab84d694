"""What an augmentation does to a slice, its labels and a regular grid."""

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib.figure import Figure
from traitlets import Bool, Float, Int

from brainlab.data.augment import Augment
from brainlab.view.colours import blend, to_grey
from brainlab.view.widgets.panel import Panel, as_array, show_plane

FULL = {"rotation": 20.0, "shift": 0.1, "zoom": 0.2, "shear": 0.1}  # what strength 1 means
PAPER = 10 / 512  # sigma of the U-Net paper, as a part of the image


class AugmentPreview(Panel):
    """Show a slice and a grid before and after `brainlab.data.augment.Augment`.

    Parameters
    ----------
    image : ndarray or Tensor (H, W)
        One modality of a slice, as a network gets it.
    labels : ndarray or Tensor (H, W), optional
        Label map 0 to 3, deformed with the image.
    affine : ndarray (4, 4), optional
        Of the volume, for the radiological view; without it rows run downwards.
    **traits
        First values of the traits below.

    Attributes
    ----------
    elastic : float
        Standard deviation of the displacements at the 3 x 3 nodes, pixels; at first as in the U-Net paper.
    strength : float
        Of turn, shift, zoom and shear: 0 none, 1 up to 20 degrees, 10 %, 20 % and 0.1.
    flip : bool
        Whether every second seed mirrors.
    seed : int
        Which of all random deformations.

    Raises
    ------
    ValueError
        If the image has not two axes, or the labels have another shape.
    """

    elastic = Float(0.0, min=0.0)
    strength = Float(0.0, min=0.0, max=1.0)
    flip = Bool(False)
    seed = Int(0, min=0, max=99)

    def __init__(
        self,
        image: object,
        labels: object | None = None,
        affine: np.ndarray | None = None,
        **traits: object,
    ) -> None:
        self.image, self.affine = as_array(image).astype(np.float32), affine
        if self.image.ndim != 2:
            raise ValueError(
                f"image has shape {self.image.shape}; expected (H, W): one modality of one slice, image[3]?"
            )
        empty = np.zeros(self.image.shape, np.int64)
        self.labels = empty if labels is None else as_array(labels).astype(np.int64)
        if self.labels.shape != self.image.shape:
            raise ValueError(
                f"labels have shape {self.labels.shape}; expected {self.image.shape}, as the image has"
            )
        size = max(self.image.shape)
        super().__init__(**{"elastic": round(PAPER * size, 1), **traits})
        most = max(0.2 * size, self.elastic)
        controls = [
            self._linked(
                "elastic", widgets.FloatSlider(description="elastic σ, pixels", min=0, max=most, step=0.1)
            ),
            self._linked(
                "strength",
                widgets.FloatSlider(description="turn, shift, zoom, shear", min=0, max=1, step=0.05),
            ),
            self._linked("seed", widgets.IntSlider(description="seed", min=0, max=99)),
            self._linked("flip", widgets.Checkbox(description="mirror every second", indent=False)),
        ]
        self._open(controls, ("elastic", "strength", "flip", "seed"))

    @property
    def augment(self) -> Augment:
        """The augmentation as it is set, for a training."""
        part = {name: self.strength * most for name, most in FULL.items()}
        return Augment(flip=self.flip, elastic=self.elastic, seed=self.seed, **part)

    def deformed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return image, labels and grid after the deformation, (H, W) each."""
        pair = torch.from_numpy(np.stack([self.image, self._grid()]))  # (2, H, W), one deformation for both
        moved, labels = self.augment(pair, torch.from_numpy(self.labels), np.random.default_rng(self.seed))
        return moved[0].numpy(), labels.numpy(), moved[1].numpy()

    def _grid(self) -> np.ndarray:
        step = max(max(self.image.shape) // 12, 3)
        grid = np.zeros(self.image.shape, np.float32)
        grid[step // 2 :: step], grid[:, step // 2 :: step] = 1, 1
        return grid

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        image, labels, grid = self.deformed()
        # One window for both, so that the deformation alone is seen.
        inside = self.image[self.image != 0]
        window = np.percentile(inside, (1, 99.5)) if inside.size else (0.0, 1.0)
        pictures = [
            blend(to_grey(values, *window), mask)
            for values, mask in ((self.image, self.labels), (image, labels))
        ]
        figure = Figure(figsize=(10, 2.8))
        places = {"left": 0.005, "right": 0.995, "bottom": 0.02, "top": 0.9, "wspace": 0.03}
        axes = figure.subplots(1, 4, gridspec_kw=places)
        before = np.count_nonzero(self.labels)
        counts = {"before": before, "after": np.count_nonzero(labels)}
        told = [f"{name}: {n} pixels labelled" if before else name for name, n in counts.items()]
        show_plane(axes[0], pictures[0], self.affine, told[0])
        # Mirrored or turned, left and right are no longer where the affine has them.
        show_plane(axes[1], pictures[1], self.affine, told[1], marks=False)
        show_plane(axes[2], 1 - self._grid(), self.affine, "grid before", marks=False)
        show_plane(axes[3], 1 - grid, self.affine, "grid after", marks=False)
        return figure

    def describe(self) -> str:
        """Say in words what is shown, as alt text."""
        labels = self.deformed()[1]
        return (
            f"A slice and a grid before and after a deformation: elastic sigma {self.elastic:.1f} pixels; "
            f"turn, shift, zoom and shear at {self.strength:.0%}; seed {self.seed}"
            f"{', mirrored for every second seed' if self.flip else ''}; "
            f"{np.count_nonzero(self.labels)} labelled pixels become {np.count_nonzero(labels)}"
        )
