"""The tumour: a lobed core in the white matter, its enhancing rim, and the oedema around it.

Tumour cells spread from the core along white matter. Their density u follows the Fisher-KPP equation,
du/dt = div(D grad u) + rho u (1 - u), with a diffusion coefficient D that is large in white and small in grey
matter (Swanson, Alvord and Murray 2000, doi:10.1046/j.1365-2184.2000.00177.x). The oedema label thresholds
the density, plus noise, at the level that gives the planned volume.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from brainlab.synth.phantom.anatomy import Anatomy
from brainlab.synth.phantom.subject import PLAN, Fields, Grid, Subject, smoothstep

FAR = 99.0  # mm, stands for "impossible"


@dataclass(frozen=True)
class Focus:
    """One focus of the tumour: centre (3,) in mm, volume of its core in mm³, share of the whole tumour."""

    centre: np.ndarray
    volume: float
    share: float

    @property
    def radius(self) -> float:
        """Radius of the ball of this volume in mm."""
        return (3 * self.volume / (4 * math.pi)) ** (1 / 3)


def place_foci(subject: Subject, fields: Fields, anatomy: Anatomy) -> list[Focus]:
    """Choose centres in white matter, away from surface and ventricles; satellites mostly near the first.

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
    """Return the signed distance in mm from the surface of a lobed ball, negative inside, (X, Y, Z).

    Three to six overlapping balls are blended ("metaballs", Blinn 1982, doi:10.1145/357306.357310): a single
    ball would give an unrealistic round ring on every slice. The distance is approximate.
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

    The border of a focus is the quantile of its field that gives the planned number of voxels. Grey matter
    slows growth down, fluid stops it, and it crosses the midline only through the corpus callosum.
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
    # Remove specks and holes of one or two voxels.
    clean = ndimage.binary_opening(core.numpy()) if grid.spacing == 1 else core.numpy()
    clean = torch.from_numpy(ndimage.binary_fill_holes(clean)) & free
    inside = grid.spacing * torch.from_numpy(ndimage.distance_transform_edt(clean.numpy()).astype(np.float32))
    return torch.where(clean, 0.6 * inside + 0.4 * depth.clamp(0.1, 40), depth.clamp(max=0))


def enhancing_part(subject: Subject, core_depth: torch.Tensor, fields: Fields, grid: Grid) -> torch.Tensor:
    """Return the enhancing tumour, bool (X, Y, Z): an uneven outer shell of the core, with gaps and islands.

    The centre of a fast-growing tumour lacks blood supply and becomes necrotic. The viable rim enhances,
    because its new vessels leak contrast agent.
    """
    core = core_depth > 0
    if subject.ring_share in (0.0, 1.0):
        return core & (subject.ring_share == 1.0)
    thickness = 0.42 * fields.smooth("rim coarse", 10, grid) + 0.20 * fields.smooth("rim fine", 4.5, grid)
    order = core_depth / torch.exp(thickness)
    order += 6.0 * smoothstep(fields.smooth("rim gaps", 12, grid), 1.3, 1.8)
    order -= 5.0 * smoothstep(fields.smooth("rim islands", 8, grid), 1.2, 1.7)
    inside = order[core]
    border = inside.kthvalue(max(1, int(subject.ring_share * inside.numel()))).values
    return core & (order <= border)


GROWTH = 0.04  # rho per step
STEP = 0.166  # D dt / h², at most 1/6 for an explicit scheme in three dimensions
NOWHERE = -99.0  # score where no oedema is possible


def diffusion(anatomy: Anatomy, fields: Fields, midline: float) -> torch.Tensor:
    """Return D relative to its largest value, (X, Y, Z) on PLAN."""
    white = anatomy.white.clamp(0, 1)
    grey = (anatomy.parenchyma - white).clamp(0, 1)
    uneven = torch.exp(0.8 * fields.smooth("spread 7", 7, PLAN) + 0.5 * fields.smooth("spread 15", 15, PLAN))
    # Few fibres cross the midline.
    bridge = 0.25 + 0.75 * ((PLAN.centres(0) - midline).abs() / 5).clamp(max=1).view(-1, 1, 1)
    return ((white**2 + 0.015 * grey) * uneven * bridge * anatomy.brain).clamp(0, 1)


def spread(core: torch.Tensor, conductivity: torch.Tensor, steps: int) -> torch.Tensor:
    """Solve the Fisher-KPP equation by explicit finite volumes; the density in the core stays 1.

    Parameters
    ----------
    core : (X, Y, Z) in [0, 1], initial density
    conductivity : (X, Y, Z) in [0, 1], D relative to the largest stable one
    """
    u = core.clone()
    faces = []
    for axis in range(3):
        n = u.shape[axis] - 1
        faces.append(0.5 * STEP * (conductivity.narrow(axis, 0, n) + conductivity.narrow(axis, 1, n)))
    for _ in range(steps):
        change = GROWTH * u * (1 - u)
        for axis, face in enumerate(faces):
            n = u.shape[axis] - 1
            flow = face * (u.narrow(axis, 1, n) - u.narrow(axis, 0, n))
            change.narrow(axis, 0, n).add_(flow)
            change.narrow(axis, 1, n).sub_(flow)
        u = torch.maximum(u + change, core)
    return u


def cell_density(
    subject: Subject, core: torch.Tensor, plan: Anatomy, fields: Fields, midline: float, margin: int = 20
) -> torch.Tensor:
    """Return the logarithm of the cell density, (X, Y, Z) on PLAN.

    Parameters
    ----------
    core : (X, Y, Z) on PLAN, fraction of core in each voxel
    margin : number of voxels around the core that are computed
    """
    corners = core.nonzero()
    low = (corners.amin(0) - margin).clamp(min=0).tolist()
    near = tuple(slice(a, b + margin + 1) for a, b in zip(low, corners.amax(0).tolist(), strict=True))
    oedema = subject.whole * (1 - subject.core_share)
    steps = int(np.clip(16 + oedema * 0.7e-3, 18, 80))
    density = torch.zeros(core.shape)
    density[near] = spread(core[near], diffusion(plan, fields, midline)[near], steps)
    return torch.log(density + 1e-7)


def oedema_score(
    subject: Subject,
    log_density: torch.Tensor,
    anatomy: Anatomy,
    core: torch.Tensor,
    fields: Fields,
    grid: Grid,
) -> torch.Tensor:
    """Return the score to threshold for oedema, (X, Y, Z); NOWHERE in core, fluid and far from the core."""
    uneven = 0.30 * fields.smooth("edge 4", 4.5, grid) + 0.35 * fields.smooth("edge 10", 11, grid)
    uneven += 0.8 * fields.smooth("edge 24", 26, grid)
    # Cortex resists oedema; low-grade tumours infiltrate it more.
    resistance = 3.5 if subject.kind == "low-grade" else 7.0
    score = log_density + uneven - resistance * (0.70 - anatomy.white).clamp(min=0)
    possible = (anatomy.parenchyma > 0.5) & anatomy.brain & ~core & (log_density > -13.8)
    return torch.where(possible, score, torch.tensor(NOWHERE))


def label_oedema(
    subject: Subject, score: torch.Tensor, core: torch.Tensor, grid: Grid
) -> tuple[torch.Tensor, float]:
    """Return the label of oedema, bool (X, Y, Z), and the threshold of the score."""
    wanted = round(subject.whole * (1 - subject.core_share) / grid.spacing**3)
    possible = int((score > NOWHERE).sum())
    threshold = score.flatten().topk(max(min(wanted, int(0.9 * possible)), 10)).values[-1].item()
    oedema = (score > threshold).numpy()
    if grid.spacing == 1:
        oedema = ndimage.binary_opening(oedema)
    # Raters do not mark small isolated components.
    parts, _ = ndimage.label(oedema | core.numpy())
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    oedema &= (sizes * grid.spacing**3 > 120)[parts]
    return torch.from_numpy(oedema), threshold


def oedema_weight(
    subject: Subject, score: torch.Tensor, threshold: float, anatomy: Anatomy, fields: Fields, grid: Grid
) -> torch.Tensor:
    """Return how much each voxel looks like oedema, 0 to 1, (X, Y, Z).

    The image is not a copy of the label: the border is soft, the signal decreases towards it (infiltration),
    and a faint zone of infiltrated tissue lies outside the label.
    """
    seen = score + 0.20 * fields.smooth("seen 6", 6, grid) + 0.10 * fields.smooth("seen 3", 3, grid)
    seen = seen - threshold
    inside = 1 - subject.infiltration + subject.infiltration * smoothstep(seen, 0, 2.6)
    weight = inside * smoothstep(seen, -0.8, 0.4)
    weight = torch.maximum(weight, subject.halo * smoothstep(seen, -2.8, 0) * (score > NOWHERE))
    return weight * smoothstep(anatomy.parenchyma, 0.3, 0.8)
