"""What a generator of super-resolution makes small: pixels, features and the discriminator, weighed.

Perceptual loss: J. Johnson, A. Alahi, L. Fei-Fei, 2016, arXiv:1603.08155. Totals: SRGAN (C. Ledig et al.,
2017, arXiv:1609.04802) and ESRGAN (X. Wang et al., 2018, arXiv:1809.00219). Feature extractors, frozen:
`brainlab.models.vgg.VGG19Features` as in the papers, or `brainlab.models.unet_features.UNetFeatures`.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from brainlab.losses.adversarial import generator_loss, relativistic_generator_loss

Features = Callable[[Tensor], Tensor]
VGG_SCALE = 1 / 12.75  # SRGAN divides VGG's features by this, to be of the order of pixel differences
_DISTANCES = {"l1": F.l1_loss, "mse": F.mse_loss}


def pixel_loss(sr: Tensor, hr: Tensor, distance: str = "mse") -> Tensor:
    """Return the mean absolute ("l1") or mean squared ("mse") difference of two images of one shape.

    Raises
    ------
    ValueError
        If the shapes differ or the distance is unknown.
    """
    if sr.shape != hr.shape:
        raise ValueError(
            f"sr has shape {tuple(sr.shape)}, hr {tuple(hr.shape)}; expected the same: was the small image "
            "passed, or is target_size missing?"
        )
    if distance not in _DISTANCES:
        raise ValueError(f"distance is {distance!r}; expected 'l1' or 'mse'")
    return _DISTANCES[distance](sr, hr)


def perceptual_loss(
    features: Features, sr: Tensor, hr: Tensor, distance: str = "l1", scale: float = 1.0
) -> Tensor:
    """Return the distance of two images in the space of features.

    Parameters
    ----------
    features : callable
        Images (B, 1, H, W) to features (B, K, h, w), frozen.
    sr, hr : Tensor (B, 1, H, W)
        Made and true images in 0..1; no gradient goes into `hr`.
    distance : {"l1", "mse"}
        ESRGAN's code has "l1", SRGAN "mse".
    scale : float
        Factor on the features.

    Raises
    ------
    ValueError
        As `pixel_loss`.
    """
    pixel_loss(sr, hr, distance)  # the same complaints
    with torch.no_grad():
        truth = features(hr)  # (B, K, h, w): a constant, so nothing of it is kept for the gradient
    return _DISTANCES[distance](scale * features(sr), scale * truth)


def srgan_loss(
    sr: Tensor,
    hr: Tensor,
    fake_logits: Tensor,
    features: Features | None = None,
    adversarial_weight: float = 1e-3,
    feature_scale: float = VGG_SCALE,
) -> dict[str, Tensor]:
    """Return SRGAN's loss of the generator: content + 1e-3 adversarial.

    Parameters
    ----------
    sr, hr : Tensor (B, 1, H, W)
        Made and true images in 0..1.
    fake_logits : Tensor (B, 1)
        Of the discriminator for `sr`, not detached.
    features : callable, optional
        The content is the MSE of these; without them the MSE of the pixels (the paper's "SRGAN-MSE").
    adversarial_weight : float
    feature_scale : float
        1 / 12.75 is for VGG19, in the paper; other features have another size.

    Returns
    -------
    dict of str to scalar Tensor
        "total", to go backward from, and its unweighted parts "content" and "adversarial", for the history.
    """
    if features is None:
        content = pixel_loss(sr, hr, "mse")
    else:
        content = perceptual_loss(features, sr, hr, "mse", feature_scale)
    adversarial = generator_loss(fake_logits)
    total = content + adversarial_weight * adversarial
    return {"total": total, "content": content, "adversarial": adversarial}


def esrgan_loss(
    sr: Tensor,
    hr: Tensor,
    real_logits: Tensor,
    fake_logits: Tensor,
    features: Features,
    perceptual_weight: float = 1.0,
    adversarial_weight: float = 5e-3,
    pixel_weight: float = 1e-2,
) -> dict[str, Tensor]:
    """Return ESRGAN's loss of the generator: perceptual + 5e-3 relativistic + 1e-2 L1 (its equation 3).

    Parameters
    ----------
    sr, hr : Tensor (B, 1, H, W)
        Made and true images in 0..1.
    real_logits, fake_logits : Tensor (B, 1)
        Of the discriminator for `hr` and for `sr`, the latter not detached.
    features : callable
        In the paper VGG19's conv5_4 before its activation; compared by L1.
    perceptual_weight, adversarial_weight, pixel_weight : float

    Returns
    -------
    dict of str to scalar Tensor
        "total", and its unweighted parts "perceptual", "adversarial" and "pixel".
    """
    perceptual = perceptual_loss(features, sr, hr, "l1")
    adversarial = relativistic_generator_loss(real_logits, fake_logits)
    pixel = pixel_loss(sr, hr, "l1")
    total = perceptual_weight * perceptual + adversarial_weight * adversarial + pixel_weight * pixel
    return {"total": total, "perceptual": perceptual, "adversarial": adversarial, "pixel": pixel}
