# ruff: noqa: E501
"""Right and wrong answers to the gap about BCE + Dice."""

import math
from functools import partial

import torch
import torch.nn.functional as F

from brainlab.losses import alpha_bce_dice_loss
from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.gap import Mistake

ALL = (1, 2, 3)


def by_softplus(logits, target, alpha=0.5):
    x, truth = logits[:, 0], target.to(logits)
    bce = torch.where(truth == 1, F.softplus(-x), F.softplus(x)).mean()
    prob = torch.sigmoid(x)
    both = torch.einsum("bhw,bhw->b", prob, truth)
    size = torch.einsum("bhw->b", prob) + torch.einsum("bhw->b", truth)
    return alpha * bce - (1 - alpha) * ((2 * both + 1e-6) / (size + 1e-6) - 1).mean()


def by_counting(logits, target, alpha=0.5):
    truth = target[:, None].bool()
    prob = logits.sigmoid()
    tp, fp = (prob * truth).sum(ALL), (prob * ~truth).sum(ALL)
    fn = ((1 - prob) * truth).sum(ALL)
    dice = (tp + 1e-6) / (tp + (fp + fn) / 2 + 1e-6)
    bce = -F.logsigmoid(torch.where(truth, logits, -logits)).mean()
    return torch.lerp(1 - dice.mean(), bce, alpha)


def pixel_by_pixel(logits, target, alpha=0.5):
    bce, dice = 0.0, 0.0
    for image, mask in zip(logits[:, 0], target, strict=True):
        shared = size = 0.0
        for x, y in zip(image.reshape(-1), mask.reshape(-1).tolist(), strict=True):
            bce = bce + x.clamp(min=0) - x * y + (-x.abs()).exp().log1p()
            shared, size = shared + x.sigmoid() * y, size + x.sigmoid() + y
        dice = dice + (2 * shared + 1e-6) / (size + 1e-6)
    return alpha * bce / target.numel() + (1 - alpha) * (1 - dice / len(target))


def as_two_classes(logits, target, alpha=0.5):
    """A sigmoid is a softmax whose other logit is 0."""
    two = torch.cat([torch.zeros_like(logits), logits], dim=1)
    prob, truth = two.softmax(dim=1)[:, 1].flatten(1), target.flatten(1)
    dice = (2 * (prob * truth).sum(1) + 1e-6) / (prob.sum(1) + truth.sum(1) + 1e-6)
    return alpha * F.cross_entropy(two, target) + (1 - alpha) * (1 - dice).mean()


def image_by_image(logits, target, alpha=0.5):
    """Both parts of every image, stacked; BCE as the log-odds less what is known of them."""
    losses = []
    for x, truth in zip(logits.squeeze(1), target.to(logits), strict=True):
        prob = 1 / (1 + torch.exp(-x))
        dice = (torch.vdot(prob.flatten(), truth.flatten()) + 5e-7) / ((prob.sum() + truth.sum()) / 2 + 5e-7)
        bce = torch.logaddexp(x, torch.zeros_like(x)) - truth * x
        losses.append(alpha * bce.mean() + (1 - alpha) * (1 - dice))
    return torch.stack(losses).mean()


RIGHT = {
    "library": partial(alpha_bce_dice_loss, alpha=0.5),
    "softplus and einsum": by_softplus,
    "true and false positives": by_counting,
    "pixel by pixel": pixel_by_pixel,
    "two classes, one logit 0": as_two_classes,
    "image by image": image_by_image,
    "float64": lambda logits, target, alpha=0.5: by_softplus(logits.double(), target, alpha),
}


def loss(
    logits,
    target,
    alpha=0.5,
    bce=lambda x, t: F.binary_cross_entropy_with_logits(x, t),
    prob=torch.sigmoid,
    dice=lambda p, t: (2 * (p * t).sum(ALL) + 1e-6) / ((p + t).sum(ALL) + 1e-6),
    join=lambda alpha, bce, dice: alpha * bce + (1 - alpha) * (1 - dice.mean()),
):
    """The right loss in parts, so that each mistake is one part."""
    truth = target.unsqueeze(1).to(logits)  # (B, 1, H, W)
    return join(alpha, bce(logits, truth), dice(prob(logits), truth))


