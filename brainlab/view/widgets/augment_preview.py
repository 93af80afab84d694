"""The effect of an augmentation on a slice, its labels and a regular grid."""

import numpy as np
import torch
from matplotlib.figure import Figure
from traitlets import Bool, Float, Int

from brainlab.data.augment import Augment
from brainlab.data.intensity import percentile_window
from brainlab.view.colours import blend, to_grey
from brainlab.view.slices import show_plane
from brainlab.view.widgets.panel import Panel, as_plane

FULL = {"rotation": 20.0, "shift": 0.1, "zoom": 0.2, "shear": 0.1}  # the augmentation at strength 1
PAPER = 10 / 512  # sigma in the U-Net paper, as a share of the image


class AugmentPreview(Panel):
    """Show a slice and a grid before and after `brainlab.data.augment.Augment`.

    Parameters
    ----------
    image : ndarray or Tensor (H, W)
        One modality of a slice, as a network gets it.
    labels : ndarray or Tensor (H, W), optional
        Label map 0 to 3, deformed with the image.
    affine : ndarray (4, 4), optional
        Of the volume, for the radiological view; without it the rows run down.
    **traits
        First values of the traits below.

    Attributes
    ----------
    elastic : float
        Standard deviation of the displacements at the 3 x 3 nodes, pixels; the default is that of the U-Net
        paper.
    strength : float
        Of rotation, shift, zoom and shear, 0 to 1; at 1 up to 20 degrees, 10 %, 20 % and 0.1.
    seed : int
        Of the random deformation.
    flip : bool
        Whether the image is mirrored left to right with probability 1/2, depending on the seed.

    Raises
    ------
    ValueError
        If the image has not two axes, or the labels have another shape.
    """

    elastic = Float(0.0, min=0.0).tag(label="elastic σ, pixels", step=0.1)
    strength = Float(0.0, min=0.0, max=1.0).tag(label="rotation, shift, zoom, shear", step=0.05)
    seed = Int(0, min=0, max=99).tag(label="seed")
    flip = Bool(False).tag(label="mirror with probability 1/2")

    def __init__(
        self,
        image: object,
        labels: object | None = None,
        affine: np.ndarray | None = None,
        **traits: object,
    ) -> None:
        self.image, self.affine = as_plane(image, "image").astype(np.float32), affine
        self.labels = as_plane(labels, "labels", self.image.shape).astype(np.int64)
        size = max(self.image.shape)
        super().__init__(**{"elastic": round(PAPER * size, 1), **traits})
        self._open(elastic=(0, max(0.2 * size, self.elastic)))

    @property
    def augment(self) -> Augment:
        """The augmentation with the current settings, e.g. for a training."""
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
        window = percentile_window(self.image)  # one window for both: only the deformation differs
        figure = Figure(figsize=(10, 2.8))
        places = {"left": 0.005, "right": 0.995, "bottom": 0.02, "top": 0.9, "wspace": 0.03}
        axes = figure.subplots(1, 4, gridspec_kw=places)
        slices = {"before": (self.image, self.labels), "after": (image, labels)}
        for ax, (when, (values, mask)) in zip(axes, slices.items(), strict=False):
            title = f"{when}: {np.count_nonzero(mask)} labelled pixels" if self.labels.any() else when
            # After a flip or a rotation the sides are no longer where the affine has them.
            show_plane(ax, blend(to_grey(values, *window), mask), self.affine, title, marks=when == "before")
        show_plane(axes[2], 1 - self._grid(), self.affine, "grid before", marks=False)
        show_plane(axes[3], 1 - grid, self.affine, "grid after", marks=False)
        return figure

    def describe(self) -> str:
        """Return what is shown as alt text."""
        labels = self.deformed()[1]
        return (
            f"A slice and a grid before and after a deformation: elastic sigma {self.elastic:.1f} pixels; "
            f"rotation, shift, zoom and shear at {self.strength:.0%}; seed {self.seed}"
            f"{', mirrored with probability 1/2' if self.flip else ''}; "
            f"{np.count_nonzero(self.labels)} labelled pixels become {np.count_nonzero(labels)}"
        )
