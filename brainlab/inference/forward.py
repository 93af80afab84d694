"""Forward passes without training, and decoding: argmax, or one threshold for each class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from brainlab.metrics.confusion import to_array
from brainlab.models.modes import evaluating


def forward(model: nn.Module, images: Tensor, batch_size: int = 16) -> Tensor:
    """Run images (N, C, H, W) through `model` in batches, on its device: (N, K, H', W') float32 on the CPU.

    Raises
    ------
    ValueError
        If there is no image, or `batch_size` is below 1.
    """
    if len(images) == 0 or batch_size < 1:
        raise ValueError(f"{len(images)} images in batches of {batch_size}; expected at least one of each")
    weight = next(model.parameters(), None)
    device = torch.device("cpu") if weight is None else weight.device
    # Convolutions on a CPU are faster in channels_last; the result is the same.
    layout = torch.channels_last if device.type == "cpu" else torch.contiguous_format
    with evaluating(model):
        batches = images.split(batch_size)
        outputs = [
            model(batch.to(device).contiguous(memory_format=layout)).float().cpu() for batch in batches
        ]
    return torch.cat(outputs).contiguous()


def decode_argmax(logits: Tensor | np.ndarray) -> Tensor | np.ndarray:
    """Assign each pixel to the class with the largest value: (..., C, H, W) -> (..., H, W), int64.

    Logits and probabilities give the same labels, because softmax keeps the order.

    Raises
    ------
    ValueError
        If there is no class axis.
    """
    if logits.ndim < 3:
        raise ValueError(
            f"logits have shape {tuple(logits.shape)}; expected (..., C, H, W): already decoded?"
        )
    return logits.argmax(-3)


def decode_thresholds(
    prob: Tensor | np.ndarray, thresholds: float | Sequence[float] = 0.5
) -> Tensor | np.ndarray:
    """Return a mask per class, where its probability reaches its own threshold: (..., C, H, W), bool.

    A pixel may be in several masks, or in none.

    Parameters
    ----------
    prob : (..., C, H, W)
        Probabilities of softmax or sigmoid.
    thresholds : float or sequence of C floats

    Raises
    ------
    ValueError
        If `prob` does not hold probabilities, or the number of thresholds is wrong.
    """
    if prob.ndim < 3:
        raise ValueError(f"prob has shape {tuple(prob.shape)}; expected (..., C, H, W): already decoded?")
    lowest, highest = float(prob.min()), float(prob.max())
    if not (lowest >= 0 and highest <= 1 + 1e-5):
        raise ValueError(f"prob goes from {lowest:.3g} to {highest:.3g}; expected 0 to 1: are these logits?")
    limits = np.broadcast_to(np.asarray(thresholds, dtype=np.float64), np.shape(thresholds) or prob.shape[-3])
    if limits.shape != (prob.shape[-3],):
        raise ValueError(
            f"{limits.size} thresholds for {prob.shape[-3]} classes; expected one, or one a class"
        )
    limits = limits.astype(np.float32)[:, None, None]  # (C, 1, 1)
    if isinstance(prob, Tensor):
        limits = torch.from_numpy(limits).to(prob.device)
    return prob >= limits


@dataclass(frozen=True)
class FalsePositives:
    """Number of false positives of each class, shape (C,)."""

    thresholds: np.ndarray
    argmax: np.ndarray

    @property
    def removed(self) -> np.ndarray:
        """How many argmax removes; negative if the threshold of a class was the stricter of the two."""
        return self.thresholds - self.argmax


def false_positives(
    prob: Tensor | np.ndarray, target: ArrayLike, thresholds: float | Sequence[float] = 0.5
) -> FalsePositives:
    """Count the false positives of thresholds, one per class, and those of argmax.

    With thresholds below 1/2 a pixel can be in several masks, of which at most one is right; argmax keeps the
    most probable class only. A threshold of 1/2 or more is stricter than argmax: more false negatives.

    Parameters
    ----------
    prob : (..., C, H, W)
    target : (..., H, W) labels
    thresholds : float or sequence of C floats

    Raises
    ------
    ValueError
        As in `decode_thresholds`, or if the shapes do not match.
    """
    masks = to_array(decode_thresholds(prob, thresholds))  # (..., C, H, W)
    labels, target = to_array(decode_argmax(prob)), to_array(target)  # (..., H, W)
    if labels.shape != target.shape:
        raise ValueError(f"target has shape {target.shape}; expected {labels.shape}: is it one-hot?")
    classes = range(masks.shape[-3])
    return FalsePositives(
        thresholds=np.array([int((masks[..., c, :, :] & (target != c)).sum()) for c in classes]),
        argmax=np.array([int(((labels == c) & (target != c)).sum()) for c in classes]),
    )
