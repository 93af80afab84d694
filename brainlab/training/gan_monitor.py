"""Image scores of a generator, and what goes wrong in the training of a GAN, from its history and a probe.

Three failures show in the curves: the discriminator separates the two kinds almost perfectly and is a poor
guide for the generator, the generator makes one image whatever its input, or the images fall apart
(I. Goodfellow, 2016, "NIPS 2016 Tutorial: Generative Adversarial Networks", arXiv:1701.00160). A fourth does
not: a discriminator whose outputs stay at 0.5 has met its match, or learns nothing. A probe tells which: a
fresh discriminator, trained on frozen images of both kinds (`probe_auc`). The limits below are ours.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from brainlab.inference.predict import evaluating, forward
from brainlab.losses.perceptual import discriminator_loss
from brainlab.metrics.images import high_frequency_ratio, perceptual_distance, psnr, ssim
from brainlab.training.devices import ProcessGroup
from brainlab.training.history import Batches, History

Batch = tuple[Tensor, Tensor]
WON = 0.9  # D(real) - D(fake) above which the discriminator wins
LOST = 0.5  # diversity relative to the true images below which outputs have collapsed
ALIKE = 2.0  # factor of the mean grey value beyond which such outputs are no images of the kind: divergence
FALLEN = 6.0  # dB of PSNR below the best so far: twice the error; a healthy GAN loses 1 to 3
IN_A_ROW = 2  # epochs that a win must last: a single one may be chance
IDLE = 0.05  # D(real) - D(fake) below which, over half of the training, the discriminator guesses
SEPARABLE = 0.8  # area under the ROC curve of the probe from which the images are told apart


class Finding(NamedTuple):
    """One failure: the epoch in which it first shows (counted from 1), its name, and a sentence."""

    epoch: int
    name: str
    message: str


def image_scores(
    generator: nn.Module,
    batches: Batches,
    features: Callable[[Tensor], Tensor] | None = None,
    group: ProcessGroup | None = None,
) -> dict[str, float]:
    """Return the means over all images of a validation set, and how much the outputs differ.

    Parameters
    ----------
    generator : nn.Module
        (B, 1, h, w) and a size to (B, 1, H, W).
    batches : iterable of (Tensor, Tensor)
        Small and large images on the generator's device.
    features : callable, optional
        Images (B, 1, H, W) to features, for the perceptual distance.
    group : ProcessGroup, optional
        Gather the images of several processes.

    Returns
    -------
    dict
        "psnr" in dB, "ssim", "high-frequency ratio", "diversity", "brightness" (mean grey value over that of
        the true images) and, with features, "distance" (`perceptual_distance`).
    """
    with evaluating(generator):
        pairs = [(generator(lr, hr.shape[-2:]), hr) for lr, hr in batches]
        if group is not None and group.size > 1:
            shares = group.gather([(sr.cpu(), hr.cpu()) for sr, hr in pairs])
            pairs = [(sr.to(group.device), hr.to(group.device)) for share in shares for sr, hr in share]
        sr, hr = (torch.cat(images) for images in zip(*pairs, strict=True))  # (N, 1, H, W)
        values = {
            "psnr": psnr(sr, hr),
            "ssim": ssim(sr, hr),
            "high-frequency ratio": high_frequency_ratio(sr, hr),
        }
        if features is not None:  # batch by batch: features take much memory
            values["distance"] = torch.cat([perceptual_distance(features, *pair) for pair in pairs])
    scores = {name: value.mean().item() for name, value in values.items()}
    brightness = (sr.clamp(0, 1).mean() / hr.mean()).item()
    return scores | {"diversity": diversity(sr, hr), "brightness": brightness}


@torch.no_grad()
def diversity(sr: Tensor, hr: Tensor) -> float:
    """Return how much generated images differ from each other, over how much the true ones do.

    The standard deviation over the images, averaged over the pixels. 1 is as diverse as the truth; a
    generator that has collapsed to one image, whatever its input, has 0; noise gives more than 1. Outputs of
    two kinds that differ as much as the truth have 1 as well: where modes can be counted, count them.

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


