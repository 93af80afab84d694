"""Bright things that are no tumour: small lesions, vessels, dura. A threshold falls for them."""

from dataclasses import dataclass

import torch

from brainlab.synth.phantom.anatomy import Anatomy
from brainlab.synth.phantom.fields import Fields, Grid, smoothstep
from brainlab.synth.phantom.subject import Subject


@dataclass(frozen=True)
class Confounders:
    """Weights in [0, 1] or a little above, (X, Y, Z)."""

    lesions: torch.Tensor  # white-matter lesions and periventricular caps: bright on T2 and FLAIR
    vessels: torch.Tensor  # enhance on T1c, dark on T2
    sinus: torch.Tensor  # venous sinuses in the midline, and the tentorium
    dura: torch.Tensor  # patches of dura left by the skull stripping, and the falx


def lesions(subject: Subject, anatomy: Anatomy, fields: Fields, grid: Grid) -> torch.Tensor:
    """Return age-related white-matter lesions: caps on the ventricles, and spots in the deep white matter."""
    load = subject.lesions
    distance = anatomy.ventricle_distance
    width = 1.3 + 1.5 * load
    caps = torch.exp(-(((distance - 0.8).clamp(min=0) / width) ** 2)) * (distance > -0.5)
    caps = caps * (0.45 + 0.4 * fields.smooth("caps", 12, grid)).clamp(0, 1.2) * min(1.0, 0.35 + 0.7 * load)
    if load <= 0.25:
        return 0.8 * caps * anatomy.white
    spots = smoothstep(fields.smooth("spots", 4.5, grid), 3.2 - 0.7 * load, 3.8 - 0.7 * load)
    spots = (
        spots * torch.exp(-(((distance - 4).clamp(min=0) / 18) ** 2)) * smoothstep(anatomy.white, 0.7, 0.95)
    )
    return (0.8 * caps * anatomy.white + spots).clamp(0, 1.1)


def curves(fields: Fields, name: str, pitch: float, radius: float, grid: Grid) -> torch.Tensor:
    """Return thin tubes, (X, Y, Z): two smooth surfaces a = 0 and b = 0 cross in a curve.

    Near the curve, a and b grow by about 1.3 per `pitch` mm, which turns their values into millimetres.
    """
    a, b = (fields.smooth(f"{name} {part}", pitch, grid) for part in "ab")
    squared = (a.square() + b.square()) * (pitch / 1.3) ** 2
    return torch.exp(-squared / radius**2)


def draw_confounders(
    subject: Subject, anatomy: Anatomy, fields: Fields, midline: float, grid: Grid
) -> Confounders:
    """Draw all confounders of one subject; `midline` is the x of the falx in mm."""
    t = anatomy.tissue
    in_sulci = smoothstep(t["fluid"] + 0.4 * t["cortex"], 0.25, 0.7)
    in_white = 0.35 * smoothstep(anatomy.white, 0.8, 1)
    vessels = in_sulci * sum(
        curves(fields, f"vessel {n}", pitch, radius, grid)
        for n, (pitch, radius) in enumerate([(7, 0.8), (8, 0.8), (9, 0.9), (11, 1.0), (15, 1.3)])
    )
    vessels += in_white * curves(fields, "medullary vessel", 11, 0.6, grid)
    beside = (grid.centres(0) - midline).view(-1, 1, 1)
    back = smoothstep(grid.centres(1), 110, 150).view(1, -1, 1)
    high = smoothstep(grid.centres(2), 100, 120).view(1, 1, -1)
    surface = 1 - smoothstep(anatomy.depth, 2, 6)
    sinus = torch.exp(-((beside / 2.8) ** 2)) * surface * torch.maximum(back, high) * t["fluid"]
    roof = 4 * anatomy.cerebellum * (1 - anatomy.cerebellum) * smoothstep(anatomy.depth, 4, 10)
    tentorium = roof * smoothstep(t["fluid"], 0.2, 0.7) * smoothstep(grid.centres(1), 125, 140).view(1, -1, 1)
    cisterns = smoothstep(anatomy.depth, 14, 22) * t["fluid"]
    vessels *= 1 + cisterns
    patches = smoothstep(fields.smooth("dura", 12, grid), -0.2, 1.2)
    dura = (1 - smoothstep(anatomy.depth, 0.8, 2.6)) * patches
    falx = (
        torch.exp(-((beside / 1.2) ** 2))
        * t["fluid"]
        * smoothstep(fields.smooth("falx", 12, grid), -0.3, 0.8)
    )
    falx = falx * smoothstep(grid.centres(2), 78, 84).view(1, 1, -1)
    return Confounders(
        lesions(subject, anatomy, fields, grid),
        vessels.clamp(max=2),
        torch.maximum(sinus, 0.6 * tentorium),
        torch.maximum(dura, 0.7 * falx),
    )
