"""Sums of a loss over pixels and a loss over areas, and the sum over the outputs of deep supervision.

The pixel term has a gradient everywhere, the area term is robust against class imbalance. Used in many forms
since S. A. Taghanaki et al., 2019 (arXiv:1805.02798). Common failure mode: the terms differ in scale, and
their ratio changes during training, so that their weight is one more hyper-parameter.

Exponential-logarithmic loss: K. C. L. Wong, M. Moradi, H. Tang, T. Syeda-Mahmood, 2018, "3D Segmentation with
Exponential Logarithmic Loss for Highly Unbalanced Object Sizes" (arXiv:1809.00076). Deviations: Dice of each
image and class, with eps 1e-6 in place of 1, which would give a missed tumour of five pixels a Dice of 1/6;
without `weight` the label frequencies are those of the batch; the powers are bounded near 0, see
`brainlab.losses.overlap.bounded_power`.

Deep supervision: C.-Y. Lee et al., 2015, "Deeply-Supervised Nets" (arXiv:1409.5185). In the U-Net 3+ of H.
Huang et al., 2020 (arXiv:2004.08790) each level of the expanding path has a side output with a loss of its
own, which shortens the path of the gradient. Failure mode: coarse levels cannot represent a small tumour, so
that their loss stays high and pulls the shared layers away from it.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from brainlab.losses.crossentropy import (
    binary_cross_entropy,
    check_not_negative,
    check_problem,
    check_weight,
    focal_loss,
    log_true_probability,
    num_classes,
)
from brainlab.losses.overlap import bounded_power, dice_scores, soft_dice_loss

Loss = Callable[[Tensor, Tensor], Tensor]


def bce_dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """`binary_cross_entropy` + `soft_dice_loss`.

    Deviation from the form with one Dice ratio over all classes together, which the background dominates:
    ours is the mean over images and classes. Fails if a class is absent: its Dice term then stays near 1.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.
    """
    return binary_cross_entropy(logits, target) + soft_dice_loss(logits, target)


def alpha_bce_dice_loss(logits: Tensor, target: Tensor, alpha: float = 0.2) -> Tensor:
    """alpha `binary_cross_entropy` + (1 - alpha) `soft_dice_loss`.

    Some code calls this exponential-logarithmic, which it is not: see `exponential_logarithmic_loss`. Fails
    as `bce_dice_loss` does; with a small alpha a class that is never predicted has hardly any gradient.

    Parameters and errors are those of `bce_dice_loss`, and alpha lies between 0 and 1.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; expected 0 to 1, the share of the cross-entropy")
    return alpha * binary_cross_entropy(logits, target) + (1 - alpha) * soft_dice_loss(logits, target)


def focal_dice_loss(
    logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None
) -> Tensor:
    """`focal_loss` + `soft_dice_loss`.

    W. Zhu et al., 2019 (arXiv:1808.05238), there with a weight on the focal term. Fails by the difference in
    scale: the focal term soon is so small that the Dice term alone decides.

    Parameters and errors are those of `focal_loss`.
    """
    return focal_loss(logits, target, gamma, weight) + soft_dice_loss(logits, target)


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
    second is over pixels x of true class l, with w_l = (sum_k f_k / f_l)**0.5 and f the label frequencies.
    With gamma < 1 predictions that are nearly right keep a large gradient.

    Fails where a class is absent: -ln Dice is about 20 there until no soft pixel of it is left. With gamma <
    1 the slope is steepest where prediction and truth nearly agree: late in training, pixels at uncertain
    outlines dominate.

    Parameters
    ----------
    logits, target
        As in `bce_dice_loss`.
    dice_weight, cross_weight : float
        Weights of the two terms, 0 or more.
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


def deeply_supervised(loss_fn: Loss, model: nn.Module, weights: Sequence[float] | None = None) -> Loss:
    """Return a loss that adds those of the side outputs `model.side_logits` while the model is training.

    Parameters
    ----------
    loss_fn : callable
        (logits (B, C, H, W), target (B, H, W)) to a scalar.
    model : nn.Module
        Keeps in `side_logits` a list of (B, C, H, W), one for each side output of the last forward pass.
    weights : sequence of float, optional
        One for each side output; 1 each by default, as in U-Net 3+. The main output has weight 1.

    Returns
    -------
    callable
        (logits, target) to a scalar: in evaluation mode `loss_fn` itself.

    Raises
    ------
    ValueError
        When called in training mode, if the model has no side outputs, or not as many as there are weights.

    Examples
    --------
    >>> from brainlab.losses import soft_dice_loss
    >>> from brainlab.models import UNet3Plus
    >>> model = UNet3Plus(width=4, deep_supervision=True)
    >>> loss_fn = deeply_supervised(soft_dice_loss, model)  # for `brainlab.training.fit`
    """

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        total = loss_fn(logits, target)
        if not model.training:
            return total
        sides = getattr(model, "side_logits", None)
        if not sides:
            raise ValueError(
                f"{type(model).__name__} kept no side_logits; expected one or more: "
                "was it built with deep_supervision=True?"
            )
        if weights is not None and len(weights) != len(sides):
            raise ValueError(f"weights are {len(weights)}; expected {len(sides)}, one for each side output")
        for weight, side in zip([1.0] * len(sides) if weights is None else weights, sides, strict=True):
            total = total + weight * loss_fn(side, target)
        return total

    return loss