def roc_auc(made: Tensor, true: Tensor) -> float:
    """Return the area under the ROC curve of logits: how often a true image has the higher one.

    1 separates all pairs (true, made), 0.5 is a guess; ties count half. Source: Hanley and McNeil 1982
    (doi:10.1148/radiology.143.1.7063747).
    """
    above = true.flatten()[:, None] - made.flatten()  # (M, N)
    return (0.5 * (above.sign() + 1)).mean().item()


def probe_auc(discriminator: nn.Module, seen: Batch, held_out: Batch, steps: int = 128) -> float:
    """Train a fresh discriminator on frozen images; return how well it separates others, as `roc_auc`.

    The generator does not answer, so this measures whether the images *can* be told apart: also a distance
    between the distributions of made and true images.

    Parameters
    ----------
    discriminator : nn.Module
        Untrained, (B, 1, H, W) to logits (B, 1); it is trained in place.
    seen, held_out : (Tensor (N, 1, H, W), Tensor (N, 1, H, W))
        Made and true images, to train it and to test it: of different patients.
    steps : int
        Of Adam at 1e-3, on 16 images of each kind.
    """
    made, true = seen
    device, draw = next(discriminator.parameters()).device, torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-3)
    discriminator.train()
    for _ in range(steps):
        rows = torch.randint(len(made), (16,), generator=draw)
        # One batch of both kinds: apart, batch normalisation would remove differences in mean and spread.
        real, fake = discriminator(torch.cat([true[rows], made[rows]]).to(device)).chunk(2)
        optimizer.zero_grad()
        discriminator_loss(real, fake).backward()
        optimizer.step()
    return roc_auc(*(forward(discriminator, images) for images in held_out))


def diagnose(history: History, probe: Callable[[], float] | None = None) -> list[Finding]:
    """Return the failures, each kind once, in the order in which they first show; empty if there is none.

    Names are "discriminator wins", "discriminator learns nothing", "mode collapse" and "divergence".

    Parameters
    ----------
    history : History
        Of `train_gan`; that of `train_psnr` can only collapse or diverge.
    probe : callable, optional
        Returns `probe_auc` of the trained generator. It is called only if the discriminator's outputs stay
        equal; without it, "discriminator learns nothing" cannot be known and is not reported.
    """
    collapse, fall = _collapse(history), _divergence(history)
    if collapse and fall and collapse.epoch == fall.epoch:
        fall = None  # one plausible image for every input: the PSNR falls too
    return sorted(finding for finding in (_winner(history), _idle(history, probe), collapse, fall) if finding)


def _winner(history: History) -> Finding | None:
    lasted = 0
    judged = zip(history.steps.get("d_real", []), history.steps.get("d_fake", []), strict=True)
    for epoch, (real, fake) in enumerate(judged, start=1):
        lasted = lasted + 1 if real - fake > WON else 0
        if lasted == IN_A_ROW:
            return Finding(
                epoch,
                "discriminator wins",
                f"D(real) {real:.2f} and D(fake) {fake:.2f} for {IN_A_ROW} epochs: its gradient is a poor "
                "guide for the generator; lower d_lr, or train the generator longer in the first phase",
            )
    return None


def _idle(history: History, probe: Callable[[], float] | None) -> Finding | None:
    judged = zip(history.steps.get("d_real", []), history.steps.get("d_fake", []), strict=True)
    gaps = [real - fake for real, fake in judged]
    late = gaps[len(gaps) // 2 :]
    if probe is None or not late or sum(late) / len(late) >= IDLE or (auc := probe()) < SEPARABLE:
        return None  # in the last case not even a fresh discriminator separates them: a true balance
    return Finding(
        len(gaps) - len(late) + 1,
        "discriminator learns nothing",
        f"D(real) - D(fake) is {sum(late) / len(late):.2f}, but a fresh discriminator separates the images "
        f"(AUC {auc:.2f}); lower the weight of the adversarial loss or the generator's lr, or raise d_lr",
    )


def _collapse(history: History) -> Finding | None:
    values = history.scores.get("diversity", [])
    brightness = history.scores.get("brightness", [1.0] * len(values))
    for epoch, (value, light) in enumerate(zip(values, brightness, strict=True), start=1):
        if value < LOST and 1 / ALIKE < light < ALIKE:
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
