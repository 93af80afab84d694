"""Oedema: cells and water spread from the core along the white matter.

The density of tumour cells follows the Fisher-KPP equation, du/dt = div(D grad u) + rho u (1 - u), with a D
that is large in white matter and small in grey (Swanson, Alvord and Murray 2000,
doi:10.1046/j.1365-2184.2000.00177.x). The labelled oedema is where the density passes a threshold; the
threshold is chosen so that the volume is the planned one.
"""

import numpy as np
import torch
from scipy import ndimage

from brainlab.data.phantom.anatomy import Anatomy
from brainlab.data.phantom.fields import PLAN, Fields, Grid, smoothstep
from brainlab.data.phantom.subject import Subject

GROWTH = 0.04  # rho per step
STEP = 0.166  # D dt / h², at most 1/6 for an explicit scheme in three dimensions
NOWHERE = -99.0


def diffusion(anatomy: Anatomy, fields: Fields, midline: float) -> torch.Tensor:
    """Return D relative to its largest value, (X, Y, Z) on PLAN."""
    white = anatomy.white.clamp(0, 1)
    grey = (anatomy.parenchyma - white).clamp(0, 1)
    uneven = torch.exp(0.8 * fields.smooth("spread 7", 7, PLAN) + 0.5 * fields.smooth("spread 15", 15, PLAN))
    # Few fibres cross the midline.
    bridge = 0.25 + 0.75 * ((PLAN.centres(0) - midline).abs() / 5).clamp(max=1).view(-1, 1, 1)
    return ((white**2 + 0.015 * grey) * uneven * bridge * anatomy.brain).clamp(0, 1)


def spread(core: torch.Tensor, conductivity: torch.Tensor, steps: int) -> torch.Tensor:
    """Solve the equation with an explicit scheme of finite volumes; the core stays full of cells.

    Parameters
    ----------
    core : (X, Y, Z) in [0, 1], the density to start from
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
    core : (X, Y, Z) on PLAN, the share of each voxel that is core
    margin : how many voxels around the core are computed
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
    """Return the score whose threshold bounds the oedema, (X, Y, Z); NOWHERE in core, fluid and far away."""
    uneven = 0.30 * fields.smooth("edge 4", 4.5, grid) + 0.35 * fields.smooth("edge 10", 11, grid)
    uneven += 0.8 * fields.smooth("edge 24", 26, grid)
    # Cortex resists the water; slow, low-grade tumours grow into it more.
    resistance = 3.5 if subject.kind == "low-grade" else 7.0
    score = log_density + uneven - resistance * (0.70 - anatomy.white).clamp(min=0)
    possible = (anatomy.parenchyma > 0.5) & anatomy.brain & ~core & (log_density > -13.8)
    return torch.where(possible, score, torch.tensor(NOWHERE))


def label_oedema(
    subject: Subject, score: torch.Tensor, core: torch.Tensor, grid: Grid
) -> tuple[torch.Tensor, float]:
    """Return the labelled oedema, bool (X, Y, Z), and the threshold of the score at its border."""
    wanted = round(subject.whole * (1 - subject.core_share) / grid.spacing**3)
    possible = int((score > NOWHERE).sum())
    threshold = score.flatten().topk(max(min(wanted, int(0.9 * possible)), 10)).values[-1].item()
    oedema = (score > threshold).numpy()
    if grid.spacing == 1:
        oedema = ndimage.binary_opening(oedema)
    # Raters mark what hangs together with the tumour.
    parts, _ = ndimage.label(oedema | core.numpy())
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    oedema &= (sizes * grid.spacing**3 > 120)[parts]
    return torch.from_numpy(oedema), threshold


def oedema_weight(
    subject: Subject, score: torch.Tensor, threshold: float, anatomy: Anatomy, fields: Fields, grid: Grid
) -> torch.Tensor:
    """Return how much of each voxel looks like oedema, 0 to 1, (X, Y, Z).

    The image is no copy of the label: the border is soft, the inside pales towards it (infiltration), and a
    faint zone of infiltrated tissue lies outside of what the rater marked.
    """
    seen = (
        score + 0.20 * fields.smooth("seen 6", 6, grid) + 0.10 * fields.smooth("seen 3", 3, grid) - threshold
    )
    inside = 1 - subject.infiltration + subject.infiltration * smoothstep(seen, 0, 2.6)
    weight = inside * smoothstep(seen, -0.8, 0.4)
    weight = torch.maximum(weight, subject.halo * smoothstep(seen, -2.8, 0) * (score > NOWHERE))
    return weight * smoothstep(anatomy.parenchyma, 0.3, 0.8)
