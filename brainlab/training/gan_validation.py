"""How good a generator's images are on a validation set, and whether they still depend on its input."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from brainlab.metrics.images import high_frequency_ratio, psnr, ssim


@torch.no_grad()
def image_scores(generator: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Return the means over all images; the generator is left in evaluation mode.

    Parameters
    ----------
    generator : nn.Module
        (B, 1, h, w) and a size to (B, 1, H, W).
    batches : iterable of (Tensor, Tensor)
        Small and large images on the generator's device.

    Returns
    -------
    dict
        "psnr" in dB, "ssim", "detail" (`high_frequency_ratio`) and "diversity".
    """
    generator.eval()
    pairs = [(generator(lr, hr.shape[-2:]), hr) for lr, hr in batches]
    sr, hr = (torch.cat(images) for images in zip(*pairs, strict=True))  # (N, 1, H, W)
    scores = {"psnr": psnr(sr, hr), "ssim": ssim(sr, hr), "detail": high_frequency_ratio(sr, hr)}
    return {name: value.mean().item() for name, value in scores.items()} | {"diversity": diversity(sr, hr)}


@torch.no_grad()
def diversity(sr: Tensor, hr: Tensor) -> float:
    """Return how much made images differ from each other, over how much the true ones do.

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
