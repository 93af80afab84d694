"""The two tools of the whole phantom: a grid that knows its millimetres, and smooth random fields.

All positions are in millimetres of the BraTS frame: the centre of voxel `i` of a 1 mm image lies at `i`
mm, x runs to the left of the patient, y to the back, z up. A field is a function of the position, not of
the voxel. So a subject keeps its shape when it is drawn with other voxels.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

# The part of the BraTS image that a brain can reach, in mm: outer corners of the first and last voxel, plus
# .5.
BOX_ORIGIN = (36, 18, 0)
BOX_SIZE = (168, 210, 156)
PLAN_SPACING = 2  # mm; slow processes (growth, deformation) are computed on voxels of this size


@dataclass(frozen=True)
class Grid:
    """A box of cubic voxels.

    Attributes
    ----------
    origin : position in mm of the lower corner of the box, plus .5 (whole numbers, because 1 mm voxels are
        centred on them)
    shape : voxels per axis
    spacing : edge of a voxel in mm
    """

    origin: tuple[int, int, int]
    shape: tuple[int, int, int]
    spacing: int

    def centres(self, axis: int) -> torch.Tensor:
        """Return the positions of the voxel centres along one axis, in mm."""
        return self.origin[axis] - 0.5 + (torch.arange(self.shape[axis]) + 0.5) * self.spacing

    def positions(self) -> torch.Tensor:
        """Return the position of every voxel, (3, X, Y, Z), in mm."""
        return torch.stack(torch.meshgrid(*[self.centres(axis) for axis in range(3)], indexing="ij"))

    def crop(self, low: np.ndarray, high: np.ndarray, spacing: int) -> "Grid":
        """Return the voxels from `low` to `high` (exclusive), cut into voxels of `spacing` mm."""
        origin = tuple(int(o + a * self.spacing) for o, a in zip(self.origin, low, strict=True))
        shape = tuple(int(b - a) * self.spacing // spacing for a, b in zip(low, high, strict=True))
        return Grid(origin, shape, spacing)


PLAN = Grid(BOX_ORIGIN, tuple(size // PLAN_SPACING for size in BOX_SIZE), PLAN_SPACING)


def slices_of(grid: Grid) -> tuple[slice, slice, slice]:
    """Return where a 2 mm grid made by `PLAN.crop` lies in an array on `PLAN`."""
    low = [(o - p) // PLAN_SPACING for o, p in zip(grid.origin, PLAN.origin, strict=True)]
    return tuple(slice(a, a + n * grid.spacing // PLAN_SPACING) for a, n in zip(low, grid.shape, strict=True))


def refine(planned: torch.Tensor, grid: Grid) -> torch.Tensor:
    """Interpolate fields on PLAN, (X, Y, Z) or (C, X, Y, Z), linearly at the voxels of `grid`."""
    cut = planned[(..., *slices_of(grid))]
    if grid.spacing == PLAN_SPACING:
        return cut.contiguous()
    as_batch = cut.reshape(1, -1, *cut.shape[-3:])
    fine = F.interpolate(as_batch, size=grid.shape, mode="trilinear", align_corners=False)
    return fine.reshape(*cut.shape[:-3], *grid.shape)


def sample(volume: torch.Tensor, voxels: torch.Tensor) -> torch.Tensor:
    """Interpolate (C, X, Y, Z) linearly at voxels (3, A, B, D); 0 outside. Returns (C, A, B, D)."""
    last = torch.tensor(volume.shape[1:]).view(3, 1, 1, 1) - 1
    # grid_sample wants coordinates from -1 to 1, the fastest axis first.
    unit = (2 * voxels / last - 1).permute(1, 2, 3, 0).flip(-1)
    return F.grid_sample(volume[None], unit[None], mode="bilinear", padding_mode="zeros", align_corners=True)[
        0
    ]


def smoothstep(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _bspline(positions: torch.Tensor, pitch: float, first: int, count: int) -> torch.Tensor:
    """Return the weights of cubic B-splines on nodes `pitch` mm apart, (positions, nodes)."""
    d = (positions[:, None] / pitch - (first + torch.arange(count))).abs()
    return torch.where(d < 1, 2 / 3 - d**2 + d**3 / 2, (2 - d).clamp(min=0) ** 3 / 6)


# A sum of unit normals with B-spline weights has, along each axis, the variance 151/315 averaged over
# positions.
_TO_UNIT_STD = (151 / 315) ** -1.5


class Fields:
    """The random numbers of one subject: each use has its own stream, keyed by a name.

    So a change in one part of the phantom leaves all other parts as they were, and the order of calls does
    not matter.
    """

    def __init__(self, seed: int, index: int) -> None:
        self.key = (seed, index)

    def rng(self, name: str) -> np.random.Generator:
        """Return a fresh generator for this subject and use."""
        return np.random.default_rng([*self.key, zlib.crc32(name.encode())])

    def even(self, name: str, step: float) -> float:
        """Return a number in (0, 1) that is spread evenly over the cases of a cohort, whatever their number.

        Steps of an irrational number, modulo 1 (Weyl 1916, doi:10.1007/BF01475864): so a cohort of ten
        already has small and large tumours.
        """
        seed, index = self.key
        start = np.random.default_rng([seed, zlib.crc32(name.encode())]).random()
        return float(np.clip((start + index * step) % 1, 1e-6, 1 - 1e-6))

    def smooth(self, name: str, pitch: float, grid: Grid) -> torch.Tensor:
        """Return a smooth Gaussian field, mean 0, deviation 1, structures of about `pitch` mm, (X, Y, Z).

        Normal numbers on a coarse lattice, interpolated by cubic B-splines, one axis after the other. The
        lattice spans the whole box: a crop of the grid shows a crop of the same field.
        """
        first = [math.floor(o / pitch) - 2 for o in BOX_ORIGIN]
        count = [math.ceil(s / pitch) + 6 for s in BOX_SIZE]
        nodes = torch.from_numpy(self.rng(name).standard_normal(count, dtype=np.float32))  # (I, J, K)
        x, y, z = (_bspline(grid.centres(a), pitch, first[a], count[a]) for a in range(3))
        field = (x @ nodes.flatten(1)).view(len(x), *count[1:])  # (X, J, K)
        field = y @ field  # (X, Y, K)
        return (field @ z.T) * _TO_UNIT_STD  # (X, Y, Z)

    def white(self, name: str, grid: Grid) -> torch.Tensor:
        """Return independent normal numbers, one per voxel of the grid, (X, Y, Z)."""
        return torch.from_numpy(self.rng(name).standard_normal(grid.shape, dtype=np.float32))
