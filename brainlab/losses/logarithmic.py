"""Exponential-logarithmic loss: the logarithms of Dice and of the probabilities, each to a power.

K. C. L. Wong, M. Moradi, H. Tang, T. Syeda-Mahmood, 2018, "3D Segmentation with Exponential Logarithmic Loss
for Highly Unbalanced Object Sizes" (arXiv:1809.00076). Deviations: Dice of each image and class, with eps
1e-6 in place of 1, which would give a tumour of five pixels that is missed a Dice of 1/6; without `weight`
the label frequencies are those of the batch; the powers are bounded near 0, see `bounded_power`.
"""

import torch
from torch import Tensor

from brainlab.losses.inputs import (
    check_not_negative,
    check_problem,
    check_weight,
    log_true_probability,
    num_classes,
)
from brainlab.losses.overlap import bounded_power, dice_scores


def exponential_logarithmic_loss(
    logits: Tensor,
    target: Tensor,
    dice_weight: float = 0.8,
    cross_weight: float = 0.2,
    gamma_dice: float = 0.3,
    gamma_cross: float = 0.3,
    weight: Tensor | None = None,
    per_image: bool = True,
) -> Tensor:
    """dice_weight mean_i((-ln Dice_i)**gamma_dice) + cross_weight mean_x(w_l (-ln p_l(x))**gamma_cross).

    The first mean is over images and classes, of the logarithms: not the logarithm of the mean Dice. The
    second is over pixels x of true class l, w_l = (sum_k f_k / f_l)**0.5 and f the label frequencies. With
    gamma < 1 what is nearly right is pushed on.

    Fails where a class is absent: -ln Dice is about 20 there, until not a single soft pixel of it is left.
    With gamma < 1 the slope is steepest where prediction and truth nearly agree: late in a training it is the
    disputed outlines that decide.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    dice_weight, cross_weight : float
        What the two terms count, 0 or more.
    gamma_dice, gamma_cross : float
        The exponents, 0 or more; the paper recommends 0.3 for both.
    weight : Tensor (C,), optional
        The w_l, (2,) when C == 1, for instance of a whole training set; `torch.ones(C)` for none.
    per_image : bool
        Dice of each image, or, with False, of the whole batch: for slices, which often lack a class.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`; 0 for a perfect prediction, where the gradient is finite.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit, or a parameter is negative.
    """
    check_problem(logits, target)
    check_weight(weight, num_classes(logits))
    check_not_negative(
        dice_weight=dice_weight, cross_weight=cross_weight, gamma_dice=gamma_dice, gamma_cross=gamma_cross
    )
    dice = dice_scores(logits, target, per_image)  # (B, C), or (1, C)
    dice_term = bounded_power(-dice.log(), gamma_dice).mean()
    if weight is None:
        weight = label_weights(target, num_classes(logits))
    log_prob = log_true_probability(logits, target)  # (B, H, W)
    cross_term = (weight.to(log_prob)[target] * bounded_power(-log_prob, gamma_cross)).mean()
    return dice_weight * dice_term + cross_weight * cross_term


def label_weights(target: Tensor, classes: int) -> Tensor:
    """Return (sum_k f_k / f_l)**0.5 for each class, (C,); an absent class counts as one pixel.

    Parameters
    ----------
    target : Tensor (B, H, W)
        Labels from 0 to classes - 1, int64.
    classes : int
    """
    count = torch.bincount(target.flatten(), minlength=classes).clamp_min(1)
    return (target.numel() / count).sqrt()
