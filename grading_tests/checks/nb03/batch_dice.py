"""Soft Dice over the whole batch: batch_dice_loss(logits, target, eps)."""

from functools import partial

from brainlab.losses import soft_dice_loss
from grading_tests.checks.nb03 import overlap
from grading_tests.gap import Gap

GAP = Gap(
    "g03_batch_dice",
    "batch_dice_loss",
    minutes=6,
    points=4,
    reference=partial(soft_dice_loss, per_image=False),
    properties=overlap.properties(overlap.batch_dice),
)
