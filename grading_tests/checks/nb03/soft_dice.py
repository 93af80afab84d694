"""Soft Dice per image and class: soft_dice_loss(logits, target, eps)."""

from brainlab.losses import soft_dice_loss
from grading_tests.checks.nb03 import overlap
from grading_tests.gap import Gap

GAP = Gap(
    "g03_soft_dice",
    "soft_dice_loss",
    minutes=7,
    points=5,
    reference=soft_dice_loss,
    properties=overlap.properties(overlap.soft_dice),
)
