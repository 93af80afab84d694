"""Two masks compared: overlap, distance of the surfaces, and recall of each lesion.

Arguments may be NumPy arrays or torch tensors.

Empty masks: a case without enhancing tumour has an empty mask. As in the BraTS challenges, a correct empty
prediction is perfect (Dice 1, HD95 0); if only one of the two masks is empty, the score is the worst one
(Dice 0, HD95 the diagonal of the image: 373.13 mm for the 240 x 240 x 155 mm of BraTS). Source: the code of
nnU-Net for BraTS 2020 (Isensee et al. 2020, "nnU-Net for Brain Tumor Segmentation", arXiv:2011.00848).

Regions: Menze et al. 2015, "The Multimodal Brain Tumor Image Segmentation Benchmark"
(doi:10.1109/TMI.2014.2377694). Lesions: the Dice of a whole patient hides a small lesion that was missed;
compare F. Kofler et al. 2023, "blob loss", arXiv:2205.08209.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from brainlab.labels import NUM_CLASSES, REGIONS
from brainlab.metrics.confusion import check_labels, region_dice_of_labels, same_shape, to_array


def dice(pred_mask: ArrayLike, target_mask: ArrayLike) -> float:
    """Return `2 |A and B| / (|A| + |B|)` of two masks of one shape; 1 if both are empty, 0 if only one is.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is neither 0 nor 1.
    """
    pred, target = two_masks(pred_mask, target_mask)
    size = int(pred.sum()) + int(target.sum())
    return 2 * int((pred & target).sum()) / size if size else 1.0


def jaccard(pred_mask: ArrayLike, target_mask: ArrayLike) -> float:
    """Return `|A and B| / |A or B|` of two masks of one shape; 1 if both are empty, 0 if only one is.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is neither 0 nor 1.
    """
    pred, target = two_masks(pred_mask, target_mask)
    union = int((pred | target).sum())
    return int((pred & target).sum()) / union if union else 1.0


def hd95(pred_mask: ArrayLike, target_mask: ArrayLike, spacing: ArrayLike | None = None) -> float:
    """Return the 95th percentile of the Hausdorff distance between two surfaces, in mm.

    The distances from each surface pixel of one mask to the nearest surface pixel of the other; their 95th
    percentile, in both directions; the larger of the two. A pixel is on the surface if one of its four (3D:
    six) neighbours is outside the mask. Both masks empty: 0. One empty: the diagonal of the image.

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
    pred, target = two_masks(pred_mask, target_mask)
    size = checked_spacing(spacing, pred.ndim)
    if not pred.any() or not target.any():
        empty_both = not pred.any() and not target.any()
        return 0.0 if empty_both else float(np.linalg.norm(size * pred.shape))
    return float(max(np.percentile(distances, 95) for distances in surface_distances(pred, target, size)))


def region_scores(
    pred_labels: ArrayLike, target_labels: ArrayLike, spacing: ArrayLike | None = None
) -> dict[str, dict[str, float]]:
    """Return Dice and HD95 of whole tumour, tumour core and enhancing tumour.

    Parameters
    ----------
    pred_labels, target_labels : label maps of one shape, 2D or 3D
    spacing : sequence of float, optional
        Size of a voxel along each axis in mm; 1 by default.

    Returns
    -------
    dict
        ``{"WT": {"dice": ..., "hd95": ...}, "TC": ..., "ET": ...}``, HD95 in mm.
    """
    pred, target = same_shape(to_array(pred_labels), to_array(target_labels))
    for name, labels in (("pred_labels", pred), ("target_labels", target)):
        check_labels(labels, name, NUM_CLASSES)
    result = {}
    for region, value in region_dice_of_labels(pred, target).items():
        masks = np.isin(pred, REGIONS[region]), np.isin(target, REGIONS[region])
        result[region] = {"dice": value, "hd95": hd95(*masks, spacing)}
    return result


def lesion_recall(
    pred_mask: ArrayLike, target_mask: ArrayLike, spacing: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the area of each true lesion in each axial slice, and its recall.

    A lesion is a connected component within a slice, with 8 neighbours, because a 2D network sees it so.

    Parameters
    ----------
    pred_mask, target_mask : masks (X, Y, Z) of one shape
    spacing : sequence of 3 float, optional
        Size of a voxel in mm; 1 by default.

    Returns
    -------
    areas, recalls : ndarray (lesions,)
        In mm2; the fraction of each that was found, from 0 (missed) to 1. Both are empty if the truth is.

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
    pixel = 1.0 if spacing is None else float(np.prod(np.asarray(spacing, float)[:2]))
    within_slices = np.zeros((3, 3, 3), bool)
    within_slices[:, :, 1] = True
    if target.any():  # only the bounding box of the truth matters
        box = ndimage.find_objects((target != 0).astype(np.uint8))[0]
        pred, target = pred[box], target[box]
    lesions, count = ndimage.label(target, structure=within_slices)
    numbers = np.arange(1, count + 1)
    areas = pixel * ndimage.sum_labels(np.ones(lesions.shape, np.uint8), lesions, numbers)
    recalls = ndimage.mean(pred, lesions, numbers) if count else np.zeros(0)
    return np.asarray(areas), np.asarray(recalls)


def surface_distances(pred: np.ndarray, target: np.ndarray, spacing: np.ndarray) -> list[np.ndarray]:
    """Return the distances in mm from each surface voxel of `pred` to the surface of `target`, and back.

    Both masks are bool and not empty. What lies outside the array counts as outside the mask.
    """
    # Only the bounding box of both masks matters: distance transforms of whole volumes take seconds.
    box = ndimage.find_objects((pred | target).astype(np.uint8))[0]
    surfaces = [mask[box] & ~ndimage.binary_erosion(mask[box]) for mask in (pred, target)]
    return [
        ndimage.distance_transform_edt(~goal, sampling=spacing)[source]
        for source, goal in (surfaces, surfaces[::-1])
    ]


def checked_spacing(spacing: ArrayLike | None, axes: int) -> np.ndarray:
    """Return the size of a voxel along each axis, by default 1 mm; a ValueError unless it fits."""
    size = np.ones(axes) if spacing is None else np.asarray(spacing, dtype=float)
    if size.shape != (axes,) or not (size > 0).all():
        raise ValueError(f"spacing is {size.tolist()}; expected {axes} positive numbers in mm, one an axis")
    return size


def two_masks(pred: ArrayLike, target: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both as bool arrays; a ValueError unless they are masks of one shape."""
    masks = same_shape(to_array(pred), to_array(target))
    for name, mask in zip(("pred", "target"), masks, strict=True):
        if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
            raise ValueError(
                f"{name} holds other values than 0 and 1; expected a mask: compare first, as in labels == 3"
            )
    return masks[0].astype(bool), masks[1].astype(bool)
