"""Segment a case with a network of four input channels, or a picture with a network of one."""

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from torch import nn

from brainlab.data.cache import cache_case
from brainlab.data.case import Case
from brainlab.inference import decode_argmax, mirror_pad, predict_case, predict_logits, save_prediction
from brainlab.labels import LABELS, MODALITIES, NUM_CLASSES, REGION_NAMES, REGIONS
from demo.networks import Network

BATCH = 16
MULTIPLE = 16  # pixels: pictures are padded to a multiple, which every network accepts
READING = 0.15  # share of the progress bar for reading the case


class WrongNetwork(ValueError):
    """The network does not fit the image; the message is one line for the visitor."""


def segment_case(
    model: nn.Module,
    network: Network,
    case: Case,
    cache: Path,
    progress: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Return the predicted labels (X, Y, Z) of a case, uint8, on the grid of its files.

    Parameters
    ----------
    model : nn.Module
        The network of `network`.
    cache : Path
        Folder for the cached slices.
    progress : callable
        Called with the fraction that is done, 0 to 1.

    Raises
    ------
    WrongNetwork
        If the network does not take four modalities, or predicts other labels.
    """
    if network.channels != len(MODALITIES):
        raise WrongNetwork(
            f"{network.name} takes {network.channels} input channel; expected 4, one per modality: choose "
            "another network for a case"
        )
    if network.num_classes != NUM_CLASSES:
        raise WrongNetwork(f"{network.name} predicts {network.num_classes} classes; expected {NUM_CLASSES}")
    progress(0.02)
    cached = cache_case(case, cache)
    progress(READING)
    batches = -(-len(cached) // BATCH)
    done = 0

    def tick(*_: object) -> None:
        nonlocal done
        done += 1
        progress(READING + (1 - READING) * min(1, done / batches))

    hook = model.register_forward_hook(tick)
    try:
        pixel = max(1, round(network.pixel_mm / float(cached.spacing[0])))
        return predict_case(model, cached, pixel=pixel, batch_size=BATCH)
    finally:
        hook.remove()


def segment_picture(model: nn.Module, network: Network, pixels: np.ndarray) -> np.ndarray:
    """Return the predicted labels (H, W), uint8, of one slice (H, W) in 0..1.

    The slice is resized to the training size of the network; the probabilities are resized back.

    Raises
    ------
    WrongNetwork
        If the network does not take one channel.
    """
    if network.channels != 1:
        raise WrongNetwork(
            f"{network.name} takes {network.channels} modalities, and a picture has one; choose a network of "
            "one channel, or upload the four modalities"
        )
    if network.along_x:
        pixels = np.ascontiguousarray(pixels.T)
    height, width = pixels.shape
    shrink = network.size / max(height, width)
    size = (max(1, round(height * shrink)), max(1, round(width * shrink)))
    image = torch.from_numpy(pixels)[None, None]  # (1, 1, H, W)
    small = nn.functional.interpolate(image, size, mode="bilinear", antialias=True)
    after = tuple(-n % MULTIPLE for n in size)
    logits = predict_logits(model, mirror_pad(small, (0, 0), after))  # (1, K, h, w)
    if logits.shape[1] == 1:  # one sigmoid output is a softmax of two classes
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    prob = logits.softmax(dim=1)[..., : size[0], : size[1]]
    prob = nn.functional.interpolate(prob, (height, width), mode="bilinear")
    labels = np.where(pixels > 0, decode_argmax(prob)[0].numpy(), 0).astype(np.uint8)
    return labels.T if network.along_x else labels


def volumes_cm3(labels: np.ndarray, affine: np.ndarray) -> dict[str, float]:
    """Return the volume of each label and of each region in cm3: name -> volume.

    Parameters
    ----------
    labels : ndarray (X, Y, Z)
        0 to 3.
    affine : ndarray (4, 4)
        Voxel to mm.
    """
    cm3 = float(np.prod(nib.affines.voxel_sizes(affine))) / 1000
    counts = np.bincount(labels.ravel(), minlength=NUM_CLASSES)
    table = {label.name: float(counts[label.value]) * cm3 for label in LABELS[1:]}
    regions = {
        REGION_NAMES[name]: float(counts[list(values)].sum()) * cm3 for name, values in REGIONS.items()
    }
    return {**table, **regions}


def nifti_of(labels: np.ndarray, case: Case, folder: Path) -> tuple[str, bytes]:
    """Return file name and content of the labels as .nii.gz, on the grid of the case."""
    path = save_prediction(labels, case, folder / f"{case.id}-prediction.nii.gz")
    content = path.read_bytes()
    path.unlink()
    return path.name, content
