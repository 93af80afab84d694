"""Healthy anatomy: fractions of ten tissues, drawn from a template of 152 averaged heads.

An average has no sulci of its own: every head folds differently, and the folds blur out. They are put back
per subject. The template still says where fluid is likely; smooth noise decides, per subject, between
fluid, grey and white matter. A softmax with a low temperature makes that decision crisp and leaves partial
volume at the borders.
"""

import math
from dataclasses import dataclass

import torch
from scipy import ndimage

from brainlab.synth.phantom.fields import Fields, Grid, refine, smoothstep
from brainlab.synth.phantom.subject import Subject
from brainlab.synth.phantom.template import load_template

TISSUES = (
    "fluid",
    "ventricle",
    "plexus",
    "cortex",
    "deep",
    "white",
    "pallidum",
    "stem",
    "cerebellum",
    "cerebellar_white",
)
SHARPNESS = 18.0  # inverse temperature of the softmax
FOURTH_VENTRICLE = (78.0, 122.0, 46.0)  # voxel of the template


@dataclass(frozen=True)
class Anatomy:
    """The healthy brain of one subject on one grid; all (X, Y, Z).

    Attributes
    ----------
    tissue : fraction of each of TISSUES, summing to 1
    brain : bool, what is left after skull stripping
    texture : deviation of the T1 from the mean of its tissue
    cerebellum : 1 in the cerebellum, with its fluid, 0 elsewhere
    depth, ventricle_distance : mm
    """

    tissue: dict[str, torch.Tensor]
    brain: torch.Tensor
    texture: torch.Tensor
    cerebellum: torch.Tensor
    depth: torch.Tensor
    ventricle_distance: torch.Tensor

    @property
    def white(self) -> torch.Tensor:
        """How easily cells and water travel here: all of the white matter, part of stem and pallidum."""
        t = self.tissue
        return t["white"] + 0.5 * t["cerebellar_white"] + 0.4 * t["stem"] + 0.5 * t["pallidum"]

    @property
    def parenchyma(self) -> torch.Tensor:
        """Brain tissue of any kind, without fluid."""
        return 1 - self.tissue["fluid"] - self.tissue["ventricle"] - self.tissue["plexus"]


def skull_strip(soft: torch.Tensor, level: float, fields: Fields, grid: Grid) -> torch.Tensor:
    """Cut the soft mask of the brain at `level`, with the small errors of a real tool. Bool (X, Y, Z)."""
    ragged = 0.4 * fields.smooth("strip 14", 14, grid) + 0.25 * fields.smooth("strip 6", 6, grid)
    mask = (soft + ragged * soft * (1 - soft) > level) & (soft > 0.25)
    parts, number = ndimage.label(mask.numpy())
    if number > 1:
        parts = parts == torch.from_numpy(parts).flatten().bincount()[1:].argmax().item() + 1
    return torch.from_numpy(ndimage.binary_fill_holes(parts > 0))


def folia(where: torch.Tensor, fields: Fields, grid: Grid) -> torch.Tensor:
    """Return the leaves of the cerebellum, from -1 (white stem) to 1 (furrow), (X, Y, Z): shells 4 mm apart.

    `where` (3, X, Y, Z) is the voxel of the template. The shells lie around the fourth ventricle.
    """
    from_ventricle = (where - torch.tensor(FOURTH_VENTRICLE).view(3, 1, 1, 1)).square().sum(0).sqrt()
    return torch.cos(2 * math.pi / 4.2 * from_ventricle + 1.5 * fields.smooth("folia", 9, grid))


def three_tissues(t: dict[str, torch.Tensor], subject: Subject, fields: Fields, grid: Grid) -> torch.Tensor:
    """Decide between fluid, grey and white matter. Returns fractions (3, X, Y, Z)."""
    fine, coarse = fields.smooth("fold 3", 3, grid), fields.smooth("fold 6", 6, grid)
    # The weights of T1 and noise were found by eye.
    folding = float(fields.rng("folding").uniform(7, 11))
    fluid = (
        (1 - t["gm"] - t["wm"]).clamp(0, 1)
        + folding * t["fold"]
        + 0.15 * fine
        + 0.06 * coarse
        + subject.sulci
    )
    white = t["wm"] - 3 * t["fold"] - 0.05 * fine + 0.05 * coarse
    fluid += t["cerebellum"] * (0.45 * t["folia"] - 0.1)
    white += t["cerebellum"] * (0.1 - 0.25 * t["folia"])
    return torch.softmax(SHARPNESS * torch.stack([fluid, t["gm"], white]), dim=0)


def draw_anatomy(subject: Subject, fields: Fields, where: torch.Tensor, grid: Grid) -> Anatomy:
    """Draw the healthy brain of a subject.

    Parameters
    ----------
    where : (3, X, Y, Z) on PLAN, the template voxel that each voxel shows, see deform.py
    grid : the voxels to draw
    """
    template = load_template()
    fine_where = refine(where, grid)
    t = template.sample_fine(fine_where)
    t["folia"] = folia(fine_where, fields, grid)
    for name, plan in template.sample_coarse(where).items():
        if not name.startswith("ventricle_normal"):
            t[name] = refine(plan, grid)
    brain = skull_strip(t["brain"], subject.strip, fields, grid)
    fluid, grey, white = three_tissues(t, subject, fields, grid)

    # Deep inside the brain, a dark spot is a nucleus and no sulcus; a ventricle is no sulcus either.
    really_fluid = smoothstep(t["brain"] - t["gm"] - t["wm"], 0.2, 0.5)
    buried = smoothstep(t["depth"], 18, 24) * (1 - really_fluid) * fluid
    outside = 1 - smoothstep(t["ventricle"], 0.2, 0.8)
    fluid, grey, white = (outside * part for part in (fluid - buried, grey + buried, white))
    plexus = (
        (1 - outside)
        * smoothstep(t["plexus"], 0.3, 0.8)
        * smoothstep(fields.smooth("plexus", 3.5, grid), 0.6, 1.3)
    )

    # Regions split grey and white further.
    solid = grey + white
    mantle = 1 - t["pallidum"] - t["stem"]
    hemisphere = mantle * (1 - t["cerebellum"])
    fractions = (
        fluid,
        1 - outside - plexus,
        plexus,
        grey * hemisphere * (1 - t["deep"]),
        grey * hemisphere * t["deep"],
        white * hemisphere,
        solid * t["pallidum"],
        solid * t["stem"],
        grey * mantle * t["cerebellum"],
        white * mantle * t["cerebellum"],
    )
    total = sum(fractions).clamp(min=1e-3)
    tissue = {name: part / total for name, part in zip(TISSUES, fractions, strict=True)}
    return Anatomy(tissue, brain, t["texture"], t["cerebellum"], t["depth"], t["ventricle_distance"])
