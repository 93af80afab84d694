"""Validation: loss and confusion matrix of a segmentation, image scores of a generator."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.metrics import confusion_matrix
from brainlab.metrics.images import high_frequency_ratio, perceptual_distance, psnr, ssim
from brainlab.models.blocks import centre_crop
from brainlab.models.modes import evaluating
from brainlab.training.distributed import ProcessGroup

Batches = Iterable[tuple[Tensor, Tensor]]


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


def evaluate(
    model: nn.Module,
    batches: Batches,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    group: ProcessGroup | None = None,
) -> tuple[float, np.ndarray]:
    """Return the mean loss per image, and the confusion matrix (C, C) of all pixels, rows truth.

    Parameters
    ----------
    model : nn.Module
        Images (B, C_in, H, W) to logits (B, C, H, W), or (B, 1, H, W) for one class against background.
    batches : iterable of (Tensor, Tensor)
        Images and labels (B, H, W), on the model's device.
    loss_fn : callable
        (logits, labels) to a scalar.
    group : ProcessGroup, optional
        Add up the shares of several processes.

    Raises
    ------
    DivergedError
        If the mean loss is not finite.
    """
    loss_sum, images, confusion = 0.0, 0, 0
    with evaluating(model):
        for image, target in batches:
            logits, target = comparable(model(image), target)
            try:
                loss_sum += loss_fn(logits, target).item() * len(image)
            except FloatingPointError:  # the losses of brainlab refuse NaN; propagate it to all ranks
                loss_sum = math.nan
            images += len(image)
            if logits.shape[1] == 1:  # one logit for the foreground: a sigmoid above a half
                pred, classes = (logits[:, 0] > 0).long(), 2
            else:
                pred, classes = logits.argmax(1), logits.shape[1]
            confusion = confusion + confusion_matrix(pred, target, num_classes=classes)
    if group is not None:
        loss_sum, images, confusion = group.sum_of(loss_sum, images, confusion)
    if not math.isfinite(loss_sum):
        raise DivergedError(f"the validation loss is {loss_sum}; expected a finite number: is lr too high?")
    return loss_sum / images, confusion


def image_scores(
    generator: nn.Module,
    batches: Batches,
    features: Callable[[Tensor], Tensor] | None = None,
    group: ProcessGroup | None = None,
) -> dict[str, float]:
    """Return the means over all images of a validation set, and how much the outputs differ.

    Parameters
    ----------
    generator : nn.Module
        (B, 1, h, w) and a size to (B, 1, H, W).
    batches : iterable of (Tensor, Tensor)
        Small and large images on the generator's device.
    features : callable, optional
        Images (B, 1, H, W) to features, for the perceptual distance.
    group : ProcessGroup, optional
        Gather the images of several processes.

    Returns
    -------
    dict
        "psnr" in dB, "ssim", "high-frequency ratio", "diversity" and, with features, "distance"
        (`perceptual_distance`).
    """
    with evaluating(generator):
        pairs = [(generator(lr, hr.shape[-2:]), hr) for lr, hr in batches]
        if group is not None and group.size > 1:
            shares = group.gather([(sr.cpu(), hr.cpu()) for sr, hr in pairs])
            pairs = [(sr.to(group.device), hr.to(group.device)) for share in shares for sr, hr in share]
        sr, hr = (torch.cat(images) for images in zip(*pairs, strict=True))  # (N, 1, H, W)
        values = {
            "psnr": psnr(sr, hr),
            "ssim": ssim(sr, hr),
            "high-frequency ratio": high_frequency_ratio(sr, hr),
        }
        if features is not None:  # batch by batch: features take much memory
            values["distance"] = torch.cat([perceptual_distance(features, *pair) for pair in pairs])
    scores = {name: value.mean().item() for name, value in values.items()}
    return scores | {"diversity": diversity(sr, hr)}


@torch.no_grad()
def diversity(sr: Tensor, hr: Tensor) -> float:
    """Return how much generated images differ from each other, over how much the true ones do.

    The standard deviation over the images, averaged over the pixels. 1 is as diverse as the truth; a
    generator that has collapsed to one image, whatever its input, has 0; noise gives more than 1.

    Parameters
    ----------
    sr, hr : Tensor (N, 1, H, W)
        Of two inputs or more, which should differ.

    Raises
    ------
    ValueError
        If there is one image only, or all true images are equal.
    """
    true = hr.std(dim=0, correction=0).mean().item() if len(hr) > 1 else 0.0
    if not true > 0:
        raise ValueError(f"there are {len(hr)} true images without any difference; expected two that differ")
    return sr.clamp(0, 1).std(dim=0, correction=0).mean().item() / true
