"""Soft Dice per image and class: soft_dice_loss(logits, target, eps)."""

from functools import partial

from brainlab.losses import soft_dice_loss
from grading_tests.checks.nb03 import overlap
from grading_tests.gap import Gap, Property

GAP = Gap(
    "g03_soft_dice",
    "soft_dice_loss",
    minutes=7,
    points=5,
    reference=soft_dice_loss,
    properties=[
        Property("large and small areas", partial(overlap.values, overlap.soft_dice), share=2),
        Property("an absent class", partial(overlap.nowhere, overlap.soft_dice)),
        Property("a class that is predicted but absent", partial(overlap.only_predicted, overlap.soft_dice)),
        Property("one image, odd size", partial(overlap.single_image, overlap.soft_dice), visible=False),
        Property("another eps", partial(overlap.other_eps, overlap.soft_dice), visible=False),
        Property(
            "the gradient, inputs unchanged", partial(overlap.gradient, overlap.soft_dice), visible=False
        ),
    ],
)
