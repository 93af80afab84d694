"""Soft Dice over the whole batch: batch_dice_loss(logits, target, eps)."""

from functools import partial

from brainlab.losses import soft_dice_loss
from grading_tests.checks.nb03 import overlap
from grading_tests.gap import Gap, Property

GAP = Gap(
    "g03_batch_dice",
    "batch_dice_loss",
    minutes=6,
    points=4,
    reference=partial(soft_dice_loss, per_image=False),
    properties=[
        Property("large and small areas", partial(overlap.values, overlap.batch_dice), share=2),
        Property("an image without tumour", partial(overlap.in_one_image, overlap.batch_dice)),
        Property("an absent class", partial(overlap.nowhere, overlap.batch_dice)),
        Property("one image, odd size", partial(overlap.single_image, overlap.batch_dice), visible=False),
        Property("another eps", partial(overlap.other_eps, overlap.batch_dice), visible=False),
        Property(
            "the gradient, inputs unchanged",
            partial(overlap.gradient, overlap.batch_dice),
            visible=False,
        ),
    ],
)
