"""Categorical cross-entropy from logits, with optional class weights.

Source: C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. 4.108; the weighted mean
is that of `torch.nn.functional.cross_entropy`. Deviation: when every pixel of a batch has weight 0 the loss
is 0, not NaN.
"""

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of -log(probability of the true class) over all pixels.

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1.
    weight : Tensor (C,), optional
        What a pixel of each class counts; the mean divides by the sum of the pixels' weights.

    Returns
    -------
    Tensor
        Scalar, differentiable in `logits`; log(C) when the network knows nothing.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.
    """
    _check(logits, target, weight)
    log_prob = torch.log_softmax(logits, dim=1)  # (B, C, H, W)
    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)  # (B, H, W)
    if weight is None:
        return loss.mean()
    pixel_weight = weight.to(logits)[target]  # (B, H, W)
    return (pixel_weight * loss).sum() / pixel_weight.sum().clamp_min(torch.finfo(loss.dtype).tiny)


def _check(logits: Tensor, target: Tensor, weight: Tensor | None) -> None:
    if logits.ndim < 2 or not logits.is_floating_point():
        raise ValueError(
            f"logits are {logits.dtype} of shape {tuple(logits.shape)}; expected floating point (B, C, H, W)"
        )
    classes = logits.shape[1]
    expected = (logits.shape[0], *logits.shape[2:])
    if target.shape != expected:
        hint = "did the network change the size, or is the truth of another batch?"
        if target.shape == logits.shape:
            hint = "is it one-hot? use target.argmax(1)"
        raise ValueError(f"target has shape {tuple(target.shape)}; expected {expected}: {hint}")
    if target.dtype != torch.int64:
        raise ValueError(f"target has dtype {target.dtype}; expected torch.int64: use target.long()")
    if weight is not None and weight.shape != (classes,):
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}; expected ({classes},): one number for each class"
        )
    if target.numel() == 0:
        raise ValueError(
            f"target has shape {tuple(target.shape)}; expected at least one pixel: is the batch empty?"
        )
    low, high = (int(value) for value in torch.aminmax(target))
    if low < 0 or high >= classes:
        wrong = low if low < 0 else high
        hint = (
            "is it BraTS label 4, which `Case.seg` maps to 3?"
            if wrong == 4
            else "is the label map the right one?"
        )
        raise ValueError(f"target holds label {wrong}; expected 0 to {classes - 1}: {hint}")
