# ruff: noqa: E501
"""Right and wrong answers to the gap about the soft Dice loss of each image."""

import torch
import torch.nn.functional as F

from brainlab.losses import soft_dice_loss
from grading_tests.bank.nb03._dice import dice_edits
from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.gap import Mistake


def both(logits, target):
    """Return probabilities and one-hot truth, (B, C, H, W) each."""
    return logits.softmax(dim=1), F.one_hot(target, logits.shape[1]).movedim(-1, 1).to(logits)


def sums(logits, target, axes=(2, 3)):
    """Return what prediction and truth share, and the areas of both added up."""
    prob, truth = both(logits, target)
    return (prob * truth).sum(axes), (prob + truth).sum(axes)


def by_tp_fp_fn(logits, target, eps=1e-6):
    prob, truth = both(logits, target)
    tp = (prob * truth).sum((2, 3))
    fp, fn = (prob * (1 - truth)).sum((2, 3)), ((1 - prob) * truth).sum((2, 3))
    return 1 - ((2 * tp + eps) / (2 * tp + fp + fn + eps)).mean()


def in_loops(logits, target, eps=1e-6):
    losses = []
    for prob, labels in zip(logits.softmax(dim=1), target, strict=True):
        for label in range(len(prob)):
            truth = labels == label
            ratio = (2 * prob[label][truth].sum() + eps) / (prob[label].sum() + truth.sum() + eps)
            losses.append(1 - ratio)
    return sum(losses) / len(losses)


def by_einsum(logits, target, eps=1e-6):
    prob, truth = both(logits, target)
    shared = torch.einsum("bchw,bchw->bc", prob, truth)
    return 1 - ((2 * shared + eps) / (torch.einsum("bchw->bc", prob + truth) + eps)).mean()


def flattened_pixels(logits, target, eps=1e-6, weight=None):
    prob, truth = (part.flatten(2) for part in both(logits, target))  # (B, C, H * W)
    dice = (2 * (prob * truth).sum(-1) + eps) / (prob.sum(-1) + truth.sum(-1) + eps)
    return (1 - dice).mean(dim=1).mean()


def by_difference(logits, target, eps=1e-6):
    """1 - Dice is the absolute difference over the areas, because the truth is 0 or 1."""
    prob, truth = both(logits, target)
    return ((prob - truth).abs().sum((2, 3)) / ((prob + truth).sum((2, 3)) + eps)).mean()


def rows_first(logits, target, eps=1e-6):
    prob, truth = both(logits.double(), target)
    shared, areas = (prob * truth).sum(2).sum(2), prob.sum(3).sum(2) + truth.sum(3).sum(2)
    return 1 - ((shared + eps / 2) / (areas / 2 + eps / 2)).mean()


RIGHT = {
    "library": soft_dice_loss,
    "TP, FP, FN": by_tp_fp_fn,
    "loops": in_loops,
    "einsum": by_einsum,
    "flattened pixels, mean of means": flattened_pixels,
    "absolute difference": by_difference,
    "float64, rows first": rows_first,
}


def ratio(shared, areas, eps):
    return (2 * shared + eps) / (areas + eps)


def loss_over(axes):
    return lambda logits, target, eps=1e-6: 1 - ratio(*sums(logits, target, axes), eps).mean()


def eps_inside(logits, target, eps=1e-6):
    shared, areas = sums(logits, target)
    return 1 - (2 * (shared + eps) / (areas + eps)).mean()


def eps_below(logits, target, eps=1e-6):
    shared, areas = sums(logits, target)
    return 1 - (2 * shared / (areas + eps)).mean()


def without_eps(logits, target, eps=1e-6):
    shared, areas = sums(logits, target)
    return 1 - (2 * shared / areas).mean()


def without_two(logits, target, eps=1e-6):
    shared, areas = sums(logits, target)
    return 1 - ((shared + eps) / (areas + eps)).mean()


def jaccard(logits, target, eps=1e-6):
    shared, areas = sums(logits, target)
    return 1 - ((shared + eps) / (areas - shared + eps)).mean()


