"""The random numbers of one synthetic patient: smooth random fields on a grid in mm, and its parameters.

All positions are in millimetres of the BraTS frame: the centre of voxel `i` of a 1 mm image lies at `i` mm, x
increases to the patient's left, y to the back, z upwards. A field is a function of the position, not of the
voxel, so a subject keeps its shape when it is drawn with voxels of another size.

The distributions are chosen so that a cohort has the label shares and tumour volumes that are published for
BraTS (NCR .147, ED .665, ET .188; whole tumour about 40, 90 and 150 cm³ at the 10th, 50th and 90th
percentile).
"""

import math
import zlib
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import torch
import torch.nn.functional as F

# The part of the BraTS image that a brain can reach, in mm: outer corner of its first voxel plus .5, size.
BOX_ORIGIN = (36, 18, 0)
BOX_SIZE = (168, 210, 156)
PLAN_SPACING = 2  # mm; growth and deformation are slow and are computed on voxels of this size


@dataclass(frozen=True)
class Grid:
    """A box of cubic voxels.

    Attributes
    ----------
    origin : position of the lower corner of the box in mm, plus .5 (so 1 mm voxels are centred on whole
        numbers)
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
        """Return the part from voxel `low` to `high` (exclusive), divided into voxels of `spacing` mm."""
        x, y, z = (int(o + a * self.spacing) for o, a in zip(self.origin, low, strict=True))
        nx, ny, nz = (int(b - a) * self.spacing // spacing for a, b in zip(low, high, strict=True))
        return Grid((x, y, z), (nx, ny, nz), spacing)


PLAN = Grid(BOX_ORIGIN, BOX_SIZE, 1).crop(np.zeros(3), np.array(BOX_SIZE), PLAN_SPACING)


def slices_of(grid: Grid) -> tuple[slice, slice, slice]:
    """Return the slices that cut a grid made by `PLAN.crop` out of an array on `PLAN`."""
    low = [(o - p) // PLAN_SPACING for o, p in zip(grid.origin, PLAN.origin, strict=True)]
    high = [a + n * grid.spacing // PLAN_SPACING for a, n in zip(low, grid.shape, strict=True)]
    x, y, z = map(slice, low, high)
    return x, y, z


def refine(planned: torch.Tensor, grid: Grid) -> torch.Tensor:
    """Interpolate fields on PLAN, (X, Y, Z) or (C, X, Y, Z), linearly to the voxels of `grid`."""
    cut = planned[(..., *slices_of(grid))]
    if grid.spacing == PLAN_SPACING:
        return cut.contiguous()
    as_batch = cut.reshape(1, -1, *cut.shape[-3:])
    fine = F.interpolate(as_batch, size=grid.shape, mode="trilinear", align_corners=False)
    return fine.reshape(*cut.shape[:-3], *grid.shape)


def sample(volume: torch.Tensor, voxels: torch.Tensor) -> torch.Tensor:
    """Interpolate (C, X, Y, Z) linearly at voxels (3, A, B, D); 0 outside. Returns (C, A, B, D)."""
    last = torch.tensor(volume.shape[1:]).view(3, 1, 1, 1) - 1
    # grid_sample expects coordinates from -1 to 1, the last axis first.
    unit = (2 * voxels / last - 1).permute(1, 2, 3, 0).flip(-1)
    return F.grid_sample(volume[None], unit[None], align_corners=True)[0]


def smoothstep(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _bspline(positions: torch.Tensor, pitch: float, first: int, count: int) -> torch.Tensor:
    """Return the weights of cubic B-splines on nodes `pitch` mm apart, (positions, nodes)."""
    d = (positions[:, None] / pitch - (first + torch.arange(count))).abs()
    return torch.where(d < 1, 2 / 3 - d**2 + d**3 / 2, (2 - d).clamp(min=0) ** 3 / 6)


# A sum of standard normals with B-spline weights has the variance 151/315 along each axis, averaged over
# positions.
_TO_UNIT_STD = (151 / 315) ** -1.5


class Fields:
    """The random numbers of one subject: one independent stream per name.

    A change in one part of the phantom therefore leaves all other parts unchanged, and the order of calls
    does not matter.
    """

    def __init__(self, seed: int, index: int) -> None:
        self.key = (seed, index)

    def rng(self, name: str) -> np.random.Generator:
        """Return a new generator for this subject and name."""
        return np.random.default_rng([*self.key, zlib.crc32(name.encode())])

    def even(self, name: str, step: float) -> float:
        """Return a number in (0, 1) that is evenly spread over the cases of a cohort of any size.

        Multiples of an irrational `step`, modulo 1 (Weyl 1916, doi:10.1007/BF01475864): even a cohort of ten
        has small and large tumours.
        """
        seed, index = self.key
        start = np.random.default_rng([seed, zlib.crc32(name.encode())]).random()
        return float(np.clip((start + index * step) % 1, 1e-6, 1 - 1e-6))

    def smooth(self, name: str, pitch: float, grid: Grid) -> torch.Tensor:
        """Return a smooth Gaussian field (X, Y, Z), mean 0, standard deviation 1, features of `pitch` mm.

        Normal numbers on a coarse lattice, interpolated with cubic B-splines along one axis after the other.
        The lattice spans the whole box, so a crop of the grid gives a crop of the same field.
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


