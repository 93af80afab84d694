"""Random deformations of image and labels together: more shapes of brain from the same patients.

Flip, rotation, zoom, shear, shift and the elastic deformation of the U-Net paper (Ronneberger, Fischer and
Brox 2015, arXiv:1505.04597, section 3.1), joined into one map; see `brainlab.data.deform`.

The paper's sigma of 10 pixels belongs to its images of 512 x 512. On 96 x 96 the same 10 pixels are five
times as strong: give `elastic=10 * size / 512` for the paper's strength.
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from brainlab.data.deform import affine_matrix, elastic_field, warp


@dataclass
class Augment:
    """A random deformation at every call; image bilinear, labels nearest, 0 from beyond the edge.

    Strengths are the largest magnitudes; values are drawn uniformly in between. A strength of 0 switches a
    part off without changing what the others draw.

    Attributes
    ----------
    flip : bool
        Mirror every second slice along H. H is X, left to right: a brain is nearly symmetric that way only.
    rotation : float
        Degrees.
    shift : float
        Part of the height and of the width.
    zoom : float
        0.2 draws a magnification from 0.8 to 1.2.
    shear : float
        Pixels along H per pixel along W.
    elastic : float
        Standard deviation of the displacements at the nodes of the elastic 3 x 3 grid, in pixels.
    seed : int
        For calls without a generator of their own.

    Raises
    ------
    ValueError
        If a strength is negative, or zoom or shear is 1 or more.
    """

    flip: bool = True
    rotation: float = 20.0
    shift: float = 0.1
    zoom: float = 0.2
    shear: float = 0.1
    elastic: float = 10.0
    seed: int = 0
    _rng: np.random.Generator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("rotation", "shift", "zoom", "shear", "elastic"):
            value = getattr(self, name)
            if value < 0:
                raise ValueError(f"{name}={value}; expected 0 or more: it is drawn on both sides of 0")
            if name in ("zoom", "shear") and value >= 1:
                raise ValueError(f"{name}={value}; expected less than 1: 0.2 means 20 %")
        self._rng = np.random.default_rng(self.seed)

    def __call__(
        self, image: torch.Tensor, labels: torch.Tensor, rng: np.random.Generator | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Deform one image and its labels.

        Parameters
        ----------
        image : torch.Tensor
            Shape (C, H, W), float.
        labels : torch.Tensor
            Shape (H, W), integer.
        rng : numpy.random.Generator, optional
            Draws this deformation; by default the generator of `seed`, which goes on from call to call.

        Returns
        -------
        image, labels : torch.Tensor
            New tensors of the same shapes and types.
        """
        rng = rng or self._rng
        mirrored = rng.random() < 0.5
        rotation, zoom, shear, *shift = rng.uniform(-1, 1, 5)
        matrix = affine_matrix(
            self.flip and mirrored, self.rotation * rotation, 1 + self.zoom * zoom, self.shear * shear
        )
        pixels = torch.tensor(self.shift * np.multiply(shift, labels.shape)).float()  # (2,)
        displacement = elastic_field(labels.shape, self.elastic, rng=rng) + pixels[:, None, None]  # (2, H, W)
        return warp(image, labels, matrix, displacement)
