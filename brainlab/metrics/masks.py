"""Two masks compared: how much they share, and how far their surfaces are apart.

Arguments may be NumPy arrays or torch tensors.

The empty-empty rule: a case without enhancing tumour has an empty mask. As in the BraTS challenges, a right
"nothing there" is perfect (Dice 1, HD95 0), and a tumour made up or missed altogether is as bad as can be
(Dice 0, HD95 the diagonal of the image: 373.13 mm for the 240 x 240 x 155 mm of BraTS).

Source of the rule: the evaluation code of nnU-Net for BraTS 2020 (Isensee et al. 2020, "nnU-Net for Brain
Tumor Segmentation", arXiv:2011.00848).

What became of each piece of tumour: a Dice of the whole patient hides a small lesion that was missed.

Related: F. Kofler et al. 2023, "blob loss", arXiv:2205.08209, on losses and scores that see each lesion.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage


def dice(pred_mask: ArrayLike, target_mask: ArrayLike) -> float:
    """Return `2 |A and B| / (|A| + |B|)` of two masks of one shape; 1 if both are empty, 0 if only one is.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is neither 0 nor 1.
    """
    pred, target = _masks(pred_mask, target_mask)
    size = int(pred.sum()) + int(target.sum())
    return 2 * int((pred & target).sum()) / size if size else 1.0


def jaccard(pred_mask: ArrayLike, target_mask: ArrayLike) -> float:
    """Return `|A and B| / |A or B|` of two masks of one shape; 1 if both are empty, 0 if only one is.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is neither 0 nor 1.
    """
    pred, target = _masks(pred_mask, target_mask)
    union = int((pred | target).sum())
    return int((pred & target).sum()) / union if union else 1.0


def hd95(pred_mask: ArrayLike, target_mask: ArrayLike, spacing: ArrayLike | None = None) -> float:
    """Return the 95th percentile of the Hausdorff distance between two surfaces, in mm.

    From each pixel on the surface of one mask to the nearest on the surface of the other; the 95th percentile
    of these distances, once in each direction; the larger of the two. A pixel is on the surface if one of its
    four (3D: six) neighbours is outside the mask. Both masks empty: 0. One empty: the diagonal of the image.

    Parameters
    ----------
    pred_mask, target_mask : masks of one shape, 2D or 3D
    spacing : sequence of float, optional
        Size of a voxel along each axis in mm; 1 by default.

    Raises
    ------
    ValueError
        If the shapes differ, a value is neither 0 nor 1, or the spacing does not fit.

    Source: Huttenlocher et al. 1993 (doi:10.1109/34.232073), percentile as in MONAI and the BraTS challenges.
    """
    pred, target = _masks(pred_mask, target_mask)
    spacing = np.ones(pred.ndim) if spacing is None else np.asarray(spacing, dtype=float)
    if spacing.shape != (pred.ndim,) or not (spacing > 0).all():
        raise ValueError(
            f"spacing is {spacing.tolist()}; expected {pred.ndim} positive numbers in mm, one an axis"
        )
    if not pred.any() or not target.any():
        empty_both = not pred.any() and not target.any()
        return 0.0 if empty_both else float(np.linalg.norm(spacing * pred.shape))
    # Only the box around both masks matters: distance transforms of whole volumes take seconds.
    box = ndimage.find_objects((pred | target).astype(np.uint8))[0]
    surfaces = [_surface(mask[box]) for mask in (pred, target)]
    directed = []
    for source, goal in (surfaces, surfaces[::-1]):
        distance = ndimage.distance_transform_edt(~goal, sampling=spacing)  # mm to the nearest pixel of goal
        directed.append(np.percentile(distance[source], 95))
    return float(max(directed))


def _surface(mask: np.ndarray) -> np.ndarray:
    return mask & ~ndimage.binary_erosion(mask)  # what lies outside the array counts as outside the mask


def _masks(pred: ArrayLike, target: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    masks = same_shape(to_array(pred), to_array(target))
    for name, mask in zip(("pred", "target"), masks, strict=True):
        if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
            raise ValueError(
                f"{name} holds other values than 0 and 1; expected a mask: compare first, as in labels == 3"
            )
    return masks[0].astype(bool), masks[1].astype(bool)


def to_array(values: ArrayLike) -> np.ndarray:
    """Return a NumPy array of an array or tensor.

    Raises
    ------
    ValueError
        If there is nothing.
    """
    if values is None:
        raise ValueError("got None; expected an array or tensor: has the case no segmentation?")
    # torch is not imported here: a tensor knows how to leave its graph and its device.
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def same_shape(pred: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays; a ValueError says which shapes came where they differ."""
    if pred.shape != target.shape:
        hint = (
            "is one of them one-hot or logits? Take argmax"
            if pred.ndim != target.ndim
            else "are they one case?"
        )
        raise ValueError(
            f"pred has shape {pred.shape}, target {target.shape}; expected the same shape: {hint}"
        )
    return pred, target


def recall_of_pieces(
    pred_mask: ArrayLike, target_mask: ArrayLike, spacing: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the area of each piece of the truth in each axial slice, and the share of it that was found.

    A piece is what hangs together within a slice, corners included: that is how a 2D network meets it.

    Parameters
    ----------
    pred_mask, target_mask : masks (X, Y, Z) of one shape
    spacing : sequence of 3 float, optional
        Size of a voxel in mm; 1 by default.

    Returns
    -------
    areas, recalls : ndarray (pieces,)
        In mm2; from 0 (missed completely) to 1. Both empty where the truth is.

    Raises
    ------
    ValueError
        If the shapes differ, or are not those of volumes.
    """
    pred, target = same_shape(to_array(pred_mask), to_array(target_mask))
    if pred.ndim != 3:
        raise ValueError(
            f"masks have shape {pred.shape}; expected (X, Y, Z): use mask[..., None] for a slice"
        )
    pixel = 1.0 if spacing is None else float(spacing[0] * spacing[1])
    within_slices = np.zeros((3, 3, 3), bool)
    within_slices[:, :, 1] = True
    if target.any():  # only the box around the truth matters
        box = ndimage.find_objects((target != 0).astype(np.uint8))[0]
        pred, target = pred[box], target[box]
    pieces, count = ndimage.label(target, structure=within_slices)
    numbers = np.arange(1, count + 1)
    areas = pixel * ndimage.sum_labels(np.ones(pieces.shape, np.uint8), pieces, numbers)
    recalls = ndimage.mean(pred, pieces, numbers) if count else np.zeros(0)
    return np.asarray(areas), np.asarray(recalls)
