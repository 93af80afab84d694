"""Data augmentation: random deformations of an image together with its labels.

Flip, rotation, zoom, shear, shift and the elastic deformation of the U-Net paper (Ronneberger, Fischer and
Brox 2015, arXiv:1505.04597, section 3.1). Every step is a map from output pixels to source pixels. The maps
are composed before anything is sampled, so that the image is interpolated, and therefore blurred, only once,
and the labels go through the same map.

The paper's sigma of 10 pixels is for images of 512 x 512. On 96 x 96 the same 10 pixels are five times as
strong: `elastic=10 * size / 512` gives the paper's strength.
"""

from dataclasses import dataclass, field
from math import cos, radians, sin

import numpy as np
import torch
import torch.nn.functional as F


def affine_matrix(
    flip: bool = False, rotation: float = 0.0, zoom: float = 1.0, shear: float = 0.0
) -> torch.Tensor:
    """Return the (2, 2) map from output to source pixels, both (h, w) from the centre of the image.

    Parameters
    ----------
    flip : bool
        Mirror along h.
    rotation : float
        Degrees, counted as in `scipy.ndimage.rotate`.
    zoom : float
        Magnification.
    shear : float
        Pixels along h per pixel along w.
    """
    c, s = cos(radians(rotation)), sin(radians(rotation))
    rotate = np.array([[c, s], [-s, c]])
    slant = np.array([[1, shear], [0, 1]])
    mirror = np.diag([-1 if flip else 1, 1])
    # Sampling nearer to the centre magnifies: hence the division.
    return torch.from_numpy(mirror @ rotate @ slant / zoom).float()


def elastic_field(
    shape: tuple[int, ...], sigma: float = 10.0, grid: int = 3, rng: np.random.Generator | None = None
) -> torch.Tensor:
    """Return the smooth random displacements of the U-Net paper.

    Random vectors are drawn on a coarse grid whose outer nodes lie on the border of the image; in between
    they are interpolated bicubically (Keys 1981, doi:10.1109/TASSP.1981.1163711, with a = -0.75 as in torch
    and the border nodes repeated beyond the border). The paper does not say where its nodes lie, nor which a
    it used.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the image.
    sigma : float
        Standard deviation of each component at the nodes, in pixels.
    grid : int
        Nodes along each side.
    rng : numpy.random.Generator, optional
        A new, unseeded one by default.

    Returns
    -------
    torch.Tensor
        Shape (2, H, W), float32: displacement along H and along W, in pixels.

    References
    ----------
    Ronneberger, Fischer and Brox 2015, arXiv:1505.04597, section 3.1: "random displacement vectors on a
    coarse 3 by 3 grid", Gaussian with 10 pixels standard deviation, bicubic interpolation.
    """
    rng = rng or np.random.default_rng()
    nodes = torch.from_numpy(sigma * rng.normal(size=(1, 2, grid, grid))).float()  # (1, 2, grid, grid)
    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]  # (2, H, W)


def warp(
    image: torch.Tensor, labels: torch.Tensor, matrix: torch.Tensor, displacement: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sample image and labels at `matrix @ (pixel - centre) + centre + displacement`.

    Parameters
    ----------
    image : torch.Tensor
        Shape (C, H, W), float; sampled bilinearly.
    labels : torch.Tensor
        Shape (H, W), integer; the nearest label is taken.
    matrix : torch.Tensor
        Shape (2, 2), from `affine_matrix`.
    displacement : torch.Tensor
        Shape (2, H, W), or (2, 1, 1) for a shift, in pixels of the source.

    Returns
    -------
    image, labels : torch.Tensor
        Of the same shapes and types; 0 where the source lies beyond the edge.

    Raises
    ------
    ValueError
        If image and labels differ in height or width.
    """
    if image.shape[1:] != labels.shape:
        raise ValueError(
            f"image has shape {tuple(image.shape)}, labels {tuple(labels.shape)}; "
            "expected (C, H, W) and (H, W): one slice at a time, labels not one-hot"
        )
    height, width = labels.shape
    half = torch.tensor([(height - 1) / 2, (width - 1) / 2])[:, None, None]  # (2, 1, 1) the centre
    pixels = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")) - half
    source = torch.einsum("ij,jhw->ihw", matrix, pixels) + displacement  # (2, H, W) from the centre
    # grid_sample wants -1 to 1 between the centres of the outermost pixels, and (w, h) rather than (h, w).
    grid = (source / half).flip(0).movedim(0, -1)[None]  # (1, H, W, 2)
    moved = F.grid_sample(image[None], grid.to(image), mode="bilinear", align_corners=True)[0]
    # Labels are small whole numbers, which float32 holds exactly.
    nearest = F.grid_sample(labels[None, None].float(), grid, mode="nearest", align_corners=True)[0, 0]
    return moved, nearest.to(labels.dtype)


@dataclass
class Augment:
    """A random deformation at every call; image bilinear, labels nearest, 0 from beyond the edge.

    Strengths are the largest magnitudes; values are drawn uniformly in between. A strength of 0 switches one
    deformation off without changing the random numbers of the others.

    Attributes
    ----------
    flip : bool
        Mirror half of the slices, at random, along H. H is X, left to right: the only near symmetry of a
        brain.
    rotation : float
        Degrees.
    shift : float
        Fraction of the height and of the width.
    zoom : float
        0.2 draws a magnification from 0.8 to 1.2.
    shear : float
        Pixels along H per pixel along W.
    elastic : float
        Standard deviation of the displacements at the nodes of the elastic 3 x 3 grid, in pixels.
    seed : int
        For calls that are given no generator.

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
            Draws this deformation; by default one generator, seeded with `seed`, serves all calls.

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
        displacement = (
            elastic_field(tuple(labels.shape), self.elastic, rng=rng) + pixels[:, None, None]
        )  # (2, H, W)
        return warp(image, labels, matrix, displacement)
