"""Mix anatomy, tumour and confounders into the ideal image of one modality, white matter = 1."""

from dataclasses import dataclass

import torch

from brainlab.data.phantom.anatomy import Anatomy
from brainlab.data.phantom.confounders import Confounders
from brainlab.data.phantom.fields import Fields, Grid, smoothstep
from brainlab.data.phantom.scanner import blur
from brainlab.data.phantom.subject import Subject


@dataclass(frozen=True)
class Weights:
    """How much of each voxel is oedema, enhancing tumour, necrosis, 0 to 1, each (X, Y, Z)."""

    oedema: torch.Tensor
    enhancing: torch.Tensor
    necrosis: torch.Tensor


@dataclass(frozen=True)
class Textures:
    """Smooth unevenness shared by all modalities, (X, Y, Z), standard deviation 1."""

    fine: torch.Tensor  # 3 mm
    middle: torch.Tensor  # 6 mm
    coarse: torch.Tensor  # 12 mm
    broad: torch.Tensor  # 30 mm


def draw_textures(fields: Fields, grid: Grid) -> Textures:
    """Draw the unevenness of one subject."""
    return Textures(*(fields.smooth(f"texture {pitch}", pitch, grid) for pitch in (3, 6, 12, 30)))


def soft_weights(labels: torch.Tensor, oedema: torch.Tensor, spacing: int) -> Weights:
    """Blur the borders of the core by half a millimetre, and leave the rest to the oedema.

    Parameters
    ----------
    labels : (X, Y, Z) uint8 with 1 necrosis and 3 enhancing tumour
    oedema : (X, Y, Z) weight of the oedema
    """
    enhancing, necrosis = (blur((labels == value).float(), 0.6 / spacing) for value in (3, 1))
    return Weights(blur(oedema, 0.6 / spacing) * (1 - enhancing - necrosis).clamp(0, 1), enhancing, necrosis)


def healthy_image(
    modality: str, anatomy: Anatomy, contrast: dict[str, float], textures: Textures, fields: Fields
) -> torch.Tensor:
    """Return the brain before the disease, (X, Y, Z)."""
    t = anatomy.tissue
    image = sum(contrast[name] * fraction for name, fraction in t.items())
    rng = fields.rng(f"render {modality}")
    # Real white matter is not flat: tracts and nuclei of the template, and slow changes across the lobes.
    strength = {"t1n": 0.5, "t1c": 0.5, "t2w": -0.6, "t2f": -0.5}[modality] * rng.uniform(0.6, 1.4)
    uneven = 0.010 * textures.fine + 0.015 * textures.middle + 0.02 * textures.coarse
    slow = {"t1n": 0.02, "t1c": 0.02, "t2w": 0.05, "t2f": 0.05}[modality] * textures.broad
    solid = anatomy.parenchyma
    image = image * (1 + solid * (float(strength) * anatomy.texture + uneven + slow))
    if modality in ("t2w", "t2f"):
        # Towards the ventricles white matter holds more water; the cortex varies from lobe to lobe.
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
    """Add lesions (`bright`: their weight times contrast), vessels, sinuses and dura."""
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
        image = image * (
            1 - 0.6 * extra.vessels.clamp(max=1) * smoothstep(fluid, 0.3, 0.8)
        )  # flowing blood is dark
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
        necrosis = necrosis + 0.45 * smoothstep(
            tx.middle + 0.3 * tx.fine, 0.6, 1.6
        )  # methaemoglobin is bright
    image = image + weights.necrosis * (necrosis - image)

    leaky = (1 + 0.35 * tx.middle + 0.2 * tx.fine).clamp(min=0.25)
    enhancing = 1 + (look["enhancing"][modality] - 1) * leaky
    return image + weights.enhancing * (enhancing - image)
