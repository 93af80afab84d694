"""Cross-entropy that weighs each pixel by a map, and the map for the gaps between objects.

O. Ronneberger, P. Fischer, T. Brox, 2015, "U-Net" (arXiv:1505.04597), equations 1 and 2. Deviations: the
paper does not say how it balances the classes; here background and foreground have the same total weight. The
loss is the weighted mean, not the sum. The gaps between touching objects must already be in the mask; the
paper cuts them into it.
"""

import numpy as np
from torch import Tensor

from brainlab.losses.crossentropy import check_not_negative, check_problem, log_true_probability, mean_with


def border_cross_entropy(logits: Tensor, target: Tensor, weight_map: Tensor) -> Tensor:
    """Mean of -log(probability of the true class), with one weight for each pixel.

    Fails if the map is not transformed together with the image: augmentation must warp both alike.

    Parameters
    ----------
    logits, target
        As in `cross_entropy`.
    weight_map : Tensor (B, H, W)
        From `border_weight_map`, 0 or more.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`; equal to `cross_entropy` for a constant map, 0 for a map of zeros.

    Raises
    ------
    ValueError
        If a shape, a type, a label or a weight does not fit.
    """
    check_problem(logits, target)
    if weight_map.shape != target.shape:
        raise ValueError(
            f"weight_map has shape {tuple(weight_map.shape)}; expected {tuple(target.shape)}: "
            "one number for each pixel"
        )
    if not (weight_map >= 0).all():
        raise ValueError("weight_map holds negative numbers or NaN; expected 0 or more")
    loss = -log_true_probability(logits, target)  # (B, H, W)
    return mean_with(weight_map.to(loss), loss)


def border_weight_map(
    instances: np.ndarray, w0: float = 10.0, sigma: float = 5.0, class_weights: bool = True
) -> np.ndarray:
    """Return w(x) = w_c(x) + w0 exp(-(d1 + d2)**2 / (2 sigma**2)), the second term on background only.

    d1 and d2 are the distances in pixels to the nearest and the second nearest object, from pixel centre to
    pixel centre: 1 for a pixel beside an object. Inside objects, and where there are fewer than two, w is
    w_c. Objects that touch without a background pixel between them get no border either: separate them first.

    Fails where objects are crowded: if most of the background lies between objects, it outweighs them, and
    the predicted objects shrink.

    Parameters
    ----------
    instances : ndarray (H, W)
        Integers: 0 background, and one number for each object.
    w0 : float
        The largest weight that a border adds.
    sigma : float
        Its range, pixels.
    class_weights : bool
        Whether w_c gives background and foreground the same total weight, with mean 1; if not, w_c is 1.

    Returns
    -------
    ndarray (H, W)
        float32.

    Raises
    ------
    ValueError
        If the mask is not a 2-D array of integers from 0 on, or a parameter is out of range.
    """
    instances = np.asarray(instances)
    if instances.ndim != 2 or instances.size == 0 or not np.issubdtype(instances.dtype, np.integer):
        hint = "number the objects with scipy.ndimage.label(mask)[0]"
        raise ValueError(
            f"instances are {instances.dtype} of shape {instances.shape}; expected integers (H, W): {hint}"
        )
    if instances.min() < 0:
        raise ValueError(f"instances hold {instances.min()}; expected 0 for the background, then 1, 2, ...")
    check_not_negative(w0=w0)
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}; expected more than 0 pixels")

    background = instances == 0
    share = background.mean()
    weight = np.ones(instances.shape)
    if class_weights and 0 < share < 1:
        weight = np.where(background, 0.5 / share, 0.5 / (1 - share))
    d1, d2 = _two_nearest(instances)
    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))  # 0 where d2 is infinite
    return (weight + border * background).astype(np.float32)


def _two_nearest(instances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances (H, W) to the nearest and the second nearest object, infinite if there is none."""
    from scipy.ndimage import distance_transform_edt  # the other losses do without scipy

    nearest, second = np.full((2, *instances.shape), np.inf)
    for number in np.unique(instances[instances > 0]):
        distance = distance_transform_edt(instances != number)
        second = np.minimum(second, np.maximum(nearest, distance))
        nearest = np.minimum(nearest, distance)
    return nearest, second