def squared(logits, target, eps=1e-6):
    prob, truth = both(logits, target)
    return 1 - ratio((prob * truth).sum((2, 3)), (prob**2 + truth**2).sum((2, 3)), eps).mean()


def of_classes(which):
    return lambda logits, target, eps=1e-6: 1 - ratio(*sums(logits, target), eps)[:, which].mean()


def of_decided_pixels(logits, target, eps=1e-6):
    decided = F.one_hot(logits.argmax(dim=1), logits.shape[1]).movedim(-1, 1).to(logits)
    truth = both(logits, target)[1]
    return 1 - ratio((decided * truth).sum((2, 3)), (decided + truth).sum((2, 3)), eps).mean()


def rounded(logits, target, eps=1e-6):
    prob, truth = both(logits, target)
    prob = prob.round()
    return 1 - ratio((prob * truth).sum((2, 3)), (prob + truth).sum((2, 3)), eps).mean()


def of_logits(logits, target, eps=1e-6):
    truth = both(logits, target)[1]
    return 1 - ratio((logits * truth).sum((2, 3)), (logits + truth).sum((2, 3)), eps).mean()


def pixel_ratios(logits, target, eps=1e-6):
    prob, truth = both(logits, target)
    return 1 - ratio(prob * truth, prob + truth, eps).mean()


def only_present_classes(logits, target, eps=1e-6):
    there = both(logits, target)[1].sum((2, 3)) > 0
    return 1 - ratio(*sums(logits, target), eps)[there].mean()


WRONG = [
    Mistake(
        "eps inside the factor 2",
        "milesial/Pytorch-UNet#24: an empty class scores 2",
        "eps is doubled above, so that a class that is nowhere scores 2: add it after the factor, as below.",
        eps_inside,
    ),
    Mistake(
        "eps only below",
        "NifTK/NiftyNet#249, aim-uofa/AdelaiDet#610",
        "eps is missing above: a class that is nowhere scores 0 though nothing is wrong.",
        eps_below,
    ),
    Mistake(
        "no eps",
        "nasa/delta#115: epsilon against NaN",
        "0 / 0 is NaN for a class that is neither there nor predicted: eps above and below.",
        without_eps,
    ),
    Mistake(
        "eps always 1",
        "qubvel-org/segmentation_models.pytorch#497",
        "eps is fixed at 1, which is much for a small tumour; use the argument.",
        lambda logits, target, eps=1e-6: by_tp_fp_fn(logits, target, 1.0),
    ),
    Mistake(
        "classes in one ratio",
        "ProjectNeura/MIPCandy#123: all background scores 0.98 on BraTS",
        "all classes are pooled in one ratio, which the background decides: sum over height and width only.",
        loss_over((1, 2, 3)),
    ),
    Mistake(
        "batch in one ratio",
        "qubvel-org/segmentation_models.pytorch#712, NifTK/NiftyNet#22",
        "the images of the batch are pooled; here each image has its own Dice.",
        loss_over((0, 2, 3)),
    ),
    Mistake(
        "no 1 -",
        "jakeret/tf_unet#20, akirasosa/mobile-semantic-segmentation#24",
        "that is Dice itself: training would make it small. The loss is one minus it.",
        lambda logits, target, eps=1e-6: 1 - by_tp_fp_fn(logits, target, eps),
    ),
    Mistake(
        "minus Dice",
        "jocicmarko/ultrasound-nerve-segmentation#31",
        "minus Dice has the right slope, but the loss the task asks for 1 - Dice, 0 at best.",
        lambda logits, target, eps=1e-6: by_tp_fp_fn(logits, target, eps) - 1,
    ),
    Mistake(
        "factor 2 missing",
        "Sørensen 1948, Dice 1945: 2 |A and B| / (|A| + |B|)",
        "the factor 2 is missing: even a perfect prediction would score one half.",
        without_two,
    ),
    Mistake(
        "Jaccard",
        "jocicmarko/ultrasound-nerve-segmentation#85: union or sum?",
        "that is Jaccard (the union below); Dice has the sum of both areas below.",
        jaccard,
    ),
    Mistake(
        "squares below",
        "HuCaoFighting/Swin-Unet#106, faustomilletari/VNet#18",
        "you square below, as V-Net does; here the areas are added as they are.",
        squared,
    ),
    Mistake(
        "background left out",
        "ProjectNeura/MIPCandy#125: do_bg",
        "the background is left out; here the mean runs over all classes.",
        of_classes(slice(1, None)),
    ),
    Mistake(
        "one class only",
        "shreyaspadhy/UNet-Zoo#13: output[:, 1] in a loss for many classes",
        "only class 1 counts; the mean runs over all classes.",
        of_classes(1),
    ),
    Mistake(
        "first two classes only",
        "ivadomed/ivadomed#160: does [0, 1] mean the background or the first two classes?",
        "only the first two classes count; the mean runs over all classes.",
        of_classes(slice(0, 2)),
    ),
    Mistake(
        "argmax inside",
        "tensorlayer/TensorLayer#891, pytorch/pytorch#1339",
        "argmax has no gradient: use the probabilities as they are, that is what makes Dice soft.",
        of_decided_pixels,
    ),
    Mistake(
        "rounded",
        "qubvel-org/segmentation_models.pytorch#611: a threshold in the loss",
        "a threshold or round() has no gradient: use the probabilities as they are.",
        rounded,
    ),
    Mistake(
        "logits, not probabilities",
        "jakeret/tf_unet#16: probabilities, not logits",
        "you use the logits: the line above has made prob for you.",
        of_logits,
    ),
    Mistake(
        "a ratio for every pixel",
        "Milletari et al. 2016 (arXiv:1606.04797): the sums come before the ratio",
        "you divide pixel by pixel: first the sums over the image, then one ratio for each class.",
        pixel_ratios,
    ),
    Mistake(
        "sum over the classes",
        "faustomilletari/VNet#13: Dice greater than 1",
        "you add up instead of taking the mean: the loss must stay between 0 and 1.",
        lambda logits, target, eps=1e-6: by_tp_fp_fn(logits, target, eps) * logits.shape[1],
    ),
    Mistake(
        "absent classes left out",
        "Project-MONAI/MONAI, DiceMetric: ignore_empty, which is for a metric",
        "classes that an image does not hold are skipped: then nothing punishes predicting them.",
        only_present_classes,
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target, eps=1e-6: by_tp_fp_fn(logits, target, eps).detach(),
    ),
]

