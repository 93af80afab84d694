"""Losses that sum over pixels: cross-entropy and its weighted variants.

Cross-entropy: C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. 4.108 and 4.90; the
weighted mean is that of `torch.nn.functional.cross_entropy`. Deviation: if every pixel of a batch has weight
0, the loss is 0, not NaN.

Focal loss: T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, 2017, "Focal Loss for Dense Object Detection"
(arXiv:1708.02002). Deviations: softmax over C classes, and the mean over pixels (weighted as in
`cross_entropy`) instead of the sum divided by the number of objects.

Border weights: O. Ronneberger, P. Fischer, T. Brox, 2015, "U-Net" (arXiv:1505.04597), equations 1 and 2.
Deviations: the paper does not say how it balances the classes; here background and foreground have the same
total weight. The loss is the weighted mean, not the sum. The gaps between touching objects must already be in
the mask; the paper cuts them into it.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses.inputs import (
    at_least_float32,
    check_not_negative,
    check_problem,
    check_weight,
    log_true_probability,
    num_classes,
    one_hot,
)


def cross_entropy(logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of -log(probability of the true class) over all pixels.

    Fails where classes are rare: if 98 % of the pixels are background, background is 98 % of the mean, and
    every pixel counts alone, whatever the shape of its region. Class weights help against the imbalance, at
    the price of more false positives.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    weight : Tensor (C,), optional
        Weight of the pixels of each class, (2,) when C == 1; the mean divides by the sum of the pixels'
        weights.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`; log(C) if all classes get the same probability. Half precision is
        computed in float32.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.

    Examples
    --------
    >>> logits = torch.zeros(1, 4, 8, 8)  # every class has probability 1/4
    >>> cross_entropy(logits, torch.zeros(1, 8, 8, dtype=torch.int64))  # log 4
    tensor(1.3863)
    """
    check_problem(logits, target)
    check_weight(weight, num_classes(logits))
    return _weighted_mean(-log_true_probability(logits, target), target, weight)


def binary_cross_entropy(logits: Tensor, target: Tensor, pos_weight: Tensor | None = None) -> Tensor:
    """Mean over pixels and classes: -log(p) where the class is true, -log(1 - p) where it is not.

    With C == 1, p is the sigmoid. With C >= 2, p is the softmax probability of each class, so that the wrong
    classes contribute too. Fails where classes are rare, as cross-entropy does, and more so: of the C terms
    of a pixel, C - 1 say that a class is absent.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    pos_weight : Tensor (C,), optional
        Factor on -log(p) for each class; the mean still divides by the number of terms, as in
        `torch.nn.functional.binary_cross_entropy_with_logits`.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`. With C == 2 and no weights equal to `cross_entropy`.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.
    """
    check_problem(logits, target)
    check_weight(pos_weight, logits.shape[1], "pos_weight")
    log_prob, log_rest = _log_both(at_least_float32(logits))  # (B, C, H, W) each
    truth = one_hot(target, log_prob).bool()
    if pos_weight is not None:
        log_prob = log_prob * pos_weight.to(log_prob).view(-1, *[1] * (logits.ndim - 2))
    return -torch.where(truth, log_prob, log_rest).mean()


def focal_loss(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    """Mean over pixels of -(1 - p)**gamma log(p), p the probability of the true class.

    The factor down-weights easy pixels. Fails on wrong labels, because the pixels that stay wrong dominate
    the loss. Its values are small, so that it hardly counts when it is added to another loss, and its
    probabilities are less confident than they should be.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    gamma : float
        0 or more; 0 is `cross_entropy`.
    weight : Tensor (C,), optional
        Weight of the pixels of each class, (2,) when C == 1: the paper's alpha.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`. Half precision is computed in float32.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit, or gamma is negative.
    """
    check_problem(logits, target)
    check_weight(weight, num_classes(logits))
    check_not_negative(gamma=gamma)
    log_prob = log_true_probability(logits, target)  # (B, H, W)
    wrong = -log_prob.expm1()  # 1 - p without cancellation
    # Above 0, because the gradient of 0**gamma is infinite for gamma < 1.
    wrong = wrong.clamp_min(torch.finfo(wrong.dtype).tiny)
    return _weighted_mean(-(wrong**gamma) * log_prob, target, weight)


def border_cross_entropy(logits: Tensor, target: Tensor, weight_map: Tensor) -> Tensor:
    """Mean of -log(probability of the true class), with one weight for each pixel.

    Fails if the map is not transformed together with the image: augmentation must warp both alike.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
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
    return _mean_with(weight_map.to(loss), loss)


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


def _weighted_mean(loss: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean of `loss` (B, H, W), each pixel with the weight (C,) of its class; 0 if all are 0."""
    return loss.mean() if weight is None else _mean_with(weight.to(loss)[target], loss)


def _mean_with(weight_map: Tensor, loss: Tensor) -> Tensor:
    return (weight_map * loss).sum() / weight_map.sum().clamp_min(torch.finfo(loss.dtype).tiny)


def _log_both(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return log(p) and log(1 - p) of each class."""
    channels = range(logits.shape[1])
    if len(channels) == 1:
        return F.logsigmoid(logits), F.logsigmoid(-logits)
    log_prob = logits.log_softmax(dim=1)
    # 1 - p is the sum of the others; 1 - p itself is exactly 0 from p = 1 - 6e-8 on, and its log -infinity.
    others = [log_prob[:, [k for k in channels if k != c]].logsumexp(dim=1) for c in channels]
    return log_prob, torch.stack(others, dim=1)


def _two_nearest(instances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances (H, W) to the nearest and the second nearest object, infinite if there is none."""
    from scipy.ndimage import distance_transform_edt  # the other losses do without scipy

    nearest, second = np.full((2, *instances.shape), np.inf)
    for number in np.unique(instances[instances > 0]):
        distance = distance_transform_edt(instances != number)
        second = np.minimum(second, np.maximum(nearest, distance))
        nearest = np.minimum(nearest, distance)
    return nearest, second
