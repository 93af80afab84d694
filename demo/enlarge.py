"""Super-resolve one slice: as it is, or made coarse first, so that what was lost is known."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from brainlab.data.case import Case
from brainlab.data.degradations import bicubic
from brainlab.inference.forward import evaluating
from brainlab.metrics.images import psnr
from brainlab.models.upscaling import resample

TOP = 99.5  # percentile of the brain's intensities that is 1, as in `brainlab.data.superres`
LARGEST = 1024  # pixels along the longer side of a result


@dataclass(frozen=True)
class Enlarged:
    """A slice, enlarged in two ways; all are (H, W) float32 in 0..1.

    Attributes
    ----------
    bicubic : the baseline, which needs no network
    network : what the network makes; the baseline, if there is none
    true : the slice itself, where it was made coarse first; else None
    psnr : of the baseline and of the network in dB, where the true slice is known
    """

    bicubic: np.ndarray
    network: np.ndarray
    true: np.ndarray | None
    psnr: tuple[float, float] | None


def slice_of(case: Case, modality: str, z: int) -> np.ndarray:
    """Return slice `z` of a modality (X, Y), float32 in 0..1: 1 is the 99.5th percentile of its brain."""
    volume = case.modality(modality)
    brain = volume[volume > 0]
    top = float(np.percentile(brain, TOP)) if brain.size else 1.0
    return np.clip(volume[..., z] / max(top, 1e-6), 0, 1).astype(np.float32)


@torch.no_grad()
def enlarge_slice(
    image: np.ndarray, model: nn.Module | None, coarse: bool = True, scale: int = 4
) -> Enlarged:
    """Enlarge a slice (H, W) in 0..1 by the network, and bicubically to compare.

    Parameters
    ----------
    model : nn.Module, optional
        A generator of one channel. Its own scale counts.
    coarse : bool
        Make the slice coarse first, as in training, and bring it back to its size: then the truth is known.
        Otherwise the slice itself is enlarged.
    scale : int
        Without a network.

    Raises
    ------
    ValueError
        If the network takes more than one channel, or the result were larger than 1024 pixels.
    """
    scale = getattr(model, "scale", scale)
    if getattr(model, "in_channels", 1) != 1:
        raise ValueError(f"the network enlarges {model.in_channels} channels; expected one: choose another")
    true = torch.from_numpy(np.ascontiguousarray(image))[None, None]  # (1, 1, H, W)
    height, width = image.shape
    if coarse:
        low, size = bicubic(true, (-(-height // scale), -(-width // scale))), (height, width)
    else:
        low, size = true, (scale * height, scale * width)
        if max(size) > LARGEST:
            raise ValueError(
                f"{scale} times {width} x {height} pixels are more than {LARGEST}; expected a smaller slice: "
                "make it coarse first"
            )
    plain = resample(low, size).clamp(0, 1)
    made = plain
    if model is not None:
        model.to(memory_format=torch.channels_last)  # faster on a CPU, the same result
        with evaluating(model):
            made = model(low, size).float().clamp(0, 1)
    numbers = (_db(plain, true), _db(made, true)) if coarse else None
    return Enlarged(plain[0, 0].numpy(), made[0, 0].numpy(), image if coarse else None, numbers)


def affine_of_slice(case: Case, z: int, made: Enlarged) -> np.ndarray:
    """Return the affine of slice `z` of a case, made larger: its pixels are as much smaller."""
    times = made.network.shape[0] / case.shape[0]
    to_case = np.diag([1 / times, 1 / times, 1, 1])  # pixel of the result to voxel of the case
    to_case[2, 3] = z
    return case.affine @ to_case


def _db(made: Tensor, true: Tensor) -> float:
    return psnr(made, true).mean().item()
