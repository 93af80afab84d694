"""The tumour core: where it sits, its lobed shape, and which part of it enhances."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from brainlab.data.phantom.anatomy import Anatomy
from brainlab.data.phantom.fields import PLAN, Fields, Grid, smoothstep
from brainlab.data.phantom.subject import Subject

FAR = 99.0  # mm, "not here"


@dataclass(frozen=True)
class Focus:
    """One focus of the tumour: centre (3,) in mm, volume of its core in mm³, share of the whole tumour."""

    centre: np.ndarray
    volume: float
    share: float

    @property
    def radius(self) -> float:
        """Radius of a ball of this volume, mm."""
        return (3 * self.volume / (4 * math.pi)) ** (1 / 3)


def place_foci(subject: Subject, fields: Fields, anatomy: Anatomy) -> list[Focus]:
    """Choose the centres: in white matter, not at the surface, not at a ventricle; satellites near the first.

    Parameters
    ----------
    anatomy : the healthy brain on PLAN
    """
    rng = fields.rng("foci")
    allowed = (anatomy.tissue["white"] > 0.6) & (anatomy.depth > 7) & (anatomy.ventricle_distance > 5)
    places = PLAN.positions()[:, allowed].T.numpy()
    if not len(places):
        raise ValueError(
            "no voxel of white matter is left for a tumour; the deformation of this subject is too strong"
        )
    foci: list[Focus] = []
    for share in subject.foci:
        candidates = places
        if foci:
            distance = np.linalg.norm(places - foci[0].centre, axis=1)
            reach = 55 if rng.random() < 0.8 else 200
            near = places[(distance > 20) & (distance < reach)]
            candidates = near if len(near) else places
        centre = candidates[rng.integers(len(candidates))] + rng.uniform(-1, 1, 3)
        foci.append(Focus(centre.astype(np.float32), subject.whole * subject.core_share * share, share))
    return foci


def lobes(focus: Focus, fields: Fields, name: str, positions: torch.Tensor) -> torch.Tensor:
    """Return a signed distance in mm, about 0 at the border of a lobed ball, negative inside, (X, Y, Z).

    Three to six balls beside each other melt together ("metaballs", Blinn 1982, doi:10.1145/357306.357310).
    One ball would give a round ring on every slice, which no tumour has.
    """
    rng = fields.rng(f"{name} lobes")
    number = int(rng.integers(3, 7))
    offsets = rng.normal(0, 0.42, (number, 3)) * focus.radius
    radii = rng.uniform(0.55, 0.95, number) * focus.radius
    total = torch.zeros(positions.shape[1:])
    for offset, radius in zip(offsets, radii, strict=True):
        centre = torch.from_numpy((focus.centre + offset).astype(np.float32)).view(3, 1, 1, 1)
        total += torch.exp(-(positions - centre).square().sum(0) / radius**2)
    return -focus.radius * 0.6 * torch.log(total.clamp(min=1e-12))


def grow_core(
    subject: Subject, foci: list[Focus], fields: Fields, anatomy: Anatomy, midline: float, grid: Grid
) -> torch.Tensor:
    """Return how deep inside the core each voxel lies in mm, at most 0 outside it, (X, Y, Z).

    Every focus gets its planned volume exactly: the border is the quantile of its field that holds so many
    voxels. Growth is held back by grey matter, stops at fluid, and crosses the midline through the corpus
    callosum only.
    """
    t = anatomy.tissue
    free = (t["ventricle"] + t["plexus"] < 0.4) & (t["stem"] < 0.5) & anatomy.brain
    free &= anatomy.depth > 1.5 + 1.2 * (t["fluid"] > 0.5)
    barrier = t["fluid"] > 0.6
    depth = torch.full(grid.shape, -FAR)
    for number, focus in enumerate(foci):
        name, radius = f"core {number}", focus.radius
        field = lobes(focus, fields, name, grid.positions())
        field -= radius * 0.20 * fields.smooth(f"{name} coarse", max(6.0, 0.8 * radius), grid)
        field -= radius * 0.12 * fields.smooth(f"{name} middle", max(4.0, 0.4 * radius), grid)
        field -= 1.0 * fields.smooth(f"{name} fine", 4, grid)
        field += (1 - anatomy.white) * min(0.16 * radius, 2.5) + 3.0 * barrier
        own_side = (grid.centres(0) - midline) * math.copysign(1, focus.centre[0] - midline)
        field += 8.0 * (own_side < 2).float().view(-1, 1, 1) * (anatomy.white < 0.85)
        field = torch.where(free, field, torch.tensor(FAR))
        wanted = min(round(focus.volume / grid.spacing**3), int(0.9 * free.sum()))
        border = field.flatten().kthvalue(max(wanted, 4)).values
        depth = torch.maximum(depth, border - field)
    core = depth > 0
    # Specks and pinholes of a voxel or two are noise, not tumour.
    clean = ndimage.binary_fill_holes(
        ndimage.binary_opening(core.numpy()) if grid.spacing == 1 else core.numpy()
    )
    clean = torch.from_numpy(clean) & free
    inside = grid.spacing * torch.from_numpy(ndimage.distance_transform_edt(clean.numpy()).astype(np.float32))
    return torch.where(clean, 0.6 * inside + 0.4 * depth.clamp(0.1, 40), depth.clamp(max=0))


def enhancing_part(subject: Subject, core_depth: torch.Tensor, fields: Fields, grid: Grid) -> torch.Tensor:
    """Return what enhances, bool (X, Y, Z): the outer shell of the core, uneven, with gaps and islands.

    The centre of a fast-growing tumour starves and dies. What enhances is the living rim, whose new vessels
    leak contrast agent.
    """
    core = core_depth > 0
    if subject.ring_share in (0.0, 1.0):
        return core & (subject.ring_share == 1.0)
    thickness = torch.exp(
        0.42 * fields.smooth("rim coarse", 10, grid) + 0.20 * fields.smooth("rim fine", 4.5, grid)
    )
    order = core_depth / thickness
    order += 6.0 * smoothstep(fields.smooth("rim gaps", 12, grid), 1.3, 1.8)
    order -= 5.0 * smoothstep(fields.smooth("rim islands", 8, grid), 1.2, 1.7)
    inside = order[core]
    border = inside.kthvalue(max(1, int(subject.ring_share * inside.numel()))).values
    return core & (order <= border)
