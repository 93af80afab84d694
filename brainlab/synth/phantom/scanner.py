"""From brightness to voxel values: slice thickness, blur, coil bias and noise of the scanner."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
import torch.nn.functional as F

from brainlab.synth.phantom.subject import Fields, Grid


@dataclass(frozen=True)
class Acquisition:
    """Acquisition parameters of one modality."""

    thickness: int  # mm between slices; 1 is a 3D sequence
    axis: int  # normal to the slices: 2 axial, 1 coronal, 0 sagittal
    blur: float  # standard deviation of the point spread function, mm
    snr: float  # of white matter
    bias: float  # strength of the bias field of the receiver coil
    scale: float  # value of white matter in the file; arbitrary in MRI

    def as_dict(self) -> dict:
        """Return plain values for the JSON record."""
        return {key: round(value, 3) for key, value in asdict(self).items()}


def draw_acquisition(modality: str, fields: Fields) -> Acquisition:
    """Draw a protocol: T1 is often a 3D sequence, T2 and FLAIR mostly 2D."""
    rng = fields.rng(f"scanner {modality}")
    shares = [0.60, 0.10, 0.15, 0.15] if modality in ("t1n", "t1c") else [0.25] * 4
    return Acquisition(
        thickness=int(rng.choice([1, 2, 3, 5], p=shares)),
        axis=int(rng.choice([2, 1, 0], p=[0.85, 0.08, 0.07])),
        blur=float(rng.uniform(0.35, 0.7)),
        snr=float(np.exp(rng.uniform(np.log(22), np.log(65)))),
        bias=float(rng.uniform(0.03, 0.12)),
        scale=float(np.exp(rng.uniform(np.log(180), np.log(1600)))),
    )


def blur(image: torch.Tensor, sigma: float) -> torch.Tensor:
    """Blur (X, Y, Z) along each axis with a kernel of three, close to a Gaussian up to sigma = .8 voxels."""
    if sigma < 0.2:
        return image
    side = float(np.exp(-0.5 / sigma**2))
    side /= 1 + 2 * side
    for axis in range(3):
        n = image.shape[axis] - 2
        out = image.clone()
        both = image.narrow(axis, 0, n) + image.narrow(axis, 2, n)
        out.narrow(axis, 1, n).mul_(1 - 2 * side).add_(both, alpha=side)
        image = out
    return image


def coil_bias(strength: float, fields: Fields, name: str, grid: Grid) -> torch.Tensor:
    """Return the bias field of the receiver coil, (X, Y, Z): a smooth factor, about 1."""
    back, up = fields.rng(f"{name} slope").normal(0, [0.05, 0.04])
    log = strength * fields.smooth(f"{name} bias", 75, grid)
    log += float(back) * ((grid.centres(1) - 120) / 100).view(1, -1, 1)
    log += float(up) * ((grid.centres(2) - 75) / 75).view(1, 1, -1)
    return torch.exp(log)


def record(
    image: torch.Tensor, acquisition: Acquisition, fields: Fields, name: str, grid: Grid
) -> torch.Tensor:
    """Simulate the scan of an image (X, Y, Z) with white matter = 1; returns it on the same grid.

    Averages over the slice thickness, adds noise to the slices, then interpolates them to the voxels of the
    file, as in the preprocessing of BraTS. A magnitude image has Rician noise, sqrt((s + n1)² + n2²) with
    normal n1, n2 (Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618).
    """
    seen = blur(image, acquisition.blur / grid.spacing) * coil_bias(acquisition.bias, fields, name, grid)
    seen = seen.movedim(acquisition.axis, -1)  # slices last
    thick = max(1, round(acquisition.thickness / grid.spacing))
    depth = seen.shape[-1]
    whole = -(-depth // thick) * thick
    slices = F.pad(seen, (0, whole - depth))
    slices = F.avg_pool1d(slices.flatten(0, 1), thick).view(*slices.shape[:2], -1) if thick > 1 else slices
    # Thick slices have more signal, thin ones are averaged longer: the same noise level is used for both.
    rng = fields.rng(f"{name} noise")
    noise = torch.from_numpy(rng.standard_normal((2, *slices.shape), dtype=np.float32)) / acquisition.snr
    slices = torch.sqrt((slices + noise[0]).square() + noise[1].square())
    if thick > 1:
        slices = F.interpolate(slices, scale_factor=thick, mode="linear", align_corners=False)
    recorded = slices[..., :depth].movedim(-1, acquisition.axis)
    return blur(recorded, 0.45)  # the registration to the atlas interpolates again


def to_file(image: torch.Tensor, brain: torch.Tensor, scale: float) -> np.ndarray:
    """Return int16 (X, Y, Z): zero outside the brain, at least 1 inside."""
    values = (image * scale).round().clamp(1, 32000) * brain
    return values.numpy().astype(np.int16)
