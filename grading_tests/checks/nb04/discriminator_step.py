"""The discriminator's step: discriminator_step(generator, discriminator, optimizer, lr, hr)."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.training import discriminator_step, srgan_losses
from grading_tests.checks.nb04 import steps
from grading_tests.checks.nb04.two_networks import Step, evaluating, real_term
from grading_tests.gap import Gap, Property


def reference_discriminator_step(
    generator: nn.Module, discriminator: nn.Module, optimizer: torch.optim.Optimizer, lr: Tensor, hr: Tensor
) -> float:
    """The library's step with its forward pass, SRGAN's losses."""
    with torch.no_grad():
        sr = generator(lr, hr.shape[-2:])
    return discriminator_step(discriminator, sr, hr, optimizer, srgan_losses())["d_loss"]


def made_term(g: nn.Module, d: nn.Module, lr: Tensor, hr: Tensor, weight: float) -> Tensor:
    return F.softplus(d(g(lr).detach())).mean()


def bent(logits: Tensor, target: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def loss(*given: Any) -> Tensor:
    return real_term(*given) + made_term(*given)


STEP = Step(
    "discriminator",
    loss,
    evaluating(1, loss),
    rivals={
        "the real images do not move the weights: their gradient is reset between two backward calls, "
        "cut off (detach, no_grad), or their term is missing.": made_term,
        "the generated images do not move the weights: their gradient is reset between two backward calls, "
        "cut off (logits detached, no_grad), or their term is missing.": real_term,
        "that is a difference of mean logits, the Wasserstein loss; the task asks for the cross-entropy.": (
            lambda g, d, lr, hr, weight: d(g(lr).detach()).mean() - d(hr).mean()
        ),
        "the images are made by a generator in evaluation mode: it keeps the mode that it has.": evaluating(
            0, loss
        ),
        "the discriminator sees the images in evaluation mode: training mode comes before.": evaluating(
            1, loss
        ),
        "the discriminator sees lr enlarged by interpolation; show it what the generator makes of lr.": (
            lambda g, d, lr, hr, weight: (
                real_term(g, d, lr, hr, 0)
                + F.softplus(d(F.interpolate(lr, hr.shape[-2:], mode="bicubic"))).mean()
            )
        ),
        "the images are shifted or scaled first: the discriminator gets them as they are.": (
            lambda g, d, lr, hr, weight: (
                F.softplus(-d(2 * hr - 1)).mean() + F.softplus(d(g(lr).detach())).mean()
            ),
            lambda g, d, lr, hr, weight: (
                F.softplus(-d(2 * hr - 1)).mean() + F.softplus(d(2 * g(lr).detach() - 1)).mean()
            ),
        ),
        "only the first image of the batch counts; the loss is the mean over all.": (
            lambda g, d, lr, hr, weight: (
                F.softplus(-d(hr)[0]).mean() + F.softplus(d(g(lr).detach())[0]).mean()
            )
        ),
        "the targets are smoothed, such as 0.9 and 0.1; they are 1 and 0.": tuple(
            lambda g, d, lr, hr, weight, one=one, zero=zero: bent(d(hr), one) + bent(d(g(lr).detach()), zero)
            for one, zero in ((0.9, 0.1), (0.9, 0.0), (1.0, 0.1), (0.8, 0.2), (0.8, 0.0), (0.95, 0.05))
        ),
        "the real images are clipped first: the discriminator gets them as they are.": (
            lambda g, d, lr, hr, weight: real_term(g, d, lr, hr.clamp(0, 1), 0) + made_term(g, d, lr, hr, 0)
        ),
    },
    numbers={
        "the returned number is half of the loss, the mean of its two terms; the task asks for their sum.": (
            lambda *given: loss(*given) / 2
        ),
        "only the term of the real images is returned; the loss has two.": real_term,
        "only the term of the generated images is returned; the loss has two.": made_term,
        "the sign of the returned number is the wrong way round.": lambda *given: -loss(*given),
        "the terms are subtracted in the returned number; the loss is their sum.": (
            lambda *given: real_term(*given) - made_term(*given)
        ),
    },
)

GAP = Gap(
    "g04_discriminator_step",
    "discriminator_step",
    minutes=8,
    points=5,
    reference=reference_discriminator_step,
    shortcuts=[discriminator_step],
    properties=[
        Property("weights after a step", partial(steps.weights_after, STEP), share=2),
        Property("the generator left alone", partial(steps.the_other_is_left_alone, STEP), share=2),
        Property("gradients from before", partial(steps.old_gradients, STEP)),
        Property("the returned loss", partial(steps.returned_number, STEP)),
        Property("after a validation", partial(steps.after_validation, STEP)),
        Property("a discriminator that is sure and wrong", partial(steps.sure_and_wrong, STEP)),
        Property("one image, other sizes", partial(steps.other_batches, STEP), visible=False),
    ],
)
