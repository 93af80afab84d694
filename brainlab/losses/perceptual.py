"""Losses of super-resolution: pixel, perceptual and adversarial, and the totals of SRGAN and ESRGAN.

Perceptual loss: J. Johnson, A. Alahi, L. Fei-Fei, 2016, arXiv:1603.08155. Totals: SRGAN (C. Ledig et al.,
2017, arXiv:1609.04802) and ESRGAN (X. Wang et al., 2018, arXiv:1809.00219). Feature extractors, frozen:
`brainlab.models.VGG19Features` as in the papers, or `brainlab.models.UNetFeatures`.

Adversarial losses: the discriminator learns to tell real images from generated ones, the generator to
mislead it. They take logits of one shape, such as (B, 1), and average over the batch. If all logits are
equal, so that the discriminator is no better than chance, both discriminator losses and the relativistic
generator loss are 2 log 2 = 1.386; the plain generator loss is log 2 = 0.693.

Sources: I. Goodfellow et al., 2014, arXiv:1406.2661 (the generator loss is the non-saturating one of its
section 3, as in SRGAN); A. Jolicoeur-Martineau, 2018, arXiv:1807.00734, as used by ESRGAN (equations 1 and
2). Deviations: none; ESRGAN's code halves the relativistic sums, its paper does not.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return -mean log D(real) - mean log(1 - D(fake)), with D the sigmoid of the logits.

    Parameters
    ----------
    real_logits, fake_logits : Tensor (B, 1)
        Of real images, and of `generator(x).detach()`: this step must not update the generator. The two
        batches may differ in size.

    Returns
    -------
    Tensor
        Scalar.

    Raises
    ------
    ValueError
        If one is empty or not floating point.
    """
    _check(real_logits, fake_logits)
    return _cross_entropy(real_logits, True) + _cross_entropy(fake_logits, False)


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Return -mean log D(fake): small if the discriminator takes the generated images for real.

    Parameters
    ----------
    fake_logits : Tensor (B, 1)
        Of `generator(x)` without detach: the gradient goes through the discriminator into the generator.

    Raises
    ------
    ValueError
        If it is empty or not floating point.
    """
    _check(fake_logits)
    return _cross_entropy(fake_logits, True)


def relativistic_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Relativistic average loss: real images should look more real than the average generated one.

        -mean log s(C(real) - mean C(fake)) - mean log(1 - s(C(fake) - mean C(real)))

    with C the logits and s the sigmoid. Each batch is compared with the mean of the *other* one.

    Parameters
    ----------
    real_logits, fake_logits : Tensor (B, 1)
        As in `discriminator_loss`, generated images detached.

    Raises
    ------
    ValueError
        If one is empty or not floating point.
    """
    _check(real_logits, fake_logits)
    real_above, fake_above = real_logits - fake_logits.mean(), fake_logits - real_logits.mean()
    return _cross_entropy(real_above, True) + _cross_entropy(fake_above, False)


def relativistic_generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return the same with the roles exchanged: generated images should look more real than real ones.

    Unlike `generator_loss` it needs the logits of real images, and both terms contribute to its gradient.

    Parameters
    ----------
    real_logits, fake_logits : Tensor (B, 1)
        Generated images not detached.

    Raises
    ------
    ValueError
        If one is empty or not floating point.
    """
    return relativistic_discriminator_loss(fake_logits, real_logits)


def _cross_entropy(logits: Tensor, real: bool) -> Tensor:
    """Return the mean binary cross-entropy of the logits, with the same label for all of them."""
    truth = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, truth)


def _check(*batches: Tensor) -> None:
    for logits in batches:
        if not logits.is_floating_point() or logits.numel() == 0:
            raise ValueError(
                f"logits are {logits.dtype} of shape {tuple(logits.shape)}; expected floating point (B, 1) "
                "with an image or more: are they decisions, or is the batch empty?"
            )


Features = Callable[[Tensor], Tensor]
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
    """Return the distance of two images in feature space.

    Parameters
    ----------
    features : callable
        Images (B, 1, H, W) to features (B, K, h, w), frozen.
    sr, hr : Tensor (B, 1, H, W)
        Generated and real images in 0..1; `hr` gets no gradient.
    distance : {"l1", "mse"}
        ESRGAN's code uses "l1", SRGAN "mse".
    scale : float
        Factor on the features.

    Raises
    ------
    ValueError
        As `pixel_loss`.
    """
    pixel_loss(sr, hr, distance)  # raises the same errors
    with torch.no_grad():
        truth = features(hr)  # (B, K, h, w): a constant, which needs no graph
    return _DISTANCES[distance](scale * features(sr), scale * truth)


def srgan_loss(
    sr: Tensor,
    hr: Tensor,
    fake_logits: Tensor,
    features: Features | None = None,
    adversarial_weight: float = 1e-3,
    feature_scale: float | None = None,
) -> dict[str, Tensor]:
    """Return the generator loss of SRGAN: content + 1e-3 adversarial.

    Parameters
    ----------
    sr, hr : Tensor (B, 1, H, W)
        Generated and real images in 0..1.
    fake_logits : Tensor (B, 1)
        Of the discriminator for `sr`, not detached.
    features : callable, optional
        The content term is the MSE of these features; by default that of the pixels (the paper's SRGAN-MSE).
    adversarial_weight : float
    feature_scale : float, optional
        By default the attribute `scale` of the features, 1 if they have none. `VGG19Features` have the
        paper's 1 / 12.75, which belongs to their range. It enters squared; applied to features that are small
        already, it leaves a content loss so weak that the generator only follows the discriminator.

    Returns
    -------
    dict of str to scalar Tensor
        "total", for the backward pass, and its unweighted terms "content" and "adversarial", for the history.
    """
    if features is None:
        content = pixel_loss(sr, hr, "mse")
    else:
        scale = getattr(features, "scale", 1.0) if feature_scale is None else feature_scale
        content = perceptual_loss(features, sr, hr, "mse", scale)
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
    """Return the generator loss of ESRGAN: perceptual + 5e-3 relativistic + 1e-2 L1 (its equation 3).

    Parameters
    ----------
    sr, hr : Tensor (B, 1, H, W)
        Generated and real images in 0..1.
    real_logits, fake_logits : Tensor (B, 1)
        Of the discriminator for `hr` and for `sr`, the latter not detached.
    features : callable
        In the paper VGG19's conv5_4 before its activation; compared by L1.
    perceptual_weight, adversarial_weight, pixel_weight : float

    Returns
    -------
    dict of str to scalar Tensor
        "total", and its unweighted terms "perceptual", "adversarial" and "pixel".
    """
    perceptual = perceptual_loss(features, sr, hr, "l1")
    adversarial = relativistic_generator_loss(real_logits, fake_logits)
    pixel = pixel_loss(sr, hr, "l1")
    total = perceptual_weight * perceptual + adversarial_weight * adversarial + pixel_weight * pixel
    return {"total": total, "perceptual": perceptual, "adversarial": adversarial, "pixel": pixel}
