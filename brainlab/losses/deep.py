"""Deep supervision: the deeper levels of a network get a loss of their own, and so a short way for gradients.

C.-Y. Lee et al., 2015, "Deeply-Supervised Nets" (arXiv:1409.5185); in the U-Net 3+ of H. Huang et al., 2020
(arXiv:2004.08790) each level of the expanding path has a side output. Failure mode: coarse levels cannot draw
a small tumour, and their loss never ends; they then pull the shared layers away from it.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

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
