"""The ideal image of one modality: each tissue has a brightness relative to healthy white matter = 1.

T1: white matter, rich in fat, is bright, fluid is dark; the difference between grey and white matter depends
on the sequence: small in a spin echo, large in an MPRAGE. T1c: the same after gadolinium, which brightens
vessels, plexus and wherever vessels leak. T2: water is bright. FLAIR: T2 with the signal of free fluid
suppressed, so that oedema stands out. The numbers were read off clinical images, and vary per subject.

Anatomy, confounders and tumour are mixed by their weights; `scanner` then simulates the recording.
"""

from dataclasses import dataclass

import numpy as np
import torch

from brainlab.labels import MODALITIES
from brainlab.synth.phantom.anatomy import Anatomy, Confounders
from brainlab.synth.phantom.scanner import blur
from brainlab.synth.phantom.subject import Fields, Grid, Subject, smoothstep


def _t1(rng: np.random.Generator) -> dict[str, float]:
    """Draw a T1 contrast: `k` runs from 0, low as in a spin echo, to 1, high as in an MPRAGE."""
    k = rng.uniform()
    grey = 0.92 - 0.30 * k
    return {
        "fluid": 0.50 - 0.22 * k, "ventricle": 0.46 - 0.24 * k, "plexus": 0.70, "cortex": grey,
        "deep": grey + 0.08, "white": 1.0, "pallidum": 0.97, "stem": 0.95, "cerebellum": grey - 0.01,
        "cerebellar_white": 0.97,
    }  # fmt: skip


def _t2(rng: np.random.Generator) -> dict[str, float]:
    water = rng.uniform(3.0, 4.6)
    return {
        "fluid": 0.85 * water, "ventricle": water, "plexus": 0.72 * water, "cortex": 1.42, "deep": 1.18,
        "white": 1.0, "pallidum": 0.82, "stem": 1.1, "cerebellum": 1.36, "cerebellar_white": 1.05,
    }  # fmt: skip


def _flair(rng: np.random.Generator) -> dict[str, float]:
    grey = rng.uniform(1.12, 1.42)
    return {
        "fluid": 0.32, "ventricle": 0.27, "plexus": 0.80, "cortex": grey, "deep": 0.93 * grey,
        "white": 1.0, "pallidum": 0.95, "stem": 1.08, "cerebellum": 0.95 * grey, "cerebellar_white": 1.0,
    }  # fmt: skip


def healthy_contrast(fields: Fields) -> dict[str, dict[str, float]]:
    """Draw the brightness of each tissue per modality."""
    rng = fields.rng("contrast")
    before = _t1(rng)
    # T1 and T1c of one visit often come from different sequences. Gadolinium brightens grey matter slightly.
    after = dict(before) if rng.random() < 0.5 else _t1(rng)
    after = {name: v * (1.06 if name in ("cortex", "deep", "cerebellum") else 1) for name, v in after.items()}
    tables = dict(zip(MODALITIES, (before, after, _t2(rng), _flair(rng)), strict=True))
    for table in tables.values():
        for name in table:
            if name != "white":
                spread = 0.10 if name in ("fluid", "ventricle", "plexus") else 0.03
                table[name] *= float(np.exp(rng.normal(0, spread)))
    return tables


def tumour_contrast(subject: Subject, fields: Fields) -> dict[str, dict[str, float]]:
    """Draw the brightness of oedema, enhancing tumour and necrosis (label 1) per modality.

    A cyst is filled with fluid: brighter on T2 and darker on FLAIR than necrosis. The core of a low-grade
    tumour is solid: brighter on T2 and darker on FLAIR than its oedema, the "T2-FLAIR mismatch" (Patel et al.
    2017, doi:10.1158/1078-0432.CCR-17-0560).
    """
    rng = fields.rng("tumour contrast")

    def near(value: float, spread: float) -> float:
        return float(value * np.exp(rng.normal(0, spread)))

    def table(*values: float) -> dict[str, float]:
        return dict(zip(MODALITIES, values, strict=True))

    oedema = table(near(0.87, 0.04), near(0.86, 0.05), near(2.0, 0.12), rng.uniform(1.6, 2.25))
    enhancing = table(near(0.90, 0.05), max(1.5, near(1.85, 0.18)), near(1.8, 0.10), rng.uniform(1.25, 2.0))
    if subject.cystic:
        necrosis = table(near(0.60, 0.10), near(0.56, 0.08), near(3.1, 0.12), near(0.95, 0.2))
    else:
        necrosis = table(near(0.70, 0.08), near(0.64, 0.08), near(2.35, 0.12), near(1.5, 0.2))
    if subject.kind == "low-grade":
        factors = table(0.85, 0.83, 1.35, 0.82)
        necrosis = {modality: oedema[modality] * near(factor, 0.05) for modality, factor in factors.items()}
    return {"oedema": oedema, "enhancing": enhancing, "necrosis": necrosis}


@dataclass(frozen=True)
class Weights:
    """Fractions of oedema, enhancing tumour and necrosis in each voxel, (X, Y, Z)."""

    oedema: torch.Tensor
    enhancing: torch.Tensor
    necrosis: torch.Tensor


