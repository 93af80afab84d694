"""Cross-entropy from logits, over the classes or for each class alone, with optional class weights.

Source: C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. 4.108 and 4.90; the
weighted mean is that of `torch.nn.functional.cross_entropy`. Deviation: when every pixel of a batch has
weight 0 the loss is 0, not NaN.

Focal loss: cross-entropy that looks away from pixels which are right already.

T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, 2017, "Focal Loss for Dense Object Detection"
(arXiv:1708.02002). Deviations: softmax over C classes, and the mean over pixels (weighted as in
`cross_entropy`) instead of the sum divided by the number of objects.
"""

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

    Fails where classes are rare: 98 % background is 98 % of the mean, and each pixel counts alone, whatever
    the shape of its region. Weights cure the first, and cost false positives.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    weight : Tensor (C,), optional
        What a pixel of each class counts, (2,) when C == 1; the mean divides by the sum of the pixels'
        weights.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`; log(C) when the network knows nothing. Half precision is computed
        in float32.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.
    """
    check_problem(logits, target)
    check_weight(weight, num_classes(logits))
    return weighted_mean(-log_true_probability(logits, target), target, weight)


def binary_cross_entropy(logits: Tensor, target: Tensor, pos_weight: Tensor | None = None) -> Tensor:
    """Mean of -log(p) where the class is, -log(1 - p) where it is not, over pixels and classes.

    With C == 1 p is the sigmoid. With C >= 2 p is each class's softmax probability: not the true class alone
    is looked at, but every wrong one as well. Fails where classes are rare, as cross-entropy does, and more
    so: of C terms in a pixel, C - 1 say that a class is absent.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    pos_weight : Tensor (C,), optional
        What -log(p) counts for each class; the mean divides by the number of terms all the same, as in
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


def weighted_mean(loss: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean of `loss` (B, H, W), each pixel with the weight (C,) of its class; 0 if all are 0."""
    if weight is None:
        return loss.mean()
    pixel_weight = weight.to(loss)[target]  # (B, H, W)
    return (pixel_weight * loss).sum() / pixel_weight.sum().clamp_min(torch.finfo(loss.dtype).tiny)


def _log_both(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return log(p) and log(1 - p) of each class."""
    channels = range(logits.shape[1])
    if len(channels) == 1:
        return F.logsigmoid(logits), F.logsigmoid(-logits)
    log_prob = logits.log_softmax(dim=1)
    # 1 - p is the sum of the others; 1 - p itself is exactly 0 from p = 1 - 6e-8 on, and its log -infinity.
    others = [log_prob[:, [k for k in channels if k != c]].logsumexp(dim=1) for c in channels]
    return log_prob, torch.stack(others, dim=1)


def focal_loss(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    """Mean over pixels of -(1 - p)**gamma log(p), p the probability of the true class.

    Fails on wrong labels: what stays wrong is all that it looks at. Its values are small, so that added to
    another loss it hardly counts, and its probabilities come out less sure than they should be.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    gamma : float
        0 or more; 0 is `cross_entropy`.
    weight : Tensor (C,), optional
        What a pixel of each class counts, (2,) when C == 1: the paper's alpha.

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
    return weighted_mean(-(wrong**gamma) * log_prob, target, weight)
