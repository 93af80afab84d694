"""From head to template: every voxel of a subject's grid asks which voxel of the template it shows.

Pose and size of the head, its shape, the width of the ventricles, and the mass effect: a tumour is not
painted over the brain, it pushes the brain away. All is computed on 2 mm voxels, and refined later.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch

from brainlab.data.phantom.fields import PLAN, Fields, smoothstep
from brainlab.data.phantom.subject import Subject
from brainlab.data.phantom.template import load_template

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
    """Turn vectors in the subject's head, (3, X, Y, Z) in mm, into vectors in the template, same shape."""
    matrix = torch.diag(1 / torch.tensor(subject.scale)) @ rotation_matrix(subject.rotation)
    return (matrix @ offsets.flatten(1)).view(offsets.shape)


def head_map(subject: Subject, fields: Fields) -> torch.Tensor:
    """Return the template voxel that each voxel of PLAN shows in the healthy head, (3, X, Y, Z)."""
    template = load_template()
    where = to_template(subject, PLAN.positions() - head_centre(subject))
    # The left half of most brains lies a little behind the right half ("Yakovlevian torque").
    where[1] = where[1] - subject.torque * where[0] / 60
    # The falx keeps the midline straight: near it, nothing is bent to the side.
    beside = smoothstep(where[0].abs(), 0, 30)
    for axis, name in enumerate("xyz"):
        bend = 4.0 * fields.smooth(f"head {name} 50", 50, PLAN) + 1.6 * fields.smooth(
            f"head {name} 25", 25, PLAN
        )
        bend += 0.9 * fields.smooth(f"head {name} 11", 11, PLAN)
        where[axis] += bend * (0.2 + 0.8 * beside) if axis == 0 else bend
    where = where + template.centre
    # To look nearer to the ventricle than we are draws the ventricle wider.
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

    Tissue around the focus is moved outwards by a smooth radial displacement: none at the centre, largest
    near the border of the core, fading over some centimetres, and none at the skull, which does not give
    way.

    Parameters
    ----------
    where : (3, X, Y, Z) on PLAN
    centre : (3,) mm
    radius : of the core in mm
    depth : (X, Y, Z) mm below the surface of the brain
    share : of this focus in the whole tumour
    """
    away = PLAN.positions() - centre.view(3, 1, 1, 1)
    distance = away.square().sum(0).sqrt().clamp(min=0.5)
    oedema = subject.whole * (1 - subject.core_share) * share
    swelling = 0.85 * radius + 0.22 * (3 * oedema / (4 * math.pi)) ** (1 / 3)
    profile = torch.exp(-((distance / (radius + 16)) ** 2)) * (
        1 - torch.exp(-((distance / (0.8 * radius + 2)) ** 2))
    )
    amount = subject.mass * swelling * profile * smoothstep(depth, 1, 14)
    return where - to_template(subject, away / distance * amount)
