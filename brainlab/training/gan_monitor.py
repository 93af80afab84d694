"""What goes wrong in a GAN's training, by name, from its history alone.

Three failures show in the curves: the discriminator separates the two kinds perfectly and the generator gets
no useful gradient, the generator makes one image whatever its input, or the losses diverge (I. Goodfellow,
2016, "NIPS 2016 Tutorial: Generative Adversarial Networks", arXiv:1701.00160). The limits below are ours.
"""

import math
from typing import NamedTuple

from brainlab.training.run import History

WON = 0.9  # D(real) - D(fake) above which the discriminator wins
LOST = 0.5  # diversity relative to the true images below which outputs have collapsed
FALLEN = 6.0  # dB of PSNR below the best so far: twice the error; a healthy GAN loses 1 to 3
IN_A_ROW = 2  # epochs that a win must last: a single one may be chance


class Finding(NamedTuple):
    """One failure: the epoch in which it first shows (counted from 1), its name, and a sentence."""

    epoch: int
    name: str
    message: str


def diagnose(history: History) -> list[Finding]:
    """Return the failures, each kind once, in the order in which they first show; empty if there is none.

    Names are "discriminator wins", "mode collapse" and "divergence".

    Parameters
    ----------
    history : History
        Of `train_gan`; that of `train_psnr` can only collapse or diverge.
    """
    found = [_winner(history), _collapse(history), _divergence(history)]
    return sorted(finding for finding in found if finding)


def _winner(history: History) -> Finding | None:
    lasted = 0
    judged = zip(history.steps.get("d_real", []), history.steps.get("d_fake", []), strict=True)
    for epoch, (real, fake) in enumerate(judged, start=1):
        lasted = lasted + 1 if real - fake > WON else 0
        if lasted == IN_A_ROW:
            return Finding(
                epoch,
                "discriminator wins",
                f"D(real) {real:.2f} and D(fake) {fake:.2f} for {IN_A_ROW} epochs: the generator "
                "gets no useful gradient; lower d_lr, or train the generator longer in the first phase",
            )
    return None


def _collapse(history: History) -> Finding | None:
    for epoch, value in enumerate(history.scores.get("diversity", []), start=1):
        if value < LOST:
            return Finding(
                epoch,
                "mode collapse",
                f"the images differ {value:.2f} times as much as the true ones: they hardly depend on the "
                "input any more; lower the learning rate and start again from the first phase",
            )
    return None


def _divergence(history: History) -> Finding | None:
    best = history.before.get("psnr", -math.inf)
    for epoch, value in enumerate(history.scores.get("psnr", []), start=1):
        if not value > best - FALLEN:  # written so that NaN is a fall
            return Finding(
                epoch,
                "divergence",
                f"PSNR {value:.1f} dB after {best:.1f} dB: the images fall apart; lower the learning rate",
            )
        best = max(best, value)
    if history.stopped:
        return Finding(len(history) + 1, "divergence", history.stopped)
    return None
