# ruff: noqa: E501
"""Right and wrong answers to the gap about the soft Dice loss of a whole batch."""

from functools import partial

import torch

from brainlab.losses import soft_dice_loss
from grading_tests.bank.nb03._dice import dice_edits
from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.bank.nb03.soft_dice import both, by_tp_fp_fn, loss_over, of_decided_pixels, ratio, sums
from grading_tests.gap import Mistake

BATCH = (0, 2, 3)


def side_by_side(logits, target, eps=1e-6):
    """Lay the images side by side, as one."""
    prob, truth = (part.transpose(0, 1).flatten(1) for part in both(logits, target))  # (C, B * H * W)
    return 1 - ((2 * (prob * truth).sum(1) + eps) / ((prob + truth).sum(1) + eps)).mean()


def class_by_class(logits, target, eps=1e-6):
    prob, losses = logits.softmax(dim=1), []
    for label in range(logits.shape[1]):
        p, t = prob[:, label], target == label
        losses.append(1 - (2 * p[t].sum() + eps) / (p.sum() + t.sum() + eps))
    return torch.stack(losses).mean()


def by_counts(logits, target, eps=1e-6):
    prob, truth = both(logits, target)
    tp = (prob * truth).sum(BATCH)
    fp, fn = prob.sum(BATCH) - tp, truth.sum(BATCH) - tp
    return 1 - ((2 * tp + eps) / (2 * tp + fp + fn + eps)).mean()


def by_einsum(logits, target, eps=1e-6, per_image=False):
    prob, truth = both(logits, target)
    shared = torch.einsum("bchw,bchw->c", prob, truth)
    return 1 - ((2 * shared + eps) / (torch.einsum("bchw->c", prob + truth) + eps)).mean()


def images_added(logits, target, eps=1e-6):
    """Sum over the pixels of each image, then over the images."""
    shared, areas = (part.sum(dim=0) for part in sums(logits, target))
    return (1 - (2 * shared + eps) / (areas + eps)).mean()


def joined_image(logits, target, eps=1e-6):
    """One image out of all, then the loss of that image."""
    return by_tp_fp_fn(torch.cat(list(logits), dim=1)[None], torch.cat(list(target), dim=0)[None], eps)


def in_float64(logits, target, eps=1e-6):
    return by_counts(logits.double(), target, eps)


RIGHT = {
    "library": partial(soft_dice_loss, per_image=False),
    "side by side": side_by_side,
    "class by class": class_by_class,
    "TP, FP, FN": by_counts,
    "einsum": by_einsum,
    "images added": images_added,
    "joined image": joined_image,
    "float64": in_float64,
}


def areas_of_images(logits, target, eps=1e-6):
    return 1 - ratio(sums(logits, target, BATCH)[0], sums(logits, target)[1], eps).mean()


def without_eps(logits, target, eps=1e-6):
    return 1 - ratio(*sums(logits, target, BATCH), 0.0).mean()


def eps_below(logits, target, eps=1e-6):
    shared, areas = sums(logits, target, BATCH)
    return 1 - (2 * shared / (areas + eps)).mean()


def eps_inside(logits, target, eps=1e-6):
    shared, areas = sums(logits, target, BATCH)
    return 1 - (2 * (shared + eps) / (areas + eps)).mean()


def only_images_with_tumour(logits, target, eps=1e-6):
    there = (target > 0).flatten(1).any(dim=1)
    return by_counts(logits[there], target[there], eps)


def squared(logits, target, eps=1e-6):
    prob, truth = both(logits, target)
    return 1 - ratio((prob * truth).sum(BATCH), (prob**2 + truth**2).sum(BATCH), eps).mean()


def jaccard(logits, target, eps=1e-6):
    shared, areas = sums(logits, target, BATCH)
    return 1 - ((shared + eps) / (areas - shared + eps)).mean()


