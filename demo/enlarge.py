"""Super-resolve one slice: as it is, or downsampled first and then compared with the original."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.data.case import Case
from brainlab.data.degradations import bicubic
from brainlab.data.intensity import percentile_window, rescale
from brainlab.inference import evaluating
from brainlab.metrics.images import psnr
from brainlab.models.upscaling import resample

LARGEST = 1024  # pixels along the longer side of a result


@dataclass(frozen=True)
class Enlarged:
    """A slice, enlarged in two ways; images are (H, W) float32 in 0..1.

    Attributes
    ----------
    bicubic : the baseline
    network : the output of the network; the baseline if there is no network
    true : the original slice if it was downsampled first, else None
    psnr : of baseline and network in dB if the original is known, else None
    """

    bicubic: np.ndarray
    network: np.ndarray
    true: np.ndarray | None
    psnr: tuple[float, float] | None


def slice_of(case: Case, modality: str, z: int) -> np.ndarray:
    """Return slice `z` of a modality (X, Y), float32 in 0..1, scaled as in `brainlab.data.superres`.

    0 stays 0, and the 99.5th percentile of the brain becomes 1.
    """
    volume = case.modality(modality)
    _, white = percentile_window(volume)
    return rescale(volume[..., z], 0.0, white)


@torch.no_grad()
def enlarge_slice(
    image: np.ndarray, model: nn.Module | None, coarse: bool = True, scale: int = 4
) -> Enlarged:
    """Enlarge a slice (H, W) in 0..1 by a network and, for comparison, bicubically.

    Parameters
    ----------
    model : nn.Module, optional
        A generator with one channel; its own scale is used.
    coarse : bool
        Downsample the slice first, as in training, and enlarge it to its original size: then the original is
        known. Otherwise the slice itself is enlarged.
    scale : int
        Used without a network.

    Raises
    ------
    ValueError
        If the network takes more than one channel, or the result would be larger than 1024 pixels.
    """
    scale = getattr(model, "scale", scale)
    if getattr(model, "in_channels", 1) != 1:
        raise ValueError(f"the network takes {model.in_channels} channels; expected one: choose another")
    true = torch.from_numpy(np.ascontiguousarray(image))[None, None]  # (1, 1, H, W)
    height, width = image.shape
    if coarse:
        low, size = bicubic(true, (-(-height // scale), -(-width // scale))), (height, width)
    else:
        low, size = true, (scale * height, scale * width)
        if max(size) > LARGEST:
            raise ValueError(
                f"{scale} times {width} x {height} pixels is more than {LARGEST}; expected a smaller slice: "
                "downsample it first"
            )
    plain = resample(low, size).clamp(0, 1)
    made = plain
    if model is not None:
        model.to(memory_format=torch.channels_last)  # faster on a CPU
        with evaluating(model):
            made = model(low, size).float().clamp(0, 1)
    numbers = (_db(plain, true), _db(made, true)) if coarse else None
    return Enlarged(plain[0, 0].numpy(), made[0, 0].numpy(), image if coarse else None, numbers)


def affine_of_slice(case: Case, z: int, made: Enlarged) -> np.ndarray:
    """Return the affine of the enlarged slice `z` of a case: its pixels are smaller than the voxels."""
    times = made.network.shape[0] / case.shape[0]
    to_case = np.diag([1 / times, 1 / times, 1, 1])  # pixel of the result to voxel of the case
    to_case[2, 3] = z
    return case.affine @ to_case


def _db(made: Tensor, true: Tensor) -> float:
    return psnr(made, true).mean().item()