def two_shapes(logits, target, alpha=0.5):
    """(B, 1, H, W) times (B, H, W) is (B, B, H, W), without an error."""
    return loss(logits, target, alpha, dice=lambda p, _: by_areas(p, target))


def by_areas(prob, truth):
    """Add up each of the two over its own axes but the first."""
    shared, *sizes = ((part).flatten(1).sum(1) for part in (prob * truth, prob, truth))
    return (2 * shared + 1e-6) / (sum(sizes) + 1e-6)


def integer_target(logits, target, alpha=0.5):
    return loss(logits, target, alpha, bce=lambda x, t: F.binary_cross_entropy_with_logits(x, t.long()))


WRONG = [
    Mistake(
        "sigmoid twice",
        "itakurah/focal-loss-pytorch#5, avBuffer/UNet3plus_pth#23: with_logits applies a sigmoid itself",
        "the BCE gets probabilities, but its name says with_logits: the sigmoid is applied twice.",
        partial(loss, bce=lambda x, t: F.binary_cross_entropy_with_logits(x.sigmoid(), t)),
    ),
    Mistake(
        "alpha swapped",
        "Taghanaki et al. 2019 (arXiv:1805.02798): alpha weighs the cross-entropy",
        "alpha and 1 - alpha are swapped: alpha belongs to the BCE.",
        partial(loss, join=lambda alpha, bce, dice: (1 - alpha) * bce + alpha * (1 - dice.mean())),
    ),
    Mistake(
        "not weighed",
        "qubvel-org/segmentation_models.pytorch#49: dice + bce",
        "that is BCE + (1 - Dice); alpha is not used.",
        partial(loss, join=lambda alpha, bce, dice: bce + 1 - dice.mean()),
    ),
    Mistake(
        "softmax over one channel",
        "BVLC/caffe#5240, LiheYoung/UniMatch#80",
        "a softmax over a single channel is 1 everywhere; one channel wants a sigmoid.",
        partial(loss, prob=lambda x: x.softmax(dim=1)),
    ),
    Mistake(
        "Dice of the logits",
        "milesial/Pytorch-UNet#271, ScrollPrize/villa#1488: Dice above 1",
        "the Dice is taken of the logits; it needs probabilities.",
        partial(loss, prob=lambda x: x),
    ),
    Mistake(
        "Dice of a thresholded mask",
        "tensorlayer/TensorLayer#891: no gradient through a decision",
        "the prediction is cut at 0.5 before the Dice: a step has no slope to learn from.",
        partial(loss, prob=lambda x: (x > 0).to(x)),
    ),
    Mistake(
        "whole numbers as target",
        "pytorch/pytorch#2220, pytorch/pytorch#3608",
        "the BCE wants the target as floats: .to(logits) or .float().",
        integer_target,
    ),
    Mistake(
        "two shapes",
        "pytorch/pytorch#1939: (64, 1) against (64,)",
        "(B, 1, H, W) times (B, H, W) becomes (B, B, H, W): every image meets every mask. Add the axis.",
        two_shapes,
    ),
    Mistake(
        "sum of the pixels",
        "soumith/cudnn.torch#73: normalise by batch, height and width",
        "the BCE is the sum of the pixels; take the mean, or it drowns the Dice.",
        partial(loss, bce=lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="sum")),
    ),
    Mistake(
        "Dice, not 1 - Dice",
        "akirasosa/mobile-semantic-segmentation#24",
        "Dice is 1 where all is right; a loss must be 0 there: 1 - Dice.",
        partial(loss, join=lambda alpha, bce, dice: alpha * bce + (1 - alpha) * dice.mean()),
    ),
    Mistake(
        "minus Dice",
        "MrGiovanni/UNetPlusPlus#49, MIC-DKFZ/nnUNet#2266: the loss becomes negative",
        "you subtract the Dice; 1 - Dice has the same gradient, but ends at 0.",
        partial(loss, join=lambda alpha, bce, dice: alpha * bce - (1 - alpha) * dice.mean()),
    ),
    Mistake(
        "1 outside the weight",
        "MrGiovanni/UNetPlusPlus#49: 1.0 + 0.5 * bce - dice",
        "1 - Dice belongs in brackets: both, the 1 too, get the weight 1 - alpha.",
        partial(loss, join=lambda alpha, bce, dice: 1 + alpha * bce - (1 - alpha) * dice.mean()),
    ),
    Mistake(
        "log of the sigmoid",
        "pytorch/pytorch#1792: the BCE that takes logits",
        "for large logits the sigmoid is exactly 0, its log -inf: take the BCE of the logits in one step.",
        partial(
            loss,
            bce=lambda x, t: -(t * x.sigmoid().log() + (1 - t) * (1 - x.sigmoid()).log()).mean(),
        ),
    ),
    Mistake(
        "BCE of the probabilities",
        "pytorch/pytorch#24933: BCELoss stops at 100",
        "from probabilities the BCE stops at 100, where the sigmoid is 0 or 1: begin with the logits.",
        partial(loss, bce=lambda x, t: F.binary_cross_entropy(x.sigmoid(), t)),
    ),
    Mistake(
        "BCE of the tumour only",
        "Bishop 2006, equation 4.90: both terms of the cross-entropy",
        "only the tumour's pixels count in your BCE; the term (1 - y) log(1 - p) is missing.",
        partial(loss, bce=lambda x, t: (t * F.softplus(-x)).mean()),
    ),
    Mistake(
        "one ratio for the batch",
        "MIC-DKFZ/nnUNet: batch_dice; here Dice is that of each image",
        "all images are in one ratio, where the large tumours rule: Dice of each image, then the mean.",
        partial(loss, dice=lambda p, t: (2 * (p * t).sum() + 1e-6) / ((p + t).sum() + 1e-6)),
    ),
    Mistake(
        "factor 2 missing",
        "Dice 1945: twice what is shared over the sum of both sizes",
        "the factor 2 is missing above: a perfect prediction would score 0.5.",
        partial(loss, dice=lambda p, t: ((p * t).sum(ALL) + 1e-6) / ((p + t).sum(ALL) + 1e-6)),
    ),
    Mistake(
        "squared sizes",
        "Milletari et al. 2016 (arXiv:1606.04797): the squares of V-Net",
        "below stand the squares of V-Net; here it is the plain sum of both.",
        partial(loss, dice=lambda p, t: (2 * (p * t).sum(ALL) + 1e-6) / ((p**2 + t**2).sum(ALL) + 1e-6)),
    ),
    Mistake(
        "eps inside the factor 2",
        "milesial/Pytorch-UNet#24: an empty image scores 2",
        "eps is doubled above: where nothing is, Dice becomes 2 eps / eps = 2.",
        partial(loss, dice=lambda p, t: 2 * ((p * t).sum(ALL) + 1e-6) / ((p + t).sum(ALL) + 1e-6)),
    ),
    Mistake(
        "eps only below",
        "NifTK/NiftyNet#249",
        "eps is only below: where nothing is and nothing is predicted, Dice becomes 0 and not 1.",
        partial(loss, dice=lambda p, t: 2 * (p * t).sum(ALL) / ((p + t).sum(ALL) + 1e-6)),
    ),
    Mistake(
        "no eps",
        "NifTK/NiftyNet#249",
        "without eps an image without tumour divides 0 by 0.",
        partial(loss, dice=lambda p, t: 2 * (p * t).sum(ALL) / (p + t).sum(ALL)),
    ),
    Mistake(
        "eps of 1",
        "qubvel-org/segmentation_models.pytorch#497",
        "eps is 1: on a small tumour that is as much as the tumour itself.",
        partial(loss, dice=lambda p, t: (2 * (p * t).sum(ALL) + 1) / ((p + t).sum(ALL) + 1)),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target, alpha=0.5: loss(logits.detach(), target, alpha),
    ),
    Mistake(
        "bits",
        "Shannon 1948: nats or bits",
        "that BCE is in bits (log2); losses use the natural logarithm.",
        partial(loss, bce=lambda x, t: F.binary_cross_entropy_with_logits(x, t) / math.log(2)),
    ),
]

