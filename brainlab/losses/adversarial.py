"""Losses of a GAN: the discriminator tells true images from made ones, the generator makes it fail.

All take logits, of any one shape such as (B, 1), and average over the batch. At the point where the
discriminator knows nothing (all logits equal), both losses of a discriminator, and the generator's
relativistic one, are 2 log 2 = 1.386; the generator's plain one is log 2 = 0.693.

Sources: I. Goodfellow et al., 2014, arXiv:1406.2661 (the generator's loss is the one of its section 3 that
does not saturate, as in SRGAN); A. Jolicoeur-Martineau, 2018, arXiv:1807.00734, as used by ESRGAN (X. Wang
et al., 2018, arXiv:1809.00219, equations 1 and 2). Deviations: none; ESRGAN's code halves the relativistic
sums, its paper does not.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return -mean log D(real) - mean log(1 - D(fake)), with D the sigmoid of the logits.

    Parameters
    ----------
    real_logits, fake_logits : Tensor (B, 1)
        Of true images, and of `generator(x).detach()`: in this step the generator must not learn. The two
        batches may differ in size.

    Returns
    -------
    Tensor
        Scalar.

    Raises
    ------
    ValueError
        If one is empty or no floating point.
    """
    _check(real_logits, fake_logits)
    return _says(real_logits, True) + _says(fake_logits, False)


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Return -mean log D(fake): small when the discriminator takes the made images for true ones.

    Parameters
    ----------
    fake_logits : Tensor (B, 1)
        Of `generator(x)` without detach: the gradient goes through the discriminator into the generator.

    Raises
    ------
    ValueError
        If it is empty or no floating point.
    """
    _check(fake_logits)
    return _says(fake_logits, True)


def relativistic_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Relativistic average loss: true images should look more real than the made ones do on average.

        -mean log s(C(real) - mean C(fake)) - mean log(1 - s(C(fake) - mean C(real)))

    with C the logits and s the sigmoid. Each batch is compared with the mean of the *other* one.

    Parameters
    ----------
    real_logits, fake_logits : Tensor (B, 1)
        As in `discriminator_loss`, made images detached.

    Raises
    ------
    ValueError
        If one is empty or no floating point.
    """
    _check(real_logits, fake_logits)
    real_above, fake_above = real_logits - fake_logits.mean(), fake_logits - real_logits.mean()
    return _says(real_above, True) + _says(fake_above, False)


def relativistic_generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return the same with the roles exchanged: made images should look more real than true ones.

    Unlike `generator_loss` it needs the true images, and its gradient keeps coming from both terms.

    Parameters
    ----------
    real_logits, fake_logits : Tensor (B, 1)
        Made images without detach.

    Raises
    ------
    ValueError
        If one is empty or no floating point.
    """
    return relativistic_discriminator_loss(fake_logits, real_logits)


def _says(logits: Tensor, real: bool) -> Tensor:
    """Return the mean cross-entropy of the logits with the answer "real" or "made"."""
    truth = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, truth)


def _check(*batches: Tensor) -> None:
    for logits in batches:
        if not logits.is_floating_point() or logits.numel() == 0:
            raise ValueError(
                f"logits are {logits.dtype} of shape {tuple(logits.shape)}; expected floating point (B, 1) "
                "with an image or more: are they decisions, or is the batch empty?"
            )