WRONG = [
    Mistake(
        "each image on its own",
        "NifTK/NiftyNet#22, qubvel-org/segmentation_models.pytorch#712: per image or per batch?",
        "each image still has its own Dice: sum over the batch too, before the ratio.",
        by_tp_fp_fn,
    ),
    Mistake(
        "classes in one ratio",
        "ProjectNeura/MIPCandy#123: all background scores 0.98 on BraTS",
        "all classes are pooled into one ratio, which the background decides: keep axis 1.",
        loss_over((0, 1, 2, 3)),
    ),
    Mistake(
        "only over the batch",
        "qubvel-org/segmentation_models.pytorch#712: dims",
        "you sum over the images only and divide pixel by pixel: sum over height and width too.",
        loss_over(0),
    ),
    Mistake(
        "areas of single images",
        "NifTK/NiftyNet#22: is the numerator summed over the whole batch, and the denominator?",
        "above stands the batch, below single images: both sums run over the same axes.",
        areas_of_images,
    ),
    Mistake(
        "first image only",
        "shreyaspadhy/UNet-Zoo#13: an index left from trying out",
        "only the first image counts.",
        lambda logits, target, eps=1e-6: by_counts(logits[:1], target[:1], eps),
    ),
    Mistake(
        "times the batch",
        "Nacriema/Loss-Functions-For-Semantic-Segmentation, BatchSoftDice: mean * batch_size",
        "the result grows with the number of images: one ratio for each class, then their mean.",
        lambda logits, target, eps=1e-6: by_counts(logits, target, eps) * len(logits),
    ),
    Mistake(
        "divided by the batch again",
        "CN-zdy/MSU_Net#16: why does the loss need to be divided by num?",
        "you divide by the number of images once more; the ratio has already pooled them.",
        lambda logits, target, eps=1e-6: by_counts(logits, target, eps) / len(logits),
    ),
    Mistake(
        "images without tumour left out",
        "Project-MONAI/MONAI, DiceMetric: ignore_empty, which is for a metric",
        "images without tumour are skipped: then nothing punishes what is predicted there.",
        only_images_with_tumour,
    ),
    Mistake(
        "sum over the classes",
        "faustomilletari/VNet#13: Dice greater than 1",
        "you add up the classes instead of taking the mean.",
        lambda logits, target, eps=1e-6: by_counts(logits, target, eps) * logits.shape[1],
    ),
    Mistake(
        "no 1 -",
        "jakeret/tf_unet#20, akirasosa/mobile-semantic-segmentation#24",
        "that is Dice itself: the loss is one minus it.",
        lambda logits, target, eps=1e-6: 1 - by_counts(logits, target, eps),
    ),
    Mistake(
        "no eps",
        "nasa/delta#115: epsilon against NaN",
        "0 / 0 is NaN for a class that is nowhere in the batch: eps above and below.",
        without_eps,
    ),
    Mistake(
        "eps only below",
        "NifTK/NiftyNet#249, aim-uofa/AdelaiDet#610",
        "eps is missing above: a class that is nowhere scores 0 though nothing is wrong.",
        eps_below,
    ),
    Mistake(
        "eps inside the factor 2",
        "milesial/Pytorch-UNet#24: an empty class scores 2",
        "eps is doubled above, so that a class that is nowhere scores 2.",
        eps_inside,
    ),
    Mistake(
        "squares below",
        "HuCaoFighting/Swin-Unet#106, faustomilletari/VNet#18",
        "you square below, as V-Net does; here the areas are added as they are.",
        squared,
    ),
    Mistake(
        "Jaccard",
        "jocicmarko/ultrasound-nerve-segmentation#85: union or sum?",
        "that is Jaccard (the union below); Dice has the sum of both areas below.",
        jaccard,
    ),
    Mistake(
        "background left out",
        "ProjectNeura/MIPCandy#125: do_bg",
        "the background is left out; here the mean runs over all classes.",
        lambda logits, target, eps=1e-6: 1 - ratio(*sums(logits, target, BATCH), eps)[1:].mean(),
    ),
    Mistake(
        "argmax inside",
        "tensorlayer/TensorLayer#891, pytorch/pytorch#1339",
        "argmax has no gradient: use the probabilities as they are.",
        lambda logits, target, eps=1e-6: of_decided_pixels(
            torch.cat(list(logits), dim=1)[None], torch.cat(list(target), dim=0)[None], eps
        ),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target, eps=1e-6: by_counts(logits, target, eps).detach(),
    ),
]

# Wrong answers as edits of this right one.
CELL, COMMON = dice_edits("batch_dice_loss", "(0, 2, 3)")

WRONG += slips(edited(CELL), "first image only")
WRONG += COMMON
WRONG += edits_of(
    CELL,
    (
        "image flat",
        "all classes are pooled in one ratio, which the background decides (dim 1 must stay).",
        (
            "    shared = (prob * truth).sum(dim=(0, 2, 3))\n    areas = prob.sum(dim=(0, 2, 3)) + truth.sum(dim=(0, 2, 3))",
            "    shared = (prob * truth).sum(dim=(1, 2, 3))\n    areas = prob.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3))",
        ),
    ),
    (
        "no two",
        "the factor 2 is missing.",
        ("    dice = (2 * shared + eps) / (areas + eps)", "    dice = (shared + eps) / (areas + eps)"),
    ),
    (
        "negative",
        "minus Dice, where 1 - Dice is asked for.",
        ("    return 1 - dice.mean()", "    return -dice.mean()"),
    ),
    (
        "present only",
        "absent classes are left out of the mean.",
        ("    return 1 - dice.mean()", "    return 1 - dice[truth.sum(dim=(0, 2, 3)) > 0].mean()"),
    ),
    (
        "round",
        "rounded probabilities have no gradient.",
        (
            "    prob, truth = probabilities(logits, target)",
            "    prob, truth = probabilities(logits, target); prob = prob.round()",
        ),
    ),
    (
        "logits",
        "the logits in place of the probabilities.",
        (
            "    prob, truth = probabilities(logits, target)",
            "    prob, truth = probabilities(logits, target); prob = logits",
        ),
    ),
    (
        "mean0",
        "a mean is missing: more than one number is returned.",
        ("    return 1 - dice.mean()", "    return (1 - dice[-1])"),
    ),
    (
        "sum scores",
        "eps grows with the number of images: it is added once.",
        (
            "    dice = (2 * shared + eps) / (areas + eps)",
            "    dice = (2 * shared + eps * len(prob)) / (areas + eps * len(prob))",
        ),
    ),
    (
        "forgot areas",
        "step 2: the areas are means over the images, the overlap is a sum.",
        (
            "    areas = prob.sum(dim=(0, 2, 3)) + truth.sum(dim=(0, 2, 3))",
            "    areas = (prob.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))).mean(0)",
        ),
    ),
)