@dataclass(frozen=True)
class Textures:
    """Smooth texture shared by all modalities, (X, Y, Z), standard deviation 1."""

    fine: torch.Tensor  # 3 mm
    middle: torch.Tensor  # 6 mm
    coarse: torch.Tensor  # 12 mm
    broad: torch.Tensor  # 30 mm


def draw_textures(fields: Fields, grid: Grid) -> Textures:
    """Draw the textures of one subject."""
    return Textures(*(fields.smooth(f"texture {pitch}", pitch, grid) for pitch in (3, 6, 12, 30)))


def soft_weights(labels: torch.Tensor, oedema: torch.Tensor, spacing: int) -> Weights:
    """Blur the borders of the core by half a millimetre; oedema gets what the core leaves.

    Parameters
    ----------
    labels : (X, Y, Z) uint8 with 1 necrosis, in low-grade tumours solid core, and 3 enhancing tumour
    oedema : (X, Y, Z) weight of the oedema
    """
    enhancing, necrosis = (blur((labels == value).float(), 0.6 / spacing) for value in (3, 1))
    return Weights(blur(oedema, 0.6 / spacing) * (1 - enhancing - necrosis).clamp(0, 1), enhancing, necrosis)


def healthy_image(
    modality: str, anatomy: Anatomy, contrast: dict[str, float], textures: Textures, fields: Fields
) -> torch.Tensor:
    """Return the image of the healthy brain, (X, Y, Z)."""
    t = anatomy.tissue
    image = sum(contrast[name] * fraction for name, fraction in t.items())
    rng = fields.rng(f"render {modality}")
    # Real white matter is not uniform: it has tracts and nuclei, and slow changes across the lobes.
    strength = {"t1n": 0.5, "t1c": 0.5, "t2w": -0.6, "t2f": -0.5}[modality] * rng.uniform(0.6, 1.4)
    uneven = 0.010 * textures.fine + 0.015 * textures.middle + 0.02 * textures.coarse
    slow = {"t1n": 0.02, "t1c": 0.02, "t2w": 0.05, "t2f": 0.05}[modality] * textures.broad
    solid = anatomy.parenchyma
    image = image * (1 + solid * (float(strength) * anatomy.texture + uneven + slow))
    if modality in ("t2w", "t2f"):
        # White matter near the ventricles contains more water; the cortex varies from lobe to lobe.
        image = image + 0.12 * t["white"] * torch.exp(-anatomy.ventricle_distance.clamp(min=0) / 6)
    return image + 0.06 * t["cortex"] * textures.coarse


def add_confounders(
    modality: str,
    image: torch.Tensor,
    bright: torch.Tensor,
    extra: Confounders,
    anatomy: Anatomy,
    fields: Fields,
) -> torch.Tensor:
    """Add white-matter lesions (`bright`: weight times contrast), vessels, venous sinuses and dura."""
    rng = fields.rng(f"confounders {modality}")

    def strength(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    fluid = anatomy.tissue["fluid"]
    wet = modality in ("t2w", "t2f")
    image = image + bright * strength(0.6, 1.05) if wet else image * (1 - 0.1 * bright)
    if modality == "t1c":
        image = image + extra.vessels * strength(0.9, 2.2) + extra.sinus * strength(1.2, 2.6)
        image = image + extra.dura * strength(0.3, 1.0) + anatomy.tissue["plexus"] * strength(0.7, 1.5)
    elif modality == "t2w":
        flow = 0.6 * extra.vessels.clamp(max=1) * smoothstep(fluid, 0.3, 0.8)
        image = image * (1 - flow)  # flowing blood is dark
    elif modality == "t2f":
        image = image + extra.dura * strength(0, 0.5)
    else:
        image = image + extra.dura * strength(0, 0.25)
    return image


def add_tumour(
    modality: str,
    image: torch.Tensor,
    look: dict[str, dict[str, float]],
    weights: Weights,
    subject: Subject,
    tx: Textures,
) -> torch.Tensor:
    """Replace healthy tissue by oedema, necrosis and enhancing tumour, in this order."""
    uneven = 1 + 0.12 * tx.middle + 0.06 * tx.fine + 0.12 * tx.coarse
    oedema = 1 + (look["oedema"][modality] - 1) * uneven
    image = image + weights.oedema * (oedema - image)

    rough = 0.05 if subject.cystic else 0.12
    necrosis = look["necrosis"][modality] * (1 + rough * tx.coarse + 0.06 * tx.fine)
    if modality == "t1n" and subject.bleeding:
        # Methaemoglobin is bright.
        necrosis = necrosis + 0.45 * smoothstep(tx.middle + 0.3 * tx.fine, 0.6, 1.6)
    image = image + weights.necrosis * (necrosis - image)

    leaky = (1 + 0.35 * tx.middle + 0.2 * tx.fine).clamp(min=0.25)
    enhancing = 1 + (look["enhancing"][modality] - 1) * leaky
    return image + weights.enhancing * (enhancing - image)
