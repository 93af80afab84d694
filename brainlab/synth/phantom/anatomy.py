"""Healthy anatomy: fractions of ten tissues, and bright structures that are no tumour.

The template, an average of 152 heads, has no sulci: every head folds differently, and averaging blurs the
folds. They are restored per subject: the template tells where fluid is likely, smooth noise decides between
fluid, grey and white matter. A softmax with a low temperature makes the decision sharp and leaves partial
volume at the borders.

Confounders (small white-matter lesions, vessels, dura) make sure that no intensity threshold is enough to
find the tumour.
"""

import math
from dataclasses import dataclass

import torch
from scipy import ndimage

from brainlab.synth.phantom.subject import Fields, Grid, Subject, refine, smoothstep
from brainlab.synth.phantom.template import load_template

TISSUES = (
    "fluid", "ventricle", "plexus", "cortex", "deep", "white", "pallidum", "stem", "cerebellum",
    "cerebellar_white",
)  # fmt: skip
SHARPNESS = 18.0  # inverse temperature of the softmax
FOURTH_VENTRICLE = (78.0, 122.0, 46.0)  # voxel of the template


@dataclass(frozen=True)
class Anatomy:
    """The healthy brain of one subject on a grid; every tensor is (X, Y, Z).

    Attributes
    ----------
    tissue : fraction of each of TISSUES; they sum to 1
    brain : bool, the mask of the skull stripping
    texture : deviation of the T1 from the mean of its tissue
    cerebellum : 1 in the cerebellum including its fluid, 0 elsewhere
    depth, ventricle_distance : mm below the surface of the brain, and from the ventricles
    """

    tissue: dict[str, torch.Tensor]
    brain: torch.Tensor
    texture: torch.Tensor
    cerebellum: torch.Tensor
    depth: torch.Tensor
    ventricle_distance: torch.Tensor

    @property
    def white(self) -> torch.Tensor:
        """Conductivity for cells and water: 1 in white matter, less in brain stem and pallidum."""
        t = self.tissue
        return t["white"] + 0.5 * t["cerebellar_white"] + 0.4 * t["stem"] + 0.5 * t["pallidum"]

    @property
    def parenchyma(self) -> torch.Tensor:
        """Fraction of brain tissue of any kind, without fluid."""
        return 1 - self.tissue["fluid"] - self.tissue["ventricle"] - self.tissue["plexus"]


def skull_strip(soft: torch.Tensor, level: float, fields: Fields, grid: Grid) -> torch.Tensor:
    """Threshold the soft brain mask at `level`, with the small errors of real tools: bool (X, Y, Z)."""
    ragged = 0.4 * fields.smooth("strip 14", 14, grid) + 0.25 * fields.smooth("strip 6", 6, grid)
    mask = (soft + ragged * soft * (1 - soft) > level) & (soft > 0.25)
    parts, number = ndimage.label(mask.numpy())
    if number > 1:
        parts = parts == torch.from_numpy(parts).flatten().bincount()[1:].argmax().item() + 1
    return torch.from_numpy(ndimage.binary_fill_holes(parts > 0))


def folia(where: torch.Tensor, fields: Fields, grid: Grid) -> torch.Tensor:
    """Return the folia of the cerebellum, from -1 (white matter) to 1 (sulcus), (X, Y, Z).

    They are shells 4 mm apart around the fourth ventricle. `where` (3, X, Y, Z) are voxels of the template.
    """
    from_ventricle = (where - torch.tensor(FOURTH_VENTRICLE).view(3, 1, 1, 1)).square().sum(0).sqrt()
    return torch.cos(2 * math.pi / 4.2 * from_ventricle + 1.5 * fields.smooth("folia", 9, grid))


def three_tissues(t: dict[str, torch.Tensor], subject: Subject, fields: Fields, grid: Grid) -> torch.Tensor:
    """Return fractions of fluid, grey and white matter, (3, X, Y, Z)."""
    fine, coarse = fields.smooth("fold 3", 3, grid), fields.smooth("fold 6", 6, grid)
    # The weights of T1 and noise were tuned by eye.
    folding = float(fields.rng("folding").uniform(7, 11))
    fluid = (1 - t["gm"] - t["wm"]).clamp(0, 1) + folding * t["fold"]
    fluid = fluid + 0.15 * fine + 0.06 * coarse + subject.sulci
    white = t["wm"] - 3 * t["fold"] - 0.05 * fine + 0.05 * coarse
    fluid += t["cerebellum"] * (0.45 * t["folia"] - 0.1)
    white += t["cerebellum"] * (0.1 - 0.25 * t["folia"])
    return torch.softmax(SHARPNESS * torch.stack([fluid, t["gm"], white]), dim=0)


