"""Predict a case: forward passes, decoding (argmax, thresholds), the label volume on disk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from brainlab.data.cached import CachedCase
from brainlab.data.case import Case
from brainlab.data.geometry import covering_size, from_network, to_network
from brainlab.data.volume import save_nifti
from brainlab.labels import NUM_CLASSES
from brainlab.metrics.confusion import to_array
from brainlab.models import UNet


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Put `model` into evaluation mode without gradients, and restore the mode of every module afterwards.

    In evaluation mode batch normalisation uses its running statistics and dropout does nothing. Modes are
    remembered module by module, because some may be in evaluation mode for good while the others train.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        for module, training in modes:
            module.training = training


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


def mirror_pad(images: Tensor, before: tuple[int, int], after: tuple[int, int]) -> Tensor:
    """Pad images (..., H, W) by mirroring, repeatedly if necessary.

    The border pixels themselves are not repeated. Unlike `torch.nn.functional.pad`, the padding may
    be wider than the image.

    Parameters
    ----------
    images : Tensor
    before, after : (int, int)
        Pixels to add above and to the left, below and to the right.
    """
    rows, columns = (
        torch.from_numpy(np.pad(np.arange(size), (first, last), mode="reflect"))
        for size, first, last in zip(images.shape[-2:], before, after, strict=True)
    )
    return images[..., rows.to(images.device)[:, None], columns.to(images.device)]


def whole_image(model: nn.Module, images: Tensor, batch_size: int = 16) -> Tensor:
    """Return logits (B, K, H, W) of images (B, C, H, W) without tiles.

    For an unpadded `UNet` the images are mirrored at their borders, so that the output has their size too.

    Raises
    ------
    ValueError
        If the logits of another network are smaller than the images.
    """
    shape = tuple(images.shape[-2:])
    if not isinstance(model, UNet) or model.padded:
        logits = forward(model, images, batch_size)
        if tuple(logits.shape[-2:]) != shape:
            raise ValueError(
                f"logits are {tuple(logits.shape[-2:])} for images {shape}; expected equal: unpadded? Then "
                "pass a tile"
            )
        return logits
    margin = model.margin
    sizes = [model.valid_size(size + 2 * margin)[1] for size in shape]
    bottom, right = (padded - size - margin for padded, size in zip(sizes, shape, strict=True))
    logits = forward(model, mirror_pad(images, (margin, margin), (bottom, right)), batch_size)
    cut = margin - (sizes[0] - logits.shape[-2]) // 2
    return logits[..., cut : cut + shape[0], cut : cut + shape[1]]


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
    least = limits.astype(np.float32)[:, None, None]  # (C, 1, 1)
    return prob >= (torch.from_numpy(least).to(prob.device) if isinstance(prob, Tensor) else least)


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


def predict_case(
    model: nn.Module, cached: CachedCase, size: int | None = None, pixel: int = 1, batch_size: int = 16
) -> np.ndarray:
    """Segment a whole case slice by slice: uint8 labels (X, Y, Z) in the grid of its source.

    Probabilities are resampled bilinearly from pixels to voxels before the argmax, so that borders are smooth
    if `pixel` is more than 1. Voxels outside the brain, 0 in every modality, are background.

    Parameters
    ----------
    model : nn.Module
        Slices (B, 4, size, size) to logits (B, 4, size, size).
    cached : CachedCase
    size : int, optional
        Field of view in pixels; by default the smallest that contains the whole brain.
    pixel : int
        Voxels per pixel along an edge; as in training.
    batch_size : int
        Slices per forward pass.

    Examples
    --------
    >>> labels = predict_case(model, cached)  # doctest: +SKIP
    >>> save_prediction(labels, cached, "predictions/case.nii.gz")  # doctest: +SKIP
    """
    if size is None:
        size = covering_size(cached, pixel)
    labels = np.zeros((len(cached), *cached.image.shape[2:]), np.uint8)  # (Z, x, y)
    for start in range(0, len(cached), batch_size):
        slices = range(start, min(start + batch_size, len(cached)))
        images = np.stack([to_network(cached, z, size, pixel) for z in slices])  # (B, 4, size, size)
        prob = whole_image(model, torch.from_numpy(images), batch_size).softmax(dim=1)
        # Outside the field of view all probabilities are 0; argmax then takes the first class, background.
        found = to_array(decode_argmax(from_network(prob, cached, size, pixel)))  # (B, x, y)
        brain = (cached.image[slices.start : slices.stop] != 0).any(axis=1)  # (B, x, y)
        labels[slices.start : slices.stop] = np.where(brain, found, 0)
    return cached.to_full(labels)


def save_prediction(labels: np.ndarray, case: Case | CachedCase, path: Path | str) -> Path:
    """Write a label volume (X, Y, Z) as NIfTI (uint8) with the affine of its case, so that both overlay.

    Raises
    ------
    ValueError
        If the shape is not that of the case, a value is not a label, or the name does not end in .nii or
        .nii.gz.
    """
    labels = np.asarray(labels)
    expected = tuple(case.full_shape if isinstance(case, CachedCase) else case.shape)
    if labels.shape != expected:
        raise ValueError(
            f"labels have shape {labels.shape}; expected {expected} of {case.id}: "
            "are they still in the grid of the cache? Use to_full"
        )
    if not np.isin(labels, range(NUM_CLASSES)).all():
        raise ValueError(
            f"labels hold other values than 0 to {NUM_CLASSES - 1}; expected a label map: decode first"
        )
    return save_nifti(labels.astype(np.uint8), path, case.affine)
