"""Focal loss: cross-entropy that looks away from pixels which are right already.

T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, 2017, "Focal Loss for Dense Object Detection"
(arXiv:1708.02002). Deviations: softmax over C classes, and the mean over pixels (weighted as in
`cross_entropy`) instead of the sum divided by the number of objects.
"""

import torch
from torch import Tensor

from brainlab.losses.checks import check_not_negative, check_problem, check_weight, num_classes
from brainlab.losses.crossentropy import weighted_mean
from brainlab.losses.probability import log_true_probability


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