def draw_anatomy(subject: Subject, fields: Fields, where: torch.Tensor, grid: Grid) -> Anatomy:
    """Draw the healthy brain of a subject.

    Parameters
    ----------
    where : (3, X, Y, Z) on PLAN, the template voxel that each voxel shows, see `template.head_map`
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

    # A dark spot deep inside the brain is a nucleus, not a sulcus; nor is a ventricle a sulcus.
    really_fluid = smoothstep(t["brain"] - t["gm"] - t["wm"], 0.2, 0.5)
    buried = smoothstep(t["depth"], 18, 24) * (1 - really_fluid) * fluid
    outside = 1 - smoothstep(t["ventricle"], 0.2, 0.8)
    fluid, grey, white = (outside * part for part in (fluid - buried, grey + buried, white))
    plexus = (1 - outside) * smoothstep(t["plexus"], 0.3, 0.8)
    plexus = plexus * smoothstep(fields.smooth("plexus", 3.5, grid), 0.6, 1.3)

    # The regions divide grey and white matter further.
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
    total = sum(fractions, torch.zeros(())).clamp(min=1e-3)
    tissue = {name: part / total for name, part in zip(TISSUES, fractions, strict=True)}
    return Anatomy(tissue, brain, t["texture"], t["cerebellum"], t["depth"], t["ventricle_distance"])


@dataclass(frozen=True)
class Confounders:
    """Bright structures that are no tumour: weights from 0 to slightly above 1, (X, Y, Z)."""

    lesions: torch.Tensor  # white-matter lesions and periventricular caps: bright on T2 and FLAIR
    vessels: torch.Tensor  # enhance on T1c, dark on T2
    sinus: torch.Tensor  # venous sinuses in the midline, and the tentorium
    dura: torch.Tensor  # patches of dura that the skull stripping left, and the falx


def lesions(subject: Subject, anatomy: Anatomy, fields: Fields, grid: Grid) -> torch.Tensor:
    """Return age-related white-matter lesions: periventricular caps, and spots in deep white matter."""
    load = subject.lesions
    distance = anatomy.ventricle_distance
    width = 1.3 + 1.5 * load
    caps = torch.exp(-(((distance - 0.8).clamp(min=0) / width) ** 2)) * (distance > -0.5)
    caps = caps * (0.45 + 0.4 * fields.smooth("caps", 12, grid)).clamp(0, 1.2) * min(1.0, 0.35 + 0.7 * load)
    if load <= 0.25:
        return 0.8 * caps * anatomy.white
    spots = smoothstep(fields.smooth("spots", 4.5, grid), 3.2 - 0.7 * load, 3.8 - 0.7 * load)
    spots = spots * torch.exp(-(((distance - 4).clamp(min=0) / 18) ** 2))
    spots = spots * smoothstep(anatomy.white, 0.7, 0.95)
    return (0.8 * caps * anatomy.white + spots).clamp(0, 1.1)


def curves(fields: Fields, name: str, pitch: float, radius: float, grid: Grid) -> torch.Tensor:
    """Return thin tubes, (X, Y, Z), around the curves in which two smooth surfaces a = 0 and b = 0 intersect.

    Near a curve, a and b change by about 1.3 per `pitch` mm, which converts their values to millimetres.
    """
    a, b = (fields.smooth(f"{name} {part}", pitch, grid) for part in "ab")
    squared = (a.square() + b.square()) * (pitch / 1.3) ** 2
    return torch.exp(-squared / radius**2)


def draw_confounders(
    subject: Subject, anatomy: Anatomy, fields: Fields, midline: float, grid: Grid
) -> Confounders:
    """Draw the confounders of one subject; `midline` is the x of the falx in mm."""
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
    falx = torch.exp(-((beside / 1.2) ** 2)) * t["fluid"]
    falx = falx * smoothstep(fields.smooth("falx", 12, grid), -0.3, 0.8)
    falx = falx * smoothstep(grid.centres(2), 78, 84).view(1, 1, -1)
    return Confounders(
        lesions(subject, anatomy, fields, grid),
        vessels.clamp(max=2),
        torch.maximum(sinus, 0.6 * tentorium),
        torch.maximum(dura, 0.7 * falx),
    )
