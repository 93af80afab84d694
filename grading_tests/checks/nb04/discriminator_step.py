"""The discriminator's step: discriminator_step(generator, discriminator, optimizer, lr, hr)."""

from functools import partial

import torch
from torch import Tensor, nn

from brainlab.training import discriminator_step, srgan_losses
from grading_tests.checks.nb04 import steps
from grading_tests.gap import Gap, Property


def reference_discriminator_step(
    generator: nn.Module, discriminator: nn.Module, optimizer: torch.optim.Optimizer, lr: Tensor, hr: Tensor
) -> float:
    """The library's step with its forward pass, SRGAN's losses."""
    with torch.no_grad():
        sr = generator(lr, hr.shape[-2:])
    return discriminator_step(discriminator, sr, hr, optimizer, srgan_losses())["d_loss"]


GAP = Gap(
    "g04_discriminator_step",
    "discriminator_step",
    minutes=8,
    points=5,
    reference=reference_discriminator_step,
    shortcuts=[discriminator_step],
    properties=[
        Property("weights after a step", partial(steps.weights_after, "discriminator"), share=2),
        Property(
            "the generator left alone", partial(steps.the_other_is_left_alone, "discriminator"), share=2
        ),
        Property("gradients from before", partial(steps.old_gradients, "discriminator")),
        Property("the returned loss", partial(steps.returned_number, "discriminator")),
        Property("after a validation", partial(steps.after_validation, "discriminator")),
        Property("one image, other sizes", partial(steps.other_batches, "discriminator"), visible=False),
    ],
)
