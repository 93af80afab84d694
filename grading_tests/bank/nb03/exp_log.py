# ruff: noqa: E501
"""Right and wrong answers to the gap about the exponential-logarithmic loss."""

import math

import torch
import torch.nn.functional as F

from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.bank.nb03.soft_dice import both, sums
from grading_tests.checks.nb03.exp_log import reference
from grading_tests.gap import Mistake

BATCH = (0, 2, 3)


def batch_dice(logits, target, axes=BATCH, eps=1e-6):
    shared, areas = sums(logits, target, axes)
    return (2 * shared + eps) / (areas + eps)


def surprise(logits, target):
    """Return -log(probability of the true class) of each pixel, (B, H, W)."""
    return F.cross_entropy(logits, target, reduction="none")


def power(x, gamma):
    return x.clamp_min(1e-6) ** gamma


def by_cross_entropy(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    of_classes = power(-batch_dice(logits, target).log(), gamma).mean()
    return dice_weight * of_classes + cross_weight * power(surprise(logits, target), gamma).mean()


def by_adding(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    """A little is added before the power; relu keeps what rounding made negative at 0."""
    of_classes = (F.relu(-batch_dice(logits, target).log()) + 1e-8).pow(gamma)
    of_pixels = (surprise(logits, target).relu() + 1e-8).pow(gamma)
    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()


def by_one_hot(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    prob, truth = both(logits, target)
    tp = (prob * truth).sum(BATCH)
    dice = (2 * tp + 1e-6) / (
        2 * tp + (prob * (1 - truth)).sum(BATCH) + ((1 - prob) * truth).sum(BATCH) + 1e-6
    )
    pixels = -(truth * logits.log_softmax(dim=1)).sum(dim=1)
    return dice_weight * power(-torch.log(dice), gamma).mean() + cross_weight * power(pixels, gamma).mean()


def by_exp_of_log(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3, weight=None):
    """x ** gamma as exp(gamma * log(x))."""
    shared, areas = sums(logits, target, BATCH)
    gap = (areas + 1e-6).log() - (2 * shared + 1e-6).log()
    parts = ((dice_weight, gap), (cross_weight, surprise(logits, target)))
    return sum(weight * torch.exp(gamma * part.clamp_min(1e-6).log()).mean() for weight, part in parts)


def with_where(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    def safe(x):
        wrong = x > 1e-6
        return torch.where(wrong, torch.where(wrong, x, 1.0) ** gamma, 0.0)

    of_classes = safe(-batch_dice(logits.double(), target).log())
    of_pixels = safe(surprise(logits.double(), target))
    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()


def class_by_class(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    """Loops over classes and images; the floor is a maximum with a small tensor."""
    log_prob, floor = F.log_softmax(logits, 1), logits.new_tensor(1e-6)
    prob, of_classes, of_pixels = log_prob.exp(), 0.0, 0.0
    for label in range(logits.shape[1]):
        truth = target == label
        shared, areas = prob[:, label][truth].sum(), prob[:, label].sum() + truth.sum()
        dice = (shared + shared + 1e-6) / (areas + 1e-6)
        of_classes = of_classes + torch.maximum(-dice.log(), floor) ** gamma / logits.shape[1]
        of_pixels = of_pixels + (torch.maximum(-log_prob[:, label][truth], floor) ** gamma).sum()
    return dice_weight * of_classes + cross_weight * of_pixels / target.numel()


RIGHT = {
    "library": reference,
    "from the cross-entropy": by_cross_entropy,
    "a little added": by_adding,
    "one-hot, TP, FP, FN": by_one_hot,
    "exp of gamma times log": by_exp_of_log,
    "class by class": class_by_class,
    "where, float64": with_where,
}


def joined(dice_part, cross_part):
    """Return a loss of two parts, each `part(logits, target, gamma)`."""

    def answer(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
        of_classes = dice_part(logits, target, gamma)
        return dice_weight * of_classes + cross_weight * cross_part(logits, target, gamma)

    return answer


def right_dice(logits, target, gamma):
    return power(-batch_dice(logits, target).log(), gamma).mean()


def right_cross(logits, target, gamma):
    return power(surprise(logits, target), gamma).mean()


def other_dice(of_dice):
    """Return a Dice part that does `of_dice(dice, gamma)` with the Dice of the classes."""
    return joined(lambda logits, target, gamma: of_dice(batch_dice(logits, target), gamma), right_cross)


def other_cross(of_surprise):
    return joined(right_dice, lambda logits, target, gamma: of_surprise(surprise(logits, target), gamma))


def over(axes):
    return joined(
        lambda logits, target, gamma: power(-batch_dice(logits, target, axes).log(), gamma).mean(),
        right_cross,
    )


def weights_swapped(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    return by_cross_entropy(logits, target, cross_weight, dice_weight, gamma)


def fixed_gamma(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    return by_cross_entropy(logits, target, dice_weight, cross_weight)


def label_weights(logits, target, gamma):
    share = torch.bincount(target.flatten(), minlength=logits.shape[1]).clamp_min(1) / target.numel()
    return (share.rsqrt()[target] * power(surprise(logits, target), gamma)).mean()


WRONG = [
    Mistake(
        "log of the mean Dice",
        "JunMa11/SegLossOdyssey, ExpLog_loss: the Dice is averaged before the logarithm",
        "you take the mean of Dice first: logarithm and exponent belong to each class, then comes the mean.",
        other_dice(lambda dice, gamma: power(-dice.mean().log(), gamma)),
    ),
    Mistake(
        "exponent after the mean over classes",
        "Wong et al. 2018 (arXiv:1809.00076), equation 2: E[(-ln Dice)**gamma]",
        "in the Dice part the exponent comes after the mean: raise each class to gamma, then take the mean.",
        other_dice(lambda dice, gamma: power((-dice.log()).mean(), gamma)),
    ),
    Mistake(
        "no exponent on the cross-entropy",
        "JunMa11/SegLossOdyssey, ExpLog_loss: 0.2 * wce_loss",
        "the cross-entropy part has no exponent: (-log p) ** gamma of each pixel.",
        other_cross(lambda pixels, gamma: pixels.mean()),
    ),
    Mistake(
        "no exponent on Dice",
        "Wong et al. 2018 (arXiv:1809.00076), equation 2: gamma_Dice",
        "the Dice part has no exponent: (-log Dice) ** gamma of each class.",
        other_dice(lambda dice, gamma: -dice.log().mean()),
    ),
    Mistake(
        "exponent after the mean over pixels",
        "Wong et al. 2018 (arXiv:1809.00076), equation 3: E[w (-ln p)**gamma]",
        "in the cross-entropy part the exponent comes after the mean: raise each pixel to gamma first.",
        other_cross(lambda pixels, gamma: power(pixels.mean(), gamma)),
    ),
    Mistake(
        "weights swapped",
        "Wong et al. 2018 (arXiv:1809.00076), section 3: 0.8 for Dice, 0.2 for the cross-entropy",
        "dice_weight and cross_weight are swapped.",
        weights_swapped,
    ),
    Mistake(
        "gamma fixed",
        "lee-zq/3DUNet-Pytorch, ELDice: 0.3 is a constant",
        "gamma is fixed at 0.3; use the argument.",
        fixed_gamma,
    ),
    Mistake(
        "Dice loss in place of the logarithm",
        "Abraham and Khan 2019 (arXiv:1810.07842): (1 - index)**gamma is another loss",
        "(1 - Dice) ** gamma is the focal form; here it is (-log Dice) ** gamma.",
        other_dice(lambda dice, gamma: power(1 - dice, gamma).mean()),
    ),
    Mistake(
        "cross-entropy plus Dice",
        "an alpha-weighted sum of both, called ELL in some tables",
        "cross-entropy plus 1 - Dice is another loss: the logarithm and the exponents are missing.",
        joined(
            lambda logits, target, gamma: 1 - batch_dice(logits, target).mean(),
            lambda logits, target, gamma: surprise(logits, target).mean(),
        ),
    ),
    Mistake(
        "common logarithm",
        "Wong et al. 2018 (arXiv:1809.00076): ln",
        "that is the logarithm to base 10; the loss has the natural one, torch.log.",
        joined(
            lambda logits, target, gamma: power(-batch_dice(logits, target).log10(), gamma).mean(),
            lambda logits, target, gamma: power(surprise(logits, target) / math.log(10), gamma).mean(),
        ),
    ),
    Mistake(
        "no bound at 0",
        "kornia/kornia#918, tensorflow/tensorflow#2295: the gradient of pow at 0",
        "the slope of x ** 0.3 at 0 is infinite, so the gradient is NaN where all is right: clamp_min first.",
        joined(
            lambda logits, target, gamma: ((-batch_dice(logits, target).log()).relu() ** gamma).mean(),
            lambda logits, target, gamma: (surprise(logits, target) ** gamma).mean(),
        ),
    ),
    Mistake(
        "minus outside the power",
        "shruti-jadon/Semantic-Segmentation-Loss-Functions#2: nan of a power",
        "log(Dice) is negative, and a negative number to the power 0.3 is NaN: the minus comes first.",
        joined(
            lambda logits, target, gamma: -(batch_dice(logits, target).log() ** gamma).mean(),
            lambda logits, target, gamma: -((-surprise(logits, target)) ** gamma).mean(),
        ),
    ),
    Mistake(
        "Dice of each image",
        "perslev/MultiPlanarUNet, sparse_exponential_logarithmic_loss: one Dice for each image",
        "each image has its own Dice; here it is that of the whole batch, one for each class.",
        over((2, 3)),
    ),
    Mistake(
        "classes in one ratio",
        "ProjectNeura/MIPCandy#123: all background scores 0.98 on BraTS",
        "all classes are pooled into one Dice, which the background decides.",
        over((0, 1, 2, 3)),
    ),
    Mistake(
        "eps 1",
        "perslev/MultiPlanarUNet, sparse_exponential_logarithmic_loss: 1 above and below, as in the paper",
        "1 above and below is much for a small tumour; here it is 1e-6.",
        joined(
            lambda logits, target, gamma: power(-batch_dice(logits, target, eps=1.0).log(), gamma).mean(),
            right_cross,
        ),
    ),
    Mistake(
        "softmax twice",
        "Nacriema/Loss-Functions-For-Semantic-Segmentation: F.cross_entropy of probabilities",
        "in the cross-entropy part softmax is applied twice: log_softmax wants the logits, not prob.",
        joined(
            right_dice,
            lambda logits, target, gamma: power(surprise(logits.softmax(dim=1), target), gamma).mean(),
        ),
    ),
    Mistake(
        "probabilities squeezed",
        "HiLab-git/PyMIC, ExpLogLoss: 0.01 + 0.98 * dice",
        "squeezing Dice and p into 0.01 to 0.99 changes the loss everywhere; bound only what is nearly 0.",
        joined(
            lambda logits, target, gamma: (
                (-(0.01 + 0.98 * batch_dice(logits, target)).log()) ** gamma
            ).mean(),
            lambda logits, target, gamma: (
                (-(0.01 + 0.98 * (-surprise(logits, target)).exp()).log()) ** gamma
            ).mean(),
        ),
    ),
    Mistake(
        "log of the softmax",
        "tensorflow/models#181, maxvfischer/keras-image-segmentation-loss-functions#1",
        "for large logits the exponential is 0 or infinite, and so is the loss: take log_softmax in one step.",
        joined(
            right_dice,
            lambda logits, target, gamma: power(
                -logits.softmax(dim=1).gather(1, target[:, None]).log(), gamma
            ).mean(),
        ),
    ),
    Mistake(
        "class weights",
        "Nacriema/Loss-Functions-For-Semantic-Segmentation#2: why class weights?",
        "the paper's class weights are left out here: every pixel counts the same.",
        joined(right_dice, label_weights),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda *args, **named: by_cross_entropy(*args, **named).detach(),
    ),
]

# Wrong answers as edits of this right one.
CELL = """def exponential_logarithmic_loss(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    prob, truth = probabilities(logits, target)
    shared, areas = (prob * truth).sum(dim=(0, 2, 3)), (prob + truth).sum(dim=(0, 2, 3))
    dice = (2 * shared + 1e-6) / (areas + 1e-6)
    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma
    pixel_loss = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1))
    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma
    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()
"""

WRONG += slips(edited(CELL), "half precision")  # the exponents below 1 hide three digits
WRONG += edits_of(
    CELL,
    (
        "no exp",
        "the exponent gamma is missing in both parts.",
        ("    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma", "    of_classes = -dice.log()"),
        ("    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma", "    of_pixels = pixel_loss"),
    ),
    (
        "exp all",
        "the exponent is on the sum; it belongs to each class and pixel.",
        ("    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma", "    of_classes = -dice.log()"),
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma\n    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    of_pixels = pixel_loss\n    return (dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()).clamp_min(1e-6) ** gamma",
        ),
    ),
    (
        "clamp big",
        "the bound 0.01 is too large: pixels with -log p = 0.001 must count.",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-dice.log()).clamp_min(1e-2) ** gamma",
        ),
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = pixel_loss.clamp_min(1e-2) ** gamma",
        ),
    ),
    (
        "clamp big pix",
        "step 4: the bound 0.01 is too large: pixels with -log p = 0.001 must count.",
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = pixel_loss.clamp_min(1e-2) ** gamma",
        ),
    ),
    (
        "clamp p",
        "step 3: a clamp of p bounds the loss of large logits.",
        (
            "    pixel_loss = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1))",
            "    pixel_loss = -(prob.clamp(1e-7, 1 - 1e-6) * truth).sum(1).log()",
        ),
    ),
    (
        "log eps",
        "step 3: a small number inside the logarithm bounds the loss of large logits.",
        (
            "    pixel_loss = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1))",
            "    pixel_loss = -((prob * truth).sum(1) + 1e-6).log()",
        ),
    ),
    (
        "swap defaults",
        "the defaults of the two weights are swapped.",
        (
            "def exponential_logarithmic_loss(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):",
            "def exponential_logarithmic_loss(logits, target, dice_weight=0.2, cross_weight=0.8, gamma=0.3):",
        ),
    ),
    (
        "hard weights",
        "step 5: the weights are fixed at 0.8 and 0.2.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return 0.8 * of_classes.mean() + 0.2 * of_pixels.mean()",
        ),
    ),
    (
        "one minus",
        "step 5: 1 - dice_weight in place of cross_weight.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return dice_weight * of_classes.mean() + (1 - dice_weight) * of_pixels.mean()",
        ),
    ),
    (
        "norm weights",
        "step 5: the weights are divided by their sum.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return (dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()) / (dice_weight + cross_weight)",
        ),
    ),
    (
        "unweighted",
        "step 5: the weights are not used.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return of_classes.mean() + of_pixels.mean()",
        ),
    ),
    (
        "only dice",
        "step 5: the cross-entropy part is missing.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return dice_weight * of_classes.mean()",
        ),
    ),
    (
        "minus",
        "step 5: a minus between the parts.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return dice_weight * of_classes.mean() - cross_weight * of_pixels.mean()",
        ),
    ),
    (
        "gamma default1",
        "the default of gamma was changed.",
        (
            "def exponential_logarithmic_loss(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):",
            "def exponential_logarithmic_loss(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=1.0):",
        ),
    ),
    (
        "gamma inv",
        "the exponent is 1 / gamma.",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** (1 / gamma)",
        ),
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** (1 / gamma)",
        ),
    ),
    (
        "gamma times",
        "gamma is a factor; it is an exponent.",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-dice.log()).clamp_min(1e-6) * gamma",
        ),
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = pixel_loss.clamp_min(1e-6) * gamma",
        ),
    ),
    (
        "log 1m",
        "step 2: log(1 - Dice) in place of log Dice.",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-(1 - dice).clamp_min(1e-6).log()).clamp_min(1e-6) ** gamma",
        ),
    ),
    (
        "gamma in log",
        "step 2: the exponent is inside the logarithm, where it is only a factor.",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-(dice ** gamma).log()).clamp_min(1e-6)",
        ),
    ),
    (
        "log10",
        "step 2: the logarithm to base 10; the natural one is meant.",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-dice.log10()).clamp_min(1e-6) ** gamma",
        ),
    ),
    (
        "log2p",
        "step 3: the logarithm to base 2; the natural one is meant.",
        (
            "    pixel_loss = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1))",
            "    pixel_loss = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)) / 0.6931",
        ),
    ),
    (
        "no bg",
        "step 5: the background is left out of the mean.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return dice_weight * of_classes[1:].mean() + cross_weight * of_pixels.mean()",
        ),
    ),
    (
        "sum classes",
        "step 5: a sum over the classes; the mean is asked for.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return dice_weight * of_classes.sum() + cross_weight * of_pixels.mean()",
        ),
    ),
    (
        "sum pixels",
        "step 5: a sum over the pixels; the mean is asked for.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.sum()",
        ),
    ),
    (
        "all pixels",
        "step 3: all classes count at each pixel, not the true one only.",
        (
            "    pixel_loss = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1))",
            "    pixel_loss = -torch.log_softmax(logits, dim=1)",
        ),
    ),
    (
        "pixels times truth",
        "step 4: the other classes count with the bound, and the mean runs over them too.",
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = (-torch.log_softmax(logits, 1) * truth).clamp_min(1e-6) ** gamma",
        ),
    ),
    (
        "eps in 2",
        "step 1: 1e-6 is inside the factor 2.",
        (
            "    dice = (2 * shared + 1e-6) / (areas + 1e-6)",
            "    dice = 2 * (shared + 1e-6) / (areas + 1e-6)",
        ),
    ),
    (
        "eps bottom",
        "step 1: 1e-6 is below only.",
        ("    dice = (2 * shared + 1e-6) / (areas + 1e-6)", "    dice = 2 * shared / (areas + 1e-6)"),
    ),
    (
        "eps top",
        "step 1: 1e-6 is above only.",
        ("    dice = (2 * shared + 1e-6) / (areas + 1e-6)", "    dice = (2 * shared + 1e-6) / areas"),
    ),
    (
        "eps 1e-3",
        "step 1: 1e-3 in place of 1e-6.",
        (
            "    dice = (2 * shared + 1e-6) / (areas + 1e-6)",
            "    dice = (2 * shared + 1e-3) / (areas + 1e-3)",
        ),
    ),
    (
        "no2",
        "step 1: the factor 2 is missing.",
        ("    dice = (2 * shared + 1e-6) / (areas + 1e-6)", "    dice = (shared + 1e-6) / (areas + 1e-6)"),
    ),
    (
        "log dice eps",
        "step 2: a number is added inside the logarithm, which bounds it.",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-(dice + 1e-2).log()).clamp_min(1e-6) ** gamma",
        ),
    ),
    (
        "present only",
        "step 5: absent classes are left out of the mean.",
        (
            "    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()",
            "    keep = truth.sum((0, 2, 3)) > 0; return dice_weight * of_classes[keep].mean() + cross_weight * of_pixels.mean()",
        ),
    ),
    (
        "detach dice",
        "the Dice part is cut from the graph (detach).",
        (
            "    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma",
            "    of_classes = (-dice.detach().log()).clamp_min(1e-6) ** gamma",
        ),
    ),
    (
        "detach pix",
        "the cross-entropy part is cut from the graph (detach).",
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = pixel_loss.detach().clamp_min(1e-6) ** gamma",
        ),
    ),
    (
        "detach areas",
        "the denominator of Dice is cut from the graph (detach).",
        (
            "    dice = (2 * shared + 1e-6) / (areas + 1e-6)",
            "    dice = (2 * shared + 1e-6) / (areas.detach() + 1e-6)",
        ),
    ),
    (
        "round",
        "rounded probabilities have no gradient.",
        (
            "    prob, truth = probabilities(logits, target)",
            "    prob, truth = probabilities(logits, target)\n    prob = prob.round()",
        ),
    ),
    (
        "add eps big",
        "step 4: 0.001 is added, which is too much for pixels that are nearly right.",
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = (pixel_loss + 1e-3) ** gamma",
        ),
    ),
    (
        "onehot no c",
        "F.one_hot without the number of classes: one is missing if no pixel has the last class.",
        (
            "    prob, truth = probabilities(logits, target)",
            "    prob = logits.softmax(1); truth = F.one_hot(target).movedim(-1, 1)",
        ),
    ),
    (
        "focal mult",
        "step 4: that is the factor of the focal loss; here -log p has the exponent gamma.",
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = (1 - (-pixel_loss).exp()) ** gamma * pixel_loss",
        ),
    ),
)

WRONG += edits_of(
    CELL,
    (
        "bound 1e-4",
        "the bound 1e-4 is too large: only what is below 1e-5 may be bounded.",
        (".clamp_min(1e-6)", ".clamp_min(1e-4)"),
    ),
    (
        "bound 5e-5 of the pixels",
        "the bound 5e-5 is too large: only what is below 1e-5 may be bounded.",
        ("pixel_loss.clamp_min(1e-6)", "pixel_loss.clamp_min(5e-5)"),
    ),
    (
        "nearly right pixels are 0",
        "pixels with a small -log p are set to 0: their power is not small.",
        (
            "    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma",
            "    of_pixels = torch.where(pixel_loss > 1e-4, pixel_loss.clamp_min(1e-6) ** gamma, 0 * pixel_loss)",
        ),
    ),
)
