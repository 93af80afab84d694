"""The template, an averaged head, and the deformation that makes a subject's head of it.

The template's maps are shipped; further maps are derived from them. The deformation is a backward warp: for
every voxel of a subject's grid it gives the template voxel shown there. It covers pose, size and shape of the
head, the width of the ventricles, and the mass effect: a tumour displaces the brain, it is not painted over
it. The warp is computed on 2 mm voxels and interpolated for finer grids.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from brainlab.synth.phantom.subject import PLAN, Fields, Subject, sample, smoothstep

ARCHIVE = Path(__file__).with_name("anatomies.npz")
MARGIN = 6  # voxels of air around the brain, even
FINE = ("brain", "gm", "wm", "fold", "ventricle")
COARSE = (
    *("texture", "deep", "pallidum", "stem", "cerebellum", "plexus", "depth", "ventricle_distance"),
    *("ventricle_normal_x", "ventricle_normal_y", "ventricle_normal_z"),
)
# Region codes of scripts/build_anatomies.py; choroid plexus lies inside the ventricles.
CODES = {
    "ventricle": (2, 7), "deep": (3,), "pallidum": (4,), "stem": (5,), "cerebellum": (6,), "plexus": (7,),
}  # fmt: skip


@dataclass(frozen=True)
class Template:
    """The averaged head, axes left, posterior, superior; positions are voxels of the fine maps (1 mm).

    Attributes
    ----------
    fine : (5, X, Y, Z) at 1 mm, named by FINE. "fold": how much darker the T1 is than its surroundings, which
        marks sulci.
    coarse : (11, X/2, Y/2, Z/2) at 2 mm, named by COARSE. "texture": the part of the T1 that three tissues do
        not explain (tracts, nuclei); "depth": mm below the surface; "ventricle_distance": mm, negative
        inside; "ventricle_normal": vectors away from the ventricles, decaying over 14 mm.
    """

    fine: torch.Tensor
    coarse: torch.Tensor

    @property
    def centre(self) -> torch.Tensor:
        """Middle voxel, (3, 1, 1, 1)."""
        return (torch.tensor(self.fine.shape[1:], dtype=torch.float32).view(3, 1, 1, 1) - 1) / 2

    def sample_fine(self, where: torch.Tensor) -> dict[str, torch.Tensor]:
        """Interpolate the fine maps at positions (3, A, B, C); name -> (A, B, C)."""
        return dict(zip(FINE, sample(self.fine, where), strict=True))

    def sample_coarse(self, where: torch.Tensor) -> dict[str, torch.Tensor]:
        """Interpolate the coarse maps at positions (3, A, B, C); name -> (A, B, C)."""
        return dict(zip(COARSE, sample(self.coarse, (where - 0.5) / 2), strict=True))


def _blur(array: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(array, sigma, output=np.float32, truncate=3)


def _halve(array: np.ndarray) -> np.ndarray:
    """Average blocks of 2 x 2 x 2 voxels."""
    x, y, z = (n // 2 for n in array.shape)
    return array.reshape(x, 2, y, 2, z, 2).mean((1, 3, 5), dtype=np.float32)


def _read_archive() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the map of regions and the maps t1, gm, wm in [0, 1], all (X, Y, Z) with even sizes."""
    if not ARCHIVE.exists():
        raise FileNotFoundError(
            f"{ARCHIVE} is missing; it should be installed with brainlab: run scripts/build_anatomies.py"
        )
    with np.load(ARCHIVE) as archive:
        region = np.pad(archive["region"], [(MARGIN, MARGIN + n % 2) for n in archive["region"].shape])
        maps = {name: np.zeros(region.shape, dtype=np.float32) for name in ("t1", "gm", "wm")}
        for name, full in maps.items():
            full[region > 0] = archive[name] / np.float32(archive[f"{name}_levels"])
    return region, maps


