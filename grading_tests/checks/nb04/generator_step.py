"""The generator's step: generator_step(generator, discriminator, optimizer, lr, hr, weight)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brainlab.training import generator_step, srgan_losses
from grading_tests.checks.nb04 import steps
from grading_tests.checks.nb04.two_networks import Loss, Step, evaluating, real_term
from grading_tests.gap import Gap, Property


def reference_generator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    lr: Tensor,
    hr: Tensor,
    weight: float = 1e-3,
) -> float:
    """The library's step with its forward pass, SRGAN's losses on pixels."""
    sr = generator.train()(lr, hr.shape[-2:])
    return generator_step(discriminator, sr, hr, optimizer, srgan_losses(adversarial_weight=weight))["g_loss"]


def pixel_term(g: nn.Module, d: nn.Module, lr: Tensor, hr: Tensor, weight: float) -> Tensor:
    return (g(lr) - hr).square().mean()


def adversarial_term(g: nn.Module, d: nn.Module, lr: Tensor, hr: Tensor, weight: float) -> Tensor:
    return weight * F.softplus(-d(g(lr))).mean()


def with_image(pixels: Callable[[Tensor], Tensor], judged: Callable[[Tensor], Tensor]) -> Loss:
    """Return the generator's loss with the generated image changed for each of the two terms."""

    def of(g: nn.Module, d: nn.Module, lr: Tensor, hr: Tensor, weight: float) -> Tensor:
        sr = g(lr)
        return (pixels(sr) - hr).square().mean() + weight * F.softplus(-d(judged(sr))).mean()

    return of


def as_it_is(sr: Tensor) -> Tensor:
    return sr


def clipped(sr: Tensor) -> Tensor:
    return sr.clamp(0, 1)


def loss(*given: Any) -> Tensor:
    return pixel_term(*given) + adversarial_term(*given)


STEP = Step(
    "generator",
    loss,
    evaluating(0, loss),
    rivals={
        "the pixel error does not move the weights: it is cut off from the generator (detach, no_grad), "
        "reset before the step, or missing.": adversarial_term,
        "the adversarial term does not move the weights: it is cut off from the generator (detach, no_grad), "
        "reset before the step, or missing.": pixel_term,
        "the weight multiplies both terms; it belongs to the adversarial one.": (
            lambda *given: given[-1] * pixel_term(*given) + adversarial_term(*given)
        ),
        "the adversarial term is summed over the images; the task asks for the mean.": (
            lambda *given: pixel_term(*given) + len(given[2]) * adversarial_term(*given)
        ),
        "the adversarial term is minus the mean logit, as in a Wasserstein GAN; the task asks for the "
        "cross-entropy.": lambda g, d, lr, hr, weight: pixel_term(g, d, lr, hr, 0) - weight * d(g(lr)).mean(),
        "the images are clipped before the loss: where they are clipped, nothing is learnt.": with_image(
            clipped, clipped
        ),
        "the discriminator sees clipped images: where they are clipped, nothing is learnt.": with_image(
            as_it_is, clipped
        ),
        "the generator makes the images in evaluation mode: training mode comes before.": evaluating(0, loss),
        "the adversarial term is subtracted; it is added.": (
            lambda *given: pixel_term(*given) - adversarial_term(*given)
        ),
        "the weight is squared, or its root is taken; it counts as it is.": (
            lambda *given: pixel_term(*given) + given[-1] * adversarial_term(*given),
            lambda *given: pixel_term(*given) + adversarial_term(*given) / given[-1] ** 0.5,
        ),
        "the squared error is summed over the pixels of an image; the mean is asked for.": (
            lambda *given: given[3][0].numel() * pixel_term(*given) + adversarial_term(*given)
        ),
        "that is the Huber or smooth L1 error; the mean squared error is asked for.": (
            lambda g, d, lr, hr, weight: F.smooth_l1_loss(g(lr), hr) + adversarial_term(g, d, lr, hr, weight)
        ),
        "the images are shifted or scaled first: the networks get them as they are.": (
            lambda g, d, lr, hr, weight: loss(g, d, 2 * lr - 1, hr, weight),
            lambda g, d, lr, hr, weight: loss(g, d, 2 * lr - 1, 2 * hr - 1, weight),
        ),
        "the pixel error is halved; it counts fully.": (
            lambda *given: pixel_term(*given) / 2 + adversarial_term(*given)
        ),
    },
    numbers={
        "only the pixel error is returned; the loss has two terms.": pixel_term,
        "only the adversarial term is returned; the loss has two terms.": adversarial_term,
        "the returned number contains the adversarial term without its weight.": (
            lambda *given: pixel_term(*given[:-1], 1) + adversarial_term(*given[:-1], 1)
        ),
        "the sign of the returned number is the wrong way round.": lambda *given: -loss(*given),
        "only the adversarial term is returned, and without its weight.": (
            lambda *given: adversarial_term(*given[:-1], 1)
        ),
        "the weight counts twice in the returned number.": (
            lambda *given: pixel_term(*given) + given[-1] * adversarial_term(*given)
        ),
        "the weight is on both terms of the returned number.": (
            lambda *given: given[-1] * pixel_term(*given) + adversarial_term(*given)
        ),
        "the loss also counts the real images, with target 1: they do not depend on the generator.": (
            lambda *given: loss(*given) + given[-1] * real_term(*given)
        ),
        "the loss also counts the real images, with target 0: they do not depend on the generator.": (
            lambda g, d, lr, hr, weight: loss(g, d, lr, hr, weight) + weight * F.softplus(d(hr)).mean()
        ),
    },
)

GAP = Gap(
    "g04_generator_step",
    "generator_step",
    minutes=8,
    points=5,
    reference=reference_generator_step,
    shortcuts=[generator_step],
    properties=[
        Property("weights after a step", partial(steps.weights_after, STEP, weight=0.4), share=2),
        Property(
            "the discriminator left alone",
            partial(steps.the_other_is_left_alone, STEP, weight=0.5),
        ),
        Property("gradients from before", partial(steps.old_gradients, STEP)),
        Property("the returned loss", partial(steps.returned_number, STEP, weight=3.0)),
        Property("after a validation", partial(steps.after_validation, STEP)),
        Property("a large weight", partial(steps.weights_after, STEP, weight=20.0)),
        Property("a discriminator that is sure and right", partial(steps.sure_and_wrong, STEP, weight=0.5)),
        Property("one image, other sizes", partial(steps.other_batches, STEP), visible=False),
    ],
)