# Wrong answers as edits of this right one.
CELL = """def bce_dice_loss(logits, target, alpha=0.5):
    truth = target.unsqueeze(1).to(logits)
    bce = F.binary_cross_entropy_with_logits(logits, truth)
    prob = logits.sigmoid()
    shared = (prob * truth).sum(dim=(1, 2, 3))
    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)
    return alpha * bce + (1 - alpha) * (1 - dice.mean())
"""

WRONG += slips(edited(CELL), "the target is changed")
WRONG += edits_of(
    CELL,
    (
        "no unsqueeze",
        "step 1: (B, 1, H, W) with (B, H, W) gives (B, B, H, W): the target needs unsqueeze(1).",
        (
            "    truth = target.unsqueeze(1).to(logits)\n    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    truth = target.to(logits)",
        ),
        (
            "    prob = logits.sigmoid()",
            "    prob = logits.sigmoid()\n    bce = -(truth * F.logsigmoid(logits) + (1 - truth) * F.logsigmoid(-logits)).mean()",
        ),
    ),
    (
        "alpha twice",
        "step 5: alpha weighs both parts; Dice has 1 - alpha.",
        (
            "    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    return alpha * bce + alpha * (1 - dice.mean())",
        ),
    ),
    (
        "alpha only",
        "step 5: the Dice part is not weighted.",
        (
            "    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    return alpha * bce + 1 - dice.mean()",
        ),
    ),
    (
        "alpha half",
        "alpha is fixed at 0.5.",
        (
            "    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    return 0.5 * bce + 0.5 * (1 - dice.mean())",
        ),
    ),
    (
        "default02",
        "the default of alpha was changed.",
        ("def bce_dice_loss(logits, target, alpha=0.5):", "def bce_dice_loss(logits, target, alpha=0.2):"),
    ),
    (
        "alpha or",
        "`alpha or 0.5` turns 0 into 0.5.",
        (
            "def bce_dice_loss(logits, target, alpha=0.5):",
            "def bce_dice_loss(logits, target, alpha=0.5):\n    alpha = alpha or 0.5",
        ),
    ),
    (
        "one axis",
        "step 4: the sums run over one axis only.",
        (
            "    shared = (prob * truth).sum(dim=(1, 2, 3))\n    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)",
            "    shared = (prob * truth).sum(dim=(2,))\n    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(2,)) + 1e-6)",
        ),
    ),
    (
        "bce log eps",
        "step 2: a small number inside the logarithm bounds the loss of large logits.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    p = logits.sigmoid(); bce = -(truth * (p + 1e-6).log() + (1 - truth) * (1 - p + 1e-6).log()).mean()",
        ),
    ),
    (
        "bce log clamp",
        "step 2: a clamp bounds the loss of large logits, and has no gradient.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    p = logits.sigmoid().clamp(1e-7, 1 - 1e-7); bce = -(truth * p.log() + (1 - truth) * (1 - p).log()).mean()",
        ),
    ),
    (
        "bce clamp logits",
        "step 2: clamped logits bound the loss, and have no gradient.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    bce = F.binary_cross_entropy_with_logits(logits.clamp(-20, 20), truth)",
        ),
    ),
    (
        "bce pos weight",
        "step 2: the tumour has an additional weight.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    bce = F.binary_cross_entropy_with_logits(logits, truth, pos_weight=torch.tensor(2.).to(logits))",
        ),
    ),
    (
        "bce image sum",
        "step 2: a sum over the pixels of an image; the mean over all is asked for.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            '    bce = F.binary_cross_entropy_with_logits(logits, truth, reduction="none").sum((1, 2, 3)).mean()',
        ),
    ),
    (
        "dice tanh",
        "step 3: tanh in place of the sigmoid.",
        ("    prob = logits.sigmoid()", "    prob = logits.tanh()"),
    ),
    (
        "dice detach",
        "the Dice part is cut from the graph (detach).",
        ("    prob = logits.sigmoid()", "    prob = logits.sigmoid().detach()"),
    ),
    (
        "dice area detach",
        "the denominator of Dice is cut from the graph (detach).",
        (
            "    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)",
            "    dice = (2 * shared + 1e-6) / ((prob.detach() + truth).sum(dim=(1, 2, 3)) + 1e-6)",
        ),
    ),
    (
        "bce detach",
        "the BCE is cut from the graph (detach).",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    bce = F.binary_cross_entropy_with_logits(logits, truth).detach()",
        ),
    ),
    (
        "eps top",
        "step 4: 1e-6 is above only.",
        (
            "    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)",
            "    dice = (2 * shared + 1e-6) / (prob + truth).sum(dim=(1, 2, 3))",
        ),
    ),
    (
        "eps1e-3",
        "step 4: 1e-3 in place of 1e-6.",
        (
            "    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)",
            "    dice = (2 * shared + 1e-3) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-3)",
        ),
    ),
    (
        "eps1e-8",
        "step 4: another number than 1e-6.",
        (
            "    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)",
            "    dice = (2 * shared + 1e-8) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-8)",
        ),
    ),
    (
        "both classes",
        "step 4: Dice of the background is in the mean; only that of the tumour is asked for.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)\n    prob = logits.sigmoid()\n    shared = (prob * truth).sum(dim=(1, 2, 3))\n    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)\n    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    two = torch.cat([torch.zeros_like(logits), logits], 1)\n    return alpha * F.binary_cross_entropy_with_logits(logits, truth) + (1 - alpha) * losses.soft_dice_loss(two, target)",
        ),
    ),
    (
        "bg dice",
        "step 4: that is the Dice of the background.",
        ("    prob = logits.sigmoid()", "    prob = 1 - logits.sigmoid(); truth = 1 - truth"),
    ),
    (
        "bce default dice sum",
        "step 5: a sum over the images; their mean is asked for.",
        (
            "    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    return alpha * bce + (1 - alpha) * (1 - dice).sum()",
        ),
    ),
    (
        "ce",
        "step 2: cross_entropy over one channel is always 0.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    bce = F.cross_entropy(logits, target)",
        ),
    ),
    (
        "uint8",
        "the truth is no longer 0 and 1.",
        (
            "    truth = target.unsqueeze(1).to(logits)",
            "    truth = target.unsqueeze(1).to(logits); truth = truth.round().clamp(0, 1) * 0.999",
        ),
    ),
    (
        "target inplace",
        "step 1: unsqueeze_ changes the argument: unsqueeze.",
        ("    truth = target.unsqueeze(1).to(logits)", "    truth = target.unsqueeze_(1).to(logits)"),
    ),
    (
        "present only",
        "step 5: images without tumour are left out.",
        (
            "    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    keep = truth.sum((1,2,3)) > 0; return alpha * bce + (1 - alpha) * (1 - dice[keep].mean())",
        ),
    ),
    (
        "view fixed",
        "step 1: the view assumes square images: unsqueeze(1).",
        (
            "    truth = target.unsqueeze(1).to(logits)",
            "    truth = target.view(-1, 1, target.shape[-1], target.shape[-1]).to(logits)",
        ),
    ),
    (
        "vector",
        "step 5: the mean over the images is missing.",
        (
            "    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    return alpha * bce + (1 - alpha) * (1 - dice)",
        ),
    ),
    (
        "bce mean fg bg",
        "step 2: tumour and background have the same weight; the mean over all pixels is asked for.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            '    l = F.binary_cross_entropy_with_logits(logits, truth, reduction="none"); bce = (l[truth == 1].mean() + l[truth == 0].mean()) / 2',
        ),
    ),
    (
        "logdice",
        "step 5: -log Dice in place of 1 - Dice.",
        (
            "    return alpha * bce + (1 - alpha) * (1 - dice.mean())",
            "    return alpha * bce - (1 - alpha) * dice.mean().log()",
        ),
    ),
    (
        "alpha int",
        "alpha is rounded.",
        (
            "def bce_dice_loss(logits, target, alpha=0.5):",
            "def bce_dice_loss(logits, target, alpha=0.5):\n    alpha = round(alpha, 1)",
        ),
    ),
)

WRONG += edits_of(
    CELL,
    (
        "no tumour scores 0",
        "an image without tumour always scores 0; it has a score like all.",
        ("    return alpha", "    dice = dice * (truth.sum(dim=(1, 2, 3)) > 0)\n    return alpha"),
    ),
    (
        "axes broadcast",
        "(B, 1, H, W) and (B, H, W) are combined to (B, B, H, W): give the truth the axis of the channel.",
        (
            "    bce = F.binary_cross_entropy_with_logits(logits, truth)",
            "    bce = (F.softplus(logits) - logits * target).mean()",
        ),
    ),
)
