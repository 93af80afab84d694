"""The generator's step: generator_step(generator, discriminator, optimizer, lr, hr, weight)."""

from functools import partial

import torch
from torch import Tensor, nn

from brainlab.training import generator_step, srgan_losses
from grading_tests.checks.nb04 import steps
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


GAP = Gap(
    "g04_generator_step",
    "generator_step",
    minutes=8,
    points=5,
    reference=reference_generator_step,
    shortcuts=[generator_step],
    properties=[
        Property("weights after a step", partial(steps.weights_after, "generator", weight=0.5), share=2),
        Property(
            "the discriminator left alone",
            partial(steps.the_other_is_left_alone, "generator", weight=0.5),
        ),
        Property("gradients from before", partial(steps.old_gradients, "generator")),
        Property("the returned loss", partial(steps.returned_number, "generator", weight=3.0)),
        Property("after a validation", partial(steps.after_validation, "generator")),
        Property("a large weight", partial(steps.weights_after, "generator", weight=20.0)),
        Property("one image, other sizes", partial(steps.other_batches, "generator"), visible=False),
    ],
)
