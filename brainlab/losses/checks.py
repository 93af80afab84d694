"""Errors for what does not fit, before it becomes a wrong number."""

import torch
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
        If the logits hold NaN; `brainlab.training` catches it and says in which step, and who brought it.
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
            "logits of one channel know background and foreground; merge the labels with (target > 0).long()"
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