def _unexplained(t1: np.ndarray, gm: np.ndarray, wm: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """Return the residual of the T1 after a least-squares fit of one value per tissue."""
    tissue = np.stack([1 - gm - wm, gm, wm])[:, brain]
    means, *_ = np.linalg.lstsq(tissue.T, t1[brain], rcond=None)
    rest = np.zeros_like(t1)
    rest[brain] = t1[brain] - means @ tissue
    return rest


@cache
def load_template() -> Template:
    """Read the shipped maps and derive the others, once per process (0.6 s)."""
    region, maps = _read_archive()
    brain = region > 0
    fine = {
        "brain": _blur(brain, 1.2),
        "gm": maps["gm"],
        "wm": maps["wm"],
        # The mean is over brain voxels only; otherwise the surface of the brain would look like a sulcus.
        "fold": (_blur(maps["t1"], 2) / np.maximum(_blur(brain, 2), 1e-3) - maps["t1"]) * brain,
        "ventricle": _blur(np.isin(region, CODES["ventricle"]), 0.6),
    }
    small_brain = _halve(brain) > 0.5
    ventricle = _halve(np.isin(region, CODES["ventricle"])) > 0.5
    outside, inside = (2 * ndimage.distance_transform_edt(part) for part in (~ventricle, ventricle))
    distance = (outside - inside).astype(np.float32)
    slope = np.stack(np.gradient(_blur(distance, 0.7)))
    slope /= np.maximum(np.linalg.norm(slope, axis=0), 1e-3)
    fading = slope * np.exp(-np.clip(distance, 0, None) / 14) * small_brain
    coarse = {
        "texture": _blur(_halve(_unexplained(**maps, brain=brain)), 0.5),
        **{name: _halve(np.isin(region, codes)) for name, codes in CODES.items()},
        "depth": 2 * ndimage.distance_transform_edt(small_brain).astype(np.float32),
        "ventricle_distance": distance,
        **{f"ventricle_normal_{name}": _blur(part, 1) for name, part in zip("xyz", fading, strict=True)},
    }
    stacked = [np.stack([maps[name] for name in names]) for maps, names in ((fine, FINE), (coarse, COARSE))]
    return Template(*map(torch.from_numpy, stacked))


HEAD_CENTRE = (119.0, 121.0, 76.0)  # mm, middle of the brain in BraTS space


def rotation_matrix(angles: Sequence[float]) -> torch.Tensor:
    """Return the rotation about x, then y, then z, (3, 3)."""
    matrix = np.eye(3)
    for axis, angle in enumerate(angles):
        i, j = [k for k in range(3) if k != axis]
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = math.cos(angle)
        turn[i, j], turn[j, i] = -math.sin(angle), math.sin(angle)
        matrix = turn @ matrix
    return torch.from_numpy(matrix.astype(np.float32))


def head_centre(subject: Subject) -> torch.Tensor:
    """Return the middle of the subject's head in mm, (3, 1, 1, 1)."""
    return (torch.tensor(HEAD_CENTRE) + torch.tensor(subject.shift)).view(3, 1, 1, 1)


def to_template(subject: Subject, offsets: torch.Tensor) -> torch.Tensor:
    """Transform vectors in the subject's head, (3, X, Y, Z) in mm, to the template; same shape."""
    matrix = torch.diag(1 / torch.tensor(subject.scale)) @ rotation_matrix(subject.rotation)
    return (matrix @ offsets.flatten(1)).view(offsets.shape)


def head_map(subject: Subject, fields: Fields) -> torch.Tensor:
    """Return the template voxel that each voxel of PLAN shows in the healthy head, (3, X, Y, Z)."""
    template = load_template()
    where = to_template(subject, PLAN.positions() - head_centre(subject))
    # In most brains the left half lies slightly behind the right half ("Yakovlevian torque").
    where[1] = where[1] - subject.torque * where[0] / 60
    # The falx keeps the midline straight: no sideways deformation near it.
    beside = smoothstep(where[0].abs(), 0, 30)
    for axis, name in enumerate("xyz"):
        bend = 4.0 * fields.smooth(f"head {name} 50", 50, PLAN)
        bend += 1.6 * fields.smooth(f"head {name} 25", 25, PLAN)
        bend += 0.9 * fields.smooth(f"head {name} 11", 11, PLAN)
        where[axis] += bend * (0.2 + 0.8 * beside) if axis == 0 else bend
    where = where + template.centre
    # Sampling the template closer to the ventricle widens the ventricle.
    maps = template.sample_coarse(where)
    return where - subject.ventricles * torch.stack([maps[f"ventricle_normal_{name}"] for name in "xyz"])


def push_away(
    where: torch.Tensor,
    subject: Subject,
    centre: torch.Tensor,
    radius: float,
    depth: torch.Tensor,
    share: float,
) -> torch.Tensor:
    """Return `where` with the mass effect of one focus added.

    A smooth radial displacement pushes tissue outwards: zero at the centre, largest near the border of the
    core, decaying over some centimetres, and zero at the skull, which is rigid.

    Parameters
    ----------
    where : (3, X, Y, Z) on PLAN
    centre : (3,) mm
    radius : of the core in mm
    depth : (X, Y, Z) mm below the surface of the brain
    share : of the whole tumour in this focus
    """
    away = PLAN.positions() - centre.view(3, 1, 1, 1)
    distance = away.square().sum(0).sqrt().clamp(min=0.5)
    oedema = subject.whole * (1 - subject.core_share) * share
    swelling = 0.85 * radius + 0.22 * (3 * oedema / (4 * math.pi)) ** (1 / 3)
    inside = torch.exp(-((distance / (0.8 * radius + 2)) ** 2))
    profile = torch.exp(-((distance / (radius + 16)) ** 2)) * (1 - inside)
    amount = subject.mass * swelling * profile * smoothstep(depth, 1, 14)
    return where - to_template(subject, away / distance * amount)
