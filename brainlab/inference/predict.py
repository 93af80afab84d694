"""Predict a case: logits of its slices, labels in the grid of its source, and a NIfTI file."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.data.cached import CachedCase
from brainlab.data.case import Case
from brainlab.data.geometry import covering_size, from_network, to_network
from brainlab.data.volume import save_nifti
from brainlab.inference.forward import decode_argmax, forward
from brainlab.inference.tiling import overlap_tile, whole_image
from brainlab.labels import NUM_CLASSES
from brainlab.models import UNet


def predict_logits(model: nn.Module, images: Tensor, tile: int | None = None, batch_size: int = 16) -> Tensor:
    """Return logits (B, K, H, W), float32 on the CPU, of images (B, C, H, W).

    The model runs in evaluation mode without gradients; its mode is restored afterwards. For an unpadded
    `UNet` the images are mirrored at their borders, so that the output has their size too.

    Parameters
    ----------
    model : nn.Module
    images : Tensor
    tile : int, optional
        Compute in tiles of this size with `overlap_tile`, for images that are too large for one pass.
    batch_size : int
        Images, or tiles, per forward pass.

    Raises
    ------
    ValueError
        If the images do not fit the model.
    """
    if tile is not None:
        return overlap_tile(model, images, tile, batch_size=batch_size)
    if isinstance(model, UNet) and not model.padded:
        return whole_image(model, images, batch_size)
    logits = forward(model, images, batch_size)
    size, expected = tuple(logits.shape[-2:]), tuple(images.shape[-2:])
    if size != expected:
        raise ValueError(
            f"logits are {size} for images {expected}; expected equal: unpadded? Then pass a tile"
        )
    return logits


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
        prob = predict_logits(model, torch.from_numpy(images), batch_size=batch_size).softmax(dim=1)
        # Outside the field of view all probabilities are 0; argmax then takes the first class, background.
        prob = from_network(prob, cached, size, pixel)  # (B, 4, x, y)
        brain = (cached.image[slices.start : slices.stop] != 0).any(axis=1)  # (B, x, y)
        labels[slices.start : slices.stop] = np.where(brain, decode_argmax(prob).numpy(), 0)
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