# Wrong answers as edits of this right one.
CELL, COMMON = dice_edits("soft_dice_loss", "(2, 3)")

WRONG += slips(edited(CELL))
WRONG += COMMON
WRONG += edits_of(
    CELL,
    (
        "all dims",
        "everything is in one ratio: one ratio for each class, then the mean.",
        (
            "    shared = (prob * truth).sum(dim=(2, 3))\n    areas = prob.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))",
            "    shared = (prob * truth).sum(dim=(0, 1, 2, 3))\n    areas = prob.sum(dim=(0, 1, 2, 3)) + truth.sum(dim=(0, 1, 2, 3))",
        ),
    ),
    (
        "sum",
        "a sum over the ratios in place of their mean.",
        ("    return 1 - dice.mean()", "    return (1 - dice).sum()"),
    ),
    (
        "mean last",
        "a mean is missing: more than one number is returned.",
        ("    return 1 - dice.mean()", "    return (1 - dice.mean(-1))"),
    ),
    (
        "mean0",
        "a mean is missing: more than one number is returned.",
        ("    return 1 - dice.mean()", "    return (1 - dice).mean(0)"),
    ),
)

WRONG += edits_of(
    CELL,
    (
        "images that hold the class",
        "each class is averaged over the images that hold it; all images count.",
        (
            "    return 1 - dice.mean()",
            "    held = truth.sum(dim=(2, 3)) > 0; return 1 - ((dice * held).sum(0) / held.sum(0).clamp_min(1)).mean()",
        ),
    ),
)
