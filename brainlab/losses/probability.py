"""From logits to probabilities, and from labels to one-hot: what most losses start with.

Half precision becomes float32 here: a sum over the pixels of a batch passes 65504, the largest float16.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses.checks import check_problem


def probabilities(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return the probability of each class and the one-hot truth.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.

    Returns
    -------
    prob, truth : Tensor (B, C, H, W)
        In the dtype of the logits, or in float32 if that is a half precision.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.
    """
    check_problem(logits, target)
    logits = at_least_float32(logits)
    prob = logits.softmax(dim=1) if logits.shape[1] > 1 else logits.sigmoid()
    return prob, one_hot(target, prob)


def log_probabilities(logits: Tensor) -> Tensor:
    """Return log(probability) of each class, (B, max(C, 2), H, W); C == 1 gains its background.

    In one step, because the logarithm of a probability that has become 0 is -infinity.
    """
    logits = at_least_float32(logits)
    if logits.shape[1] == 1:  # sigmoid(z) = exp(z) / (exp(0) + exp(z)): the background has the score 0
        logits = F.pad(logits, (0, 0) * (logits.ndim - 2) + (1, 0))  # (B, 2, H, W)
    return logits.log_softmax(dim=1)


def log_true_probability(logits: Tensor, target: Tensor) -> Tensor:
    """Return log(probability of the true class) of each pixel, (B, H, W)."""
    return log_probabilities(logits).gather(1, target.unsqueeze(1)).squeeze(1)


def one_hot(target: Tensor, like: Tensor) -> Tensor:
    """Return labels (B, H, W) as 0 and 1 in the shape (B, C, H, W) and dtype of `like`."""
    if like.shape[1] == 1:
        return target.unsqueeze(1).to(like.dtype)
    # No F.one_hot: it is int64, which takes twice the memory of the logits.
    return torch.zeros_like(like).scatter_(1, target.unsqueeze(1), 1)


def at_least_float32(x: Tensor) -> Tensor:
    """Return `x`, in float32 if it is float16 or bfloat16."""
    return x.float() if x.dtype.itemsize < 4 else x
