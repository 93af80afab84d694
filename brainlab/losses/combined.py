"""Sums of a loss of pixels and a loss of areas: one gives gradients everywhere, the other ignores imbalance.

Used since S. A. Taghanaki et al., 2019 (arXiv:1805.02798) in many forms. All share a failure mode: two losses
of different size and fate, so that the weight between them is one more thing to choose.
"""

from torch import Tensor

from brainlab.losses.crossentropy import binary_cross_entropy
from brainlab.losses.focal import focal_loss
from brainlab.losses.overlap import soft_dice_loss


def bce_dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """`binary_cross_entropy` + `soft_dice_loss`.

    Deviation from the form with one Dice ratio of all classes together: that is ruled by the background, so
    ours is the mean over images and classes. Fails with absent classes, whose Dice term is near 1 throughout.

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

    Called exponential-logarithmic in some code, which it is not: see `exponential_logarithmic_loss`. Fails as
    `bce_dice_loss` does; with a small alpha the gradient of a class that nothing predicts is nearly gone.

    Parameters and errors are those of `bce_dice_loss`, and alpha lies between 0 and 1.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; expected 0 to 1, the share of the cross-entropy")
    return alpha * binary_cross_entropy(logits, target) + (1 - alpha) * soft_dice_loss(logits, target)


def focal_dice_loss(
    logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None
) -> Tensor:
    """`focal_loss` + `soft_dice_loss`.

    W. Zhu et al., 2019 (arXiv:1808.05238), there with a weight on the focal term. Fails by unequal
    partners: the focal term is soon so small that the Dice term alone is learnt.

    Parameters and errors are those of `focal_loss`.
    """
    return focal_loss(logits, target, gamma, weight) + soft_dice_loss(logits, target)