# Share of patients per kind: glioblastoma with ring enhancement around necrosis, solid enhancement, low grade
# without enhancement.
KINDS = {"ring": 0.80, "solid": 0.08, "low-grade": 0.12}
WITH_SMALL = 0.5  # share of the patients with enhancing tumour who have small lesions besides it


@dataclass(frozen=True)
class Subject:
    """Parameters of one patient, before any voxel is computed: mm, mm³, radians."""

    age: float
    rotation: tuple[float, float, float]
    scale: tuple[float, float, float]
    shift: tuple[float, float, float]
    torque: float  # how far the left half of the brain lies behind the right one
    ventricles: float  # how far the ventricle wall is moved outwards
    sulci: float  # added to the fraction of fluid: wider sulci in old age
    lesions: float  # load of small-vessel white-matter lesions, 0 to 2.4
    strip: float  # level of the soft brain mask (1 inside) at which the skull stripping cuts
    kind: str
    whole: float  # volume of the whole tumour
    core_share: float  # of the whole tumour
    ring_share: float  # enhancing part of the core
    foci: tuple[float, ...]  # share of each focus in the core
    small: int  # lesions apart from the main tumour, each below 1.6 cm³
    mass: float  # strength of the mass effect
    infiltration: float  # how much the oedema fades towards its border, 0 to 1
    halo: float  # brightness of the infiltrated zone outside the rater's mask, 0 to 1
    cystic: bool
    bleeding: bool


def draw_subject(fields: Fields) -> Subject:
    """Draw the parameters of one patient."""
    rng = fields.rng("subject")
    age = float(np.clip(rng.normal(56, 14), 20, 88))
    old = (age - 25) / 55  # 0 in a young adult, about 1 at 80
    kind = list(KINDS)[int(np.searchsorted(np.cumsum(list(KINDS.values())), fields.even("kind", 2**0.5)))]
    low_grade = kind == "low-grade"
    number = 1 if low_grade else int(rng.choice([1, 2, 3], p=[0.80, 0.14, 0.06]))
    foci = np.clip(np.sort(rng.dirichlet(np.full(number, 1.2)))[::-1], 0.08, None)
    a, b, least, most = (2.2, 3.4, 0.15, 0.8) if low_grade else (2.3, 5.0, 0.06, 0.7)
    core_share = np.clip(rng.beta(a, b), least, most)
    ring_share = {"ring": np.clip(rng.beta(4.8, 2.7), 0.2, 0.93), "solid": 1.0, "low-grade": 0.0}[kind]
    small = int(fields.rng("small lesions").choice([1, 2, 3, 4], p=[0.35, 0.30, 0.20, 0.15]))
    small *= fields.even("small lesions", 13**0.5) < WITH_SMALL and not low_grade
    # A clipped normal distribution has the published percentiles.
    size_cm3 = float(np.clip(NormalDist(95, 43).inv_cdf(fields.even("size", 5**0.5)), 14, 215))
    head = 0.945 * np.exp(rng.normal(0, 0.025))  # the template is larger than the brains in BraTS space
    return Subject(
        age=age,
        rotation=tuple(np.deg2rad(rng.normal(0, [3.5, 2.5, 3.0])).tolist()),
        scale=tuple((head * np.exp(rng.normal(0, [0.035, 0.035, 0.03])) * [0.98, 1.03, 0.97]).tolist()),
        shift=tuple(rng.normal(0, [1.5, 2, 2]).tolist()),
        torque=float(rng.normal(2.5, 1.5)),
        ventricles=float(np.clip(rng.normal(-0.8 + 2.2 * old, 0.8), -1.2, 3.0)),
        sulci=float(np.clip(rng.normal(-0.08 + 0.10 * old, 0.03), -0.11, 0.08)),
        lesions=float(np.clip(rng.gamma(1.4, 0.5) * (0.35 + 1.4 * old), 0, 2.4)),
        strip=float(rng.uniform(0.35, 0.6)),
        kind=kind,
        whole=1000 * size_cm3 * (0.85 if low_grade else 1),
        core_share=float(core_share),
        ring_share=float(ring_share),
        foci=tuple((foci / foci.sum()).tolist()),
        small=small,
        mass=float(rng.uniform(0.25, 0.8) * (0.6 if low_grade else 1)),
        infiltration=float(rng.uniform(0.10, 0.35)),
        halo=float(rng.uniform(0.05, 0.28)),
        cystic=bool(rng.random() < 0.4),
        bleeding=bool(rng.random() < 0.2) and not low_grade,
    )
