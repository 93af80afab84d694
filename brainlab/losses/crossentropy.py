"""Checked inputs and probabilities, with which all losses start, and the losses that sum over pixels.

Half precision is converted to float32 here, because a sum over the pixels of a batch exceeds 65504, the
largest float16.

Cross-entropy: C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. 4.108 and 4.90; the
weighted mean is that of `torch.nn.functional.cross_entropy`. Deviation: if every pixel of a batch has weight
0, the loss is 0, not NaN.

Focal loss: T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, 2017, "Focal Loss for Dense Object Detection"
(arXiv:1708.02002). Deviations: softmax over C classes, and the mean over pixels (weighted as in
`cross_entropy`) instead of the sum divided by the number of objects.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def num_classes(logits: Tensor) -> int:
    """Return the number of classes of logits (B, C, H, W): C, or 2 when one channel is for the foreground."""
    return max(logits.shape[1], 2)


def check_problem(logits: Tensor, target: Tensor) -> None:
    """Raise an error that names the cause unless logits (B, C, ...) and labels (B, ...) fit.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.
    FloatingPointError
        If the logits hold NaN; `brainlab.training` catches it and adds the step and the likely source.
    """
    for name, value in {"logits": logits, "target": target}.items():
        if not isinstance(value, Tensor):
            raise ValueError(f"{name}: a {type(value).__name__}; expected a tensor: use torch.as_tensor")
    if logits.ndim < 2 or not logits.is_floating_point():
        raise ValueError(
            f"logits are {logits.dtype} of shape {tuple(logits.shape)}; expected floating point (B, C, H, W)"
        )
    expected = (logits.shape[0], *logits.shape[2:])
    if target.shape != expected:
        hint = "did the network change the size, or is the truth of another batch?"
        if target.shape == logits.shape:
            hint = "is it one-hot? use target.argmax(1)" if logits.shape[1] > 1 else "use target.squeeze(1)"
        raise ValueError(f"target has shape {tuple(target.shape)}; expected {expected}: {hint}")
    if target.dtype != torch.int64:
        raise ValueError(f"target has dtype {target.dtype}; expected torch.int64: use target.long()")
    if target.numel() == 0:
        raise ValueError(
            f"target has shape {tuple(target.shape)}; expected at least one pixel: is the batch empty?"
        )
    _check_labels(target, num_classes(logits), logits.shape[1])
    if logits.isnan().any():
        raise FloatingPointError(
            f"{int(logits.isnan().sum())} of {logits.numel()} logits are NaN; expected numbers: "
            "do the images hold NaN, or is the learning rate too high?"
        )


def _check_labels(target: Tensor, classes: int, channels: int) -> None:
    low, high = (int(value) for value in torch.aminmax(target))
    if low >= 0 and high < classes:
        return
    wrong = low if low < 0 else high
    hint = "is the label map the right one?"
    if channels == 1:
        hint = (
            "logits of one channel tell background from foreground; merge the labels with (target > 0).long()"
        )
    elif wrong == 4:
        hint = "is it BraTS label 4, which `Case.seg` maps to 3?"
    raise ValueError(f"target holds label {wrong}; expected 0 to {classes - 1}: {hint}")


def check_weight(weight: Tensor | None, classes: int, name: str = "weight") -> None:
    """Raise a ValueError unless `weight` is None or has one number, 0 or more, for each class."""
    if weight is None:
        return
    if weight.shape != (classes,):
        raise ValueError(
            f"{name} has shape {tuple(weight.shape)}; expected ({classes},): one number for each class"
        )
    if not (weight >= 0).all():
        raise ValueError(f"{name} is {weight.tolist()}; expected 0 or more: was it divided by a count of 0?")


def check_not_negative(**options: float) -> None:
    """Raise a ValueError that names the first negative option."""
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name} is {value}; expected 0 or more")


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
    """Return log(probability) of each class, (B, max(C, 2), H, W); with C == 1 the background is added.

    In one step, because the logarithm of a probability that was rounded to 0 is -infinity.
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
    # Not F.one_hot: it returns int64, twice the memory of the logits.
    return torch.zeros_like(like).scatter_(1, target.unsqueeze(1), 1)


def at_least_float32(x: Tensor) -> Tensor:
    """Return `x`, in float32 if it is float16 or bfloat16."""
    return x.float() if x.dtype.itemsize < 4 else x


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
    logits, target
        As in `cross_entropy`.
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
    logits, target
        As in `cross_entropy`.
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


def mean_with(weight_map: Tensor, loss: Tensor) -> Tensor:
    """Return the mean of `loss` (B, H, W) with the weights `weight_map` (B, H, W); 0 if all are 0."""
    return (weight_map * loss).sum() / weight_map.sum().clamp_min(torch.finfo(loss.dtype).tiny)


def _weighted_mean(loss: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean of `loss` (B, H, W), each pixel with the weight (C,) of its class; 0 if all are 0."""
    return loss.mean() if weight is None else mean_with(weight.to(loss)[target], loss)


def _log_both(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return log(p) and log(1 - p) of each class."""
    channels = range(logits.shape[1])
    if len(channels) == 1:
        return F.logsigmoid(logits), F.logsigmoid(-logits)
    log_prob = logits.log_softmax(dim=1)
    # 1 - p is the sum of the others; 1 - p itself is exactly 0 from p = 1 - 6e-8 on, and its log -infinity.
    others = [log_prob[:, [k for k in channels if k != c]].logsumexp(dim=1) for c in channels]
    return log_prob, torch.stack(others, dim=1)
