"""Sums of a loss of pixels and a loss of areas: one gives gradients everywhere, the other ignores imbalance.

Used since S. A. Taghanaki et al., 2019 (arXiv:1805.02798) in many forms. All share a failure mode: two losses
of different size and fate, so that the weight between them is one more thing to choose.

Deep supervision: the deeper levels of a network get a loss of their own, and so a short way for gradients.

C.-Y. Lee et al., 2015, "Deeply-Supervised Nets" (arXiv:1409.5185); in the U-Net 3+ of H. Huang et al., 2020
(arXiv:2004.08790) each level of the expanding path has a side output. Failure mode: coarse levels cannot draw
a small tumour, and their loss never ends; they then pull the shared layers away from it.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from brainlab.losses.crossentropy import binary_cross_entropy, focal_loss
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


Loss = Callable[[Tensor, Tensor], Tensor]


def deeply_supervised(loss_fn: Loss, model: nn.Module, weights: Sequence[float] | None = None) -> Loss:
    """Return a loss that adds those of the side outputs `model.side_logits` while the model is training.

    Parameters
    ----------
    loss_fn : callable
        (logits (B, C, H, W), target (B, H, W)) to a scalar.
    model : nn.Module
        Keeps in `side_logits` a list of (B, C, H, W), one for each side output of the last forward pass.
    weights : sequence of float, optional
        One for each side output; 1 each by default, as in U-Net 3+. The main output counts 1.

    Returns
    -------
    callable
        (logits, target) to a scalar: in evaluation mode `loss_fn` itself.

    Raises
    ------
    ValueError
        When called in training mode, if the model kept no side outputs, or not as many as there are weights.
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
