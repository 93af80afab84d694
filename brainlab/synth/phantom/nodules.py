"""Small lesions apart from the main tumour: satellites near it, and second foci in other white matter.

Each is an enhancing nodule of 60 to 700 mm³, with a necrotic centre in some of the larger ones, in a little
oedema. The whole-volume Dice hides whether a network finds them; scores by lesion do not.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from brainlab.synth.phantom.anatomy import Anatomy
from brainlab.synth.phantom.subject import PLAN, PLAN_SPACING, Fields, Grid, Subject, smoothstep

APART = 9.0  # mm at least between two lesions: BraTS joins fragments less than 7 mm apart


@dataclass(frozen=True)
class Nodule:
    """One small lesion.

    Attributes
    ----------
    centre : (3,) in mm
    core, whole : volume in mm³ of what enhances or is necrotic, and with oedema
    reach : distance in mm from the centre within which it lies
    place : "near" the main tumour, "far" from it, or in its "oedema"
    """

    centre: np.ndarray
    core: float
    whole: float
    reach: float
    place: str

    def as_dict(self) -> dict:
        """Return plain values for the record of the case."""
        return {"place": self.place, "mm3": round(self.whole), "centre_mm": self.centre.tolist()}


def place_nodules(subject: Subject, fields: Fields, plan: Anatomy, labels: torch.Tensor) -> list[Nodule]:
    """Choose size and place of the small lesions of a patient.

    The first one is a component of its own in every region. Others may lie in the oedema of the main tumour,
    apart from its core.

    Parameters
    ----------
    plan : the brain on PLAN
    labels : (X, Y, Z) on PLAN, the main tumour
    """
    if not subject.small:
        return []
    rng = fields.rng("nodules")
    white = (plan.tissue["white"] > 0.6) & plan.brain & (plan.depth > 5) & (plan.ventricle_distance > 5)
    to_core, to_tumour = (
        PLAN_SPACING * torch.from_numpy(ndimage.distance_transform_edt(~part.numpy()).astype(np.float32))
        for part in ((labels == 1) | (labels == 3), labels > 0)
    )
    nodules: list[Nodule] = []
    for number in range(subject.small):
        volume = float(np.exp(rng.uniform(math.log(60), math.log(700))))
        place = str(rng.choice(["near", "far", "oedema"], p=(0.4, 0.25, 0.35) if number else (0.6, 0.4, 0)))
        whole = volume * rng.uniform(1.4, 2.2)
        reach = 1.3 * (3 * whole / (4 * math.pi)) ** (1 / 3)
        gap = (to_core if place == "oedema" else to_tumour) - reach
        allowed = white & (gap > APART)
        allowed &= (labels == 2) if place == "oedema" else (gap < 25) == (place == "near")
        # The highest of fixed random numbers: one voxel more or less, at another spacing, rarely matters.
        order = torch.where(allowed, fields.white(f"nodule {number}", PLAN), torch.tensor(-math.inf))
        if not allowed.any():
            continue
        centre = PLAN.positions().flatten(1)[:, order.argmax()]
        nodules.append(Nodule(centre.numpy(), volume, whole, reach, place))
        away = (PLAN.positions() - centre.view(3, 1, 1, 1)).square().sum(0).sqrt() - reach
        to_core, to_tumour = torch.minimum(to_core, away), torch.minimum(to_tumour, away)
    return nodules


def grow_nodules(
    nodules: list[Nodule], fields: Fields, anatomy: Anatomy, grid: Grid
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the labels of the small lesions, uint8 (X, Y, Z), and how much each voxel looks like oedema."""
    labels, weight = torch.zeros(grid.shape, dtype=torch.uint8), torch.zeros(grid.shape)
    solid = (anatomy.parenchyma > 0.5) & anatomy.brain
    bumps = fields.smooth("nodule surface", 5, grid)
    for number, nodule in enumerate(nodules):
        rng = fields.rng(f"nodule {number} shape")
        stretch = np.exp(rng.normal(0, 0.15, 3))
        stretch /= stretch.prod() ** (1 / 3)  # of an ellipsoid with the volume of the ball
        axes = torch.from_numpy(stretch.astype(np.float32)).view(3, 1, 1, 1)
        away = (grid.positions() - torch.from_numpy(nodule.centre).view(3, 1, 1, 1)) / axes
        field = away.square().sum(0).sqrt() - 0.13 * nodule.reach * bumps
        inside = field[solid & (field < 2 * nodule.reach + 4)]
        centre = 0.12 * nodule.core if nodule.core > 350 and rng.random() < 0.5 else 0.0
        for label, volume in ((2, nodule.whole), (3, nodule.core), (1, centre)):
            voxels = round(volume / grid.spacing**3)
            if voxels:
                border = inside.kthvalue(voxels).values
                labels[solid & (field <= border)] = label
                if label == 2:
                    weight = torch.maximum(weight, smoothstep(border - field, -1.5, 1.0) * solid)
    return labels, weight
