"""Scores of each lesion of a volume, and the agreement of two surfaces within a tolerance.

The Dice of a whole patient hides a small lesion that was missed: a lesion of 1 cm³ beside a tumour of 100 cm³
is 1 % of the volume. BraTS therefore ranks by lesion since 2023.

Arguments may be NumPy arrays or torch tensors.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from brainlab.metrics.masks import checked_spacing, dice, hd95, surface_distances, two_masks

PENALTY = 374.0  # mm, HD95 of a missed lesion and of one that is none: the diagonal of a volume of BraTS
TOUCHING = np.ones((3, 3, 3), bool)  # 26 neighbours


class Lesion(NamedTuple):
    """A true lesion that was found ("TP") or missed ("FN"), or a predicted one that is none ("FP")."""

    kind: str
    volume: float  # mm³; of the prediction if kind is "FP"
    dice: float
    hd95: float  # mm


class LesionScores(NamedTuple):
    """Means over all lesions and their numbers; `lesions` holds them one by one, the true ones first.

    Without any lesion, in truth and prediction, the Dice is 1 and the HD95 0.
    """

    dice: float
    hd95: float  # mm
    tp: int
    fn: int
    fp: int
    lesions: tuple[Lesion, ...]

    def __str__(self) -> str:
        rows = [f"{row.kind:<6}{row.volume:10.0f}{row.dice:8.3f}{row.hd95:10.1f}" for row in self.lesions]
        mean = f"{'mean':<16}{self.dice:8.3f}{self.hd95:10.1f}"
        return "\n".join([f"{'mm3':>16}{'Dice':>8}{'HD95 mm':>10}", *rows, mean])


def lesion_wise(
    pred_mask: ArrayLike,
    target_mask: ArrayLike,
    spacing: ArrayLike | None = None,
    join: float = 3.0,
    min_volume: float = 50.0,
) -> LesionScores:
    """Return Dice and HD95 of each lesion of a region, as in BraTS 2023.

    Lesions are connected components with 26 neighbours. Components of the truth that touch once each is
    dilated by `join` are one lesion. All components of the prediction that touch the dilated lesion are
    compared with it together; if there are none, it was missed: Dice 0, HD95 374 mm. A true lesion of
    `min_volume` or less counts neither as found nor as missed. Predicted components that touch no dilated
    lesion, of whatever size, are false positives: Dice 0, HD95 374 mm.

    Parameters
    ----------
    pred_mask, target_mask : masks (X, Y, Z) of one shape
        Of one region, for example `labels == 3`.
    spacing : sequence of 3 float, optional
        Size of a voxel in mm; 1 by default.
    join : float
        Dilation in mm; 1 in the challenges of metastases and meningioma.
    min_volume : float
        In mm³; 2 in the challenge of metastases.

    Raises
    ------
    ValueError
        If the shapes differ or are not those of volumes, a value is neither 0 nor 1, the spacing does not
        fit, or `join` is negative.

    Source: the code of the challenge, Saluja et al. 2023, https://github.com/rachitsaluja/BraTS-2023-Metrics.
    Deviations: the dilation is in mm (the code counts voxels, which are 1 mm there), at least one voxel;
    HD95 counts surface voxels, as `hd95` does (the code weights them by area).
    """
    pred, target = two_masks(pred_mask, target_mask)
    if pred.ndim != 3:
        raise ValueError(
            f"masks have shape {pred.shape}; expected (X, Y, Z): lesions of a slice may be joined in 3D"
        )
    if not join >= 0:
        raise ValueError(f"join is {join}; expected a distance in mm of at least 0")
    size = checked_spacing(spacing, 3)
    for box in ndimage.find_objects((pred | target).astype(np.uint8)):  # nothing else matters
        pred, target = pred[box], target[box]
    zones = lesion_zones(target, size, join)
    parts, number = ndimage.label(pred, TOUCHING)
    lesions, matched = [], {0}
    for zone in range(1, zones.max(initial=0) + 1):
        lesion, touching = target & (zones == zone), set(parts[zones == zone].tolist()) - {0}
        matched |= touching
        volume = float(lesion.sum() * size.prod())
        if volume > min_volume and touching:
            found = np.isin(parts, list(touching))
            lesions.append(Lesion("TP", volume, dice(found, lesion), hd95(found, lesion, size)))
        elif volume > min_volume:
            lesions.append(Lesion("FN", volume, 0.0, PENALTY))
    for part in sorted(set(range(1, number + 1)) - matched):
        lesions.append(Lesion("FP", float((parts == part).sum() * size.prod()), 0.0, PENALTY))
    tp, fn, fp = (sum(lesion.kind == kind for lesion in lesions) for kind in ("TP", "FN", "FP"))
    mean_dice, mean_hd95 = np.mean([lesion[2:] for lesion in lesions], axis=0) if lesions else (1, 0)
    return LesionScores(float(mean_dice), float(mean_hd95), tp, fn, fp, tuple(lesions))


def lesion_zones(mask: np.ndarray, spacing: np.ndarray, join: float = 3.0) -> np.ndarray:
    """Return the number of the lesion, from 1, in the voxels (X, Y, Z) of a mask and within `join` mm of it.

    Regions that touch once each is dilated by `join` are one lesion, as in `lesion_wise`.
    """
    return ndimage.label(ndimage.binary_dilation(mask, _dilation(spacing, join)), TOUCHING)[0]


def surface_dice(
    pred_mask: ArrayLike, target_mask: ArrayLike, spacing: ArrayLike | None = None, tolerance: float = 1.0
) -> float:
    """Return the normalised surface Dice, 0 to 1: the share of both surfaces that agrees within a tolerance.

    The number of surface voxels of each mask that lie within `tolerance` of the other one's surface, over the
    number of all surface voxels. It counts neither how far the other ones are away nor how many voxels lie
    inside: it is the share of the border that need not be redrawn. Both masks empty: 1. One empty: 0.

    Parameters
    ----------
    pred_mask, target_mask : masks of one shape, 2D or 3D
    spacing : sequence of float, optional
        Size of a voxel along each axis in mm; 1 by default.
    tolerance : float
        In mm; about the disagreement of two experts.

    Raises
    ------
    ValueError
        If the shapes differ, a value is neither 0 nor 1, the spacing does not fit, or the tolerance is
        negative.

    Source: Nikolov et al. 2018, "Deep learning to achieve clinically applicable segmentation of head and neck
    anatomy for radiotherapy", arXiv:1809.04430. Deviation: surface voxels are counted, as in MONAI; the paper
    measures the area of a surface between the voxels.
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance is {tolerance}; expected a distance in mm of at least 0")
    pred, target = two_masks(pred_mask, target_mask)
    size = checked_spacing(spacing, pred.ndim)
    if not pred.any() or not target.any():
        return float(pred.any() == target.any())
    distances = np.concatenate(surface_distances(pred, target, size))
    return float((distances <= tolerance).mean())


def _dilation(spacing: np.ndarray, reach: float) -> np.ndarray:
    """Return the voxels within `reach` mm, bool (2a + 1, 2b + 1, 2c + 1), at least the 18 neighbours.

    The distance is the larger one of max |x| and half of sum |x|, so that with voxels of 1 mm and a whole
    number it is that many steps to one of 18 neighbours, as in the code of BraTS.
    """
    reach += 1e-4  # headers store 1 mm as 1.0000001
    steps = np.maximum(1, reach // spacing).astype(int)
    voxels = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in steps), indexing="ij"), -1)
    away = np.abs(voxels * spacing)
    near = np.maximum(away.max(-1), away.sum(-1) / 2) <= reach
    return near | ((np.abs(voxels).max(-1) <= 1) & (np.abs(voxels).sum(-1) <= 2))
