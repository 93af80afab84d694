"""How good is the network now: loss and Dice of each region on images that it does not learn from."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.labels import NUM_CLASSES, REGIONS
from brainlab.metrics import confusion_matrix
from brainlab.models.blocks import centre_crop
from brainlab.training.distributed import Team

Regions = Mapping[str, Sequence[int]]


class DivergedError(ArithmeticError):
    """The loss is no longer a finite number."""


def comparable(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Make logits (B, C, H, W) and labels (B, H', W') fit each other.

    Half-precision logits become float32, because sums over pixels overflow in float16. Labels of a wider
    field, from a network without padding, are cropped to their centre (B, H, W).
    """
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    size, field = logits.shape[-2:], target.shape[-2:]
    if size != field and size[0] <= field[0] and size[1] <= field[1]:
        target = centre_crop(target, size)
    return logits, target


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    amp: bool = False,
    team: Team | None = None,
) -> tuple[float, np.ndarray]:
    """Return the mean loss per image, and the confusion matrix (C, C) of all pixels, rows truth.

    The model is left in evaluation mode.

    Parameters
    ----------
    model : nn.Module
        Images (B, C_in, H, W) to logits (B, C, H, W), or (B, 1, H, W) for one class against background.
    batches : iterable of (Tensor, Tensor)
        Images and labels (B, H, W), on the model's device.
    loss_fn : callable
        (logits, labels) to a scalar.
    amp : bool
        Forward pass in float16.
    team : Team, optional
        Add up the shares of several processes.

    Raises
    ------
    DivergedError
        If the mean loss is not finite.
    """
    model.eval()
    loss_sum, images, confusion = 0.0, 0, 0
    for image, target in batches:
        with torch.autocast(image.device.type, torch.float16, enabled=amp):
            logits = model(image)
        logits, target = comparable(logits, target)
        try:
            loss_sum += loss_fn(logits, target).item() * len(image)
        except FloatingPointError:  # the losses of brainlab refuse NaN; all processes shall hear of it
            loss_sum = math.nan
        images += len(image)
        if logits.shape[1] == 1:  # one logit for the foreground: a sigmoid above a half
            pred, classes = (logits[:, 0] > 0).long(), 2
        else:
            pred, classes = logits.argmax(1), logits.shape[1]
        confusion = confusion + confusion_matrix(pred, target, num_classes=classes)
    if team is not None:
        loss_sum, images, confusion = team.sum_of(loss_sum, images, confusion)
    if not math.isfinite(loss_sum):
        raise DivergedError(f"the validation loss is {loss_sum}; expected a finite number: is lr too high?")
    return loss_sum / images, confusion


def region_dice(confusion: np.ndarray, regions: Regions | None = None) -> dict[str, float]:
    """Return the Dice of each region, given a confusion matrix (C, C) with rows truth.

    By default WT, TC and ET for the four classes of the course, otherwise every class but the background. A
    region that neither truth nor prediction holds scores 1.
    """
    if regions is None:
        classes = len(confusion)
        regions = REGIONS if classes == NUM_CLASSES else {f"class {c}": (c,) for c in range(1, classes)}
    dice = {}
    for name, labels in regions.items():
        rows = confusion[list(labels)]  # truth in the region
        both = rows.sum() + confusion[:, list(labels)].sum()
        dice[name] = 2 * float(rows[:, list(labels)].sum()) / float(both) if both else 1.0
    return dice
