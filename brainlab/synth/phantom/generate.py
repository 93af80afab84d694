"""One synthetic case from a seed and a number: parameters of a patient, anatomy, tumour, five volumes."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from brainlab.labels import MODALITIES
from brainlab.synth.phantom.anatomy import draw_anatomy, draw_confounders
from brainlab.synth.phantom.nodules import grow_nodules, place_nodules
from brainlab.synth.phantom.render import (
    add_confounders,
    add_tumour,
    draw_textures,
    healthy_contrast,
    healthy_image,
    soft_weights,
    tumour_contrast,
)
from brainlab.synth.phantom.scanner import draw_acquisition, record, to_file
from brainlab.synth.phantom.subject import PLAN, Fields, Grid, Subject, draw_subject, refine, slices_of
from brainlab.synth.phantom.template import head_centre, head_map, push_away
from brainlab.synth.phantom.tumour import (
    Focus,
    cell_density,
    enhancing_part,
    grow_core,
    label_oedema,
    oedema_score,
    oedema_weight,
    place_foci,
)

SHAPES = {1: (240, 240, 155), 2: (120, 120, 78)}  # by spacing in mm; BraTS is the first


def affine_of(spacing: int) -> np.ndarray:
    """Return the affine of BraTS, x to the left and y to the back, for voxels of `spacing` mm, (4, 4).

    The corner of the image stays in place, so the centre of the first 2 mm voxel is shifted by half a
    millimetre.
    """
    affine = np.diag([-spacing, -spacing, spacing, 1]).astype(np.float64)
    shift = (spacing - 1) / 2
    affine[:3, 3] = [-shift, 239 - shift, shift]
    return affine


def generate(seed: int, index: int, spacing: int = 1) -> dict:
    """Make one synthetic case.

    Parameters
    ----------
    seed : of the cohort
    index : number of the case in the cohort; a case does not depend on the size of the cohort
    spacing : edge of a voxel in mm: 1 (240 x 240 x 155 voxels) or 2 (120 x 120 x 78, the same patient, ten
        times faster)

    Returns
    -------
    dict
        `t1n`, `t1c`, `t2w`, `t2f` int16 (X, Y, Z), 0 outside the brain; `seg` uint8 (X, Y, Z);
        `meta`: plain values

    Raises
    ------
    ValueError
        If spacing is not 1 or 2, or seed or index is negative.
    """
    if spacing not in SHAPES:
        raise ValueError(f"spacing is {spacing!r}; expected 1 or 2 (mm); other voxel sizes are not supported")
    if seed < 0 or index < 0:
        raise ValueError(f"seed {seed} and index {index}; expected integers of at least 0")
    threads = torch.get_num_threads()
    # Sums over several threads differ in the last bit. One thread gives the same case for any number of
    # threads, and leaves the cores to the other processes.
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            return _generate(seed, index, spacing)
    finally:
        torch.set_num_threads(threads)


def _generate(seed: int, index: int, spacing: int) -> dict:
    fields = Fields(seed, index)
    subject = draw_subject(fields)
    midline = head_centre(subject)[0].item()

    # The plan, on 2 mm voxels: a healthy head, the place of the tumour, the mass effect.
    where = head_map(subject, fields)
    healthy = draw_anatomy(subject, fields, where, PLAN)
    foci = place_foci(subject, fields, healthy)
    for focus in foci:
        centre = torch.from_numpy(focus.centre)
        where = push_away(where, subject, centre, focus.radius, healthy.depth, focus.share)
    plan = anatomy = draw_anatomy(subject, fields, where, PLAN)
    grid = PLAN
    if spacing == 1:
        brain = plan.brain.nonzero().numpy()
        grid = PLAN.crop(np.maximum(brain.min(0) - 2, 0), np.minimum(brain.max(0) + 3, PLAN.shape), spacing)
        anatomy = draw_anatomy(subject, fields, where, grid)

    # The tumour, at full resolution.
    core_depth = grow_core(subject, foci, fields, anatomy, midline, grid)
    core = core_depth > 0
    labels = core.to(torch.uint8)  # 1: necrosis, or non-enhancing core
    labels[enhancing_part(subject, core_depth, fields, grid)] = 3
    density = cell_density(subject, on_plan(core, grid), plan, fields, midline)
    score = oedema_score(subject, refine(density, grid), anatomy, core, fields, grid)
    marked, threshold = label_oedema(subject, score, core, grid)
    labels[marked & ~core] = 2
    oedema = oedema_weight(subject, score, threshold, anatomy, fields, grid)

    # Small lesions apart from it.
    planned = torch.stack([value * (on_plan(labels == value, grid) >= 0.5) for value in (1, 2, 3)]).sum(0)
    nodules = place_nodules(subject, fields, plan, planned)
    small, around = grow_nodules(nodules, fields, anatomy, grid)
    labels = torch.where(small > 0, small, labels)
    weights = soft_weights(labels, torch.maximum(oedema, around), spacing)

    # The images.
    extra = draw_confounders(subject, anatomy, fields, midline, grid)
    textures = draw_textures(fields, grid)
    tissue, look = healthy_contrast(fields), tumour_contrast(subject, fields)
    acquisitions = {modality: draw_acquisition(modality, fields) for modality in MODALITIES}
    case: dict[str, Any] = {}
    for modality in MODALITIES:
        image = healthy_image(modality, anatomy, tissue[modality], textures, fields)
        bright = extra.lesions * abs(look["oedema"][modality] - 1)
        image = add_confounders(modality, image, bright, extra, anatomy, fields)
        image = add_tumour(modality, image, look, weights, subject, textures)
        image = record(image.clamp(min=0), acquisitions[modality], fields, modality, grid)
        case[modality] = to_image(to_file(image, anatomy.brain, acquisitions[modality].scale), grid)
    case["seg"] = to_image((labels * anatomy.brain).numpy(), grid)
    case["meta"] = describe(subject, foci, case["seg"], anatomy.brain, spacing)
    case["meta"]["small_lesions"] = [nodule.as_dict() for nodule in nodules]
    case["meta"]["scanner"] = {modality: a.as_dict() for modality, a in acquisitions.items()}
    return case


def on_plan(mask: torch.Tensor, grid: Grid) -> torch.Tensor:
    """Return the share of each voxel of PLAN that the mask fills, (X, Y, Z) float."""
    share = torch.zeros(PLAN.shape)
    share[slices_of(grid)] = F.avg_pool3d(mask[None].float(), PLAN.spacing // grid.spacing)[0]
    return share


def to_image(array: np.ndarray, grid: Grid) -> np.ndarray:
    """Paste an array on `grid` into the full BraTS image; what lies outside of the image is cut off."""
    full = np.zeros(SHAPES[grid.spacing], dtype=array.dtype)
    start = [o // grid.spacing for o in grid.origin]
    ends = [min(a + n, m) for a, n, m in zip(start, array.shape, full.shape, strict=True)]
    inside = tuple(slice(0, b - a) for a, b in zip(start, ends, strict=True))
    full[tuple(slice(a, b) for a, b in zip(start, ends, strict=True))] = array[inside]
    return full


def describe(subject: Subject, foci: list[Focus], seg: np.ndarray, brain: torch.Tensor, spacing: int) -> dict:
    """Return the record of a case, plain values only."""
    cm3 = spacing**3 / 1000
    counts = np.bincount(seg.ravel(), minlength=4)
    return {
        "kind": subject.kind,
        "foci": len(foci),
        "centres_mm": [[round(float(v), 1) for v in focus.centre] for focus in foci],
        "volume_cm3": {
            "NCR": round(float(counts[1]) * cm3, 3),
            "ED": round(float(counts[2]) * cm3, 3),
            "ET": round(float(counts[3]) * cm3, 3),
            "brain": round(brain.sum().item() * cm3, 1),
        },
        "spacing": spacing,
        "age": round(subject.age),
        "cystic": subject.cystic,
        "bleeding": subject.bleeding,
    }
