"""What all losses start with: checked inputs, probabilities from logits, one-hot truth from labels.

Half precision is converted to float32 here, because a sum over the pixels of a batch exceeds 65504, the
largest float16.
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
