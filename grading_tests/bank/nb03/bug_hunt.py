# ruff: noqa: E501
"""Right and wrong answers to the bug hunt: what is left of the three bugs, and what a repair broke."""

from functools import partial
from itertools import product

import torch
import torch.nn.functional as F

from brainlab.losses import cross_entropy, soft_dice_loss
from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.checks.nb03.bug_hunt import repaired
from grading_tests.gap import Mistake

IMAGE = (2, 3)


def one_hot(target, classes):
    return F.one_hot(target, classes).movedim(-1, 1)


def loss(
    logits,
    target,
    entropy=F.cross_entropy,
    predict=lambda logits: logits.softmax(dim=1),
    dice=lambda both, size: (2 * both + 1e-6) / (size + 1e-6),
    axes=IMAGE,
    classes=slice(None),
    join=lambda entropy, dice: entropy + 1 - dice.mean(),
):
    """The repaired loss in parts, so that each mistake is one part."""
    pred, truth = predict(logits), one_hot(target, logits.shape[1])
    pred, truth = pred[:, classes], truth[:, classes]
    both, size = (pred * truth).sum(dim=axes), pred.sum(dim=axes) + truth.sum(dim=axes)
    return join(entropy(logits, target), dice(both, size))


def only_present(logits, target):
    pred, truth = logits.softmax(dim=1), one_hot(target, logits.shape[1])
    there = truth.sum(IMAGE) > 0
    dice = (2 * (pred * truth).sum(IMAGE) + 1e-6) / ((pred + truth).sum(IMAGE) + 1e-6)
    return F.cross_entropy(logits, target) + 1 - dice[there].mean()


def by_einsum(logits, target):
    log_prob = logits.log_softmax(dim=1)
    prob, truth = log_prob.exp(), one_hot(target, logits.shape[1]).to(logits)
    both = torch.einsum("bchw,bchw->bc", prob, truth)
    size = torch.einsum("bchw->bc", prob + truth)
    return -(log_prob * truth).sum(dim=1).mean() + (1 - (2 * both + 1e-6) / (size + 1e-6)).mean()


def image_by_image(logits, target):
    classes, scores = logits.shape[1], []
    for image, labels in zip(logits, target, strict=True):
        prob = torch.softmax(image, dim=0)
        for c in range(classes):
            truth = (labels == c).to(prob)
            both, size = (prob[c] * truth).sum(), prob[c].sum() + truth.sum()
            scores.append((2 * both + 1e-6) / (size + 1e-6))
    return F.nll_loss(logits.log_softmax(1), target) + 1 - sum(scores) / len(scores)


def by_counting(logits, target):
    prob, truth = logits.softmax(1), one_hot(target, logits.shape[1]).bool()
    tp, fp = (prob * truth).sum(IMAGE), (prob * ~truth).sum(IMAGE)
    fn = ((1 - prob) * truth).sum(IMAGE)
    return F.cross_entropy(logits, target) + ((fp + fn) / (2 * tp + fp + fn + 1e-6)).mean()


RIGHT = {
    "parts of the library": lambda logits, target: (
        cross_entropy(logits, target) + soft_dice_loss(logits, target)
    ),
    "oracle": repaired,
    "minimal repair": loss,
    "einsum": by_einsum,
    "image by image": image_by_image,
    "false positives and negatives": by_counting,
    # The log-softmax of a log-softmax is itself.
    "log-softmax first": lambda logits, target: loss(logits.log_softmax(dim=1), target),
    "float64": lambda logits, target: loss(logits.double(), target),
}

BUGS = {
    "softmax twice": (
        {"entropy": lambda logits, target: F.cross_entropy(logits.softmax(dim=1), target)},
        "cross_entropy gets probabilities, but it takes logits and applies the softmax itself",
        "NVIDIA/DeepLearningExamples#468, ariecattan/SciCo#2",
    ),
    "argmax": (
        {"predict": lambda logits: one_hot(logits.argmax(dim=1), logits.shape[1])},
        "the Dice is taken of decisions (argmax), which have no slope; it needs probabilities",
        "tensorlayer/TensorLayer#891, pytorch/pytorch#1339",
    ),
    "eps twice": (
        {"dice": lambda both, size: 2 * (both + 1e-6) / (size + 1e-6)},
        "eps is doubled above: a class that is nowhere scores 2 eps / eps = 2",
        "milesial/Pytorch-UNet#24",
    ),
}


UNCHANGED = (
    "this is the broken loss as it was: each of the experiments (a), (b) and (c) above leads to one bug.",
    0,
)
# In the order of the experiments.
HINTS = {
    "softmax twice": (
        "cross_entropy gets probabilities, but it takes logits and applies the softmax itself.",
        1,
    ),
    "eps twice": ("eps is doubled above: a class that is nowhere scores 2 eps / eps = 2.", 4),
    "argmax": ("the Dice is taken of decisions (argmax), which have no slope; it needs probabilities.", 2),
}


def left_over() -> list[Mistake]:
    """Return the answers in which one, two or all three bugs are left."""
    found = []
    for chosen in product((False, True), repeat=len(BUGS)):
        bugs = {name: BUGS[name] for name, left in zip(BUGS, chosen, strict=True) if left}
        if bugs:
            parts = {part: how for changed, _, _ in bugs.values() for part, how in changed.items()}
            # Of several bugs only the one that fails first is told, and of all three none: pasting the broken loss must not
            # give away more than the experiments of the notebook.
            message, step = UNCHANGED if len(bugs) == len(BUGS) else HINTS[min(bugs, key=list(HINTS).index)]
            found.append(
                Mistake(
                    f"left: {', '.join(bugs)}",
                    "; ".join(source for _, _, source in bugs.values()),
                    message,
                    partial(loss, **parts),
                    step,
                )
            )
    return found


WRONG = [
    *left_over(),
    Mistake(
        "no softmax at all",
        "milesial/Pytorch-UNet#271: Dice above 1",
        "the softmax is gone from the Dice too: cross_entropy wants logits, Dice wants probabilities.",
        partial(loss, predict=lambda logits: logits),
    ),
    Mistake(
        "sigmoid",
        "Hsuxu/Loss_ToolBox-PyTorch#11: softmax or sigmoid?",
        "a sigmoid treats each class by itself; these classes exclude each other: softmax over them.",
        partial(loss, predict=torch.sigmoid),
    ),
    Mistake(
        "softmax along the width",
        "hfslyc/AdvSemiSeg#73, MrGiovanni/ModelsGenesis#8",
        "the softmax runs along the width (dim=-1); the classes are axis 1.",
        partial(loss, predict=lambda logits: logits.softmax(dim=-1)),
    ),
    Mistake(
        "nll of the probabilities",
        "wkentaro/pytorch-fcn#16: nll_loss wants log-probabilities",
        "nll_loss of probabilities is minus their mean; it wants log_softmax, or cross_entropy the logits.",
        partial(loss, entropy=lambda logits, target: F.nll_loss(logits.softmax(dim=1), target)),
    ),
    Mistake(
        "the largest probability only",
        "pytorch/pytorch#1339: back through argmax",
        "argmax still decides which probabilities count: take all of them.",
        partial(
            loss,
            predict=lambda logits: logits.softmax(1) * one_hot(logits.argmax(dim=1), logits.shape[1]),
        ),
    ),
    Mistake(
        "no eps",
        "NifTK/NiftyNet#249",
        "without eps a class that is nowhere divides 0 by 0.",
        partial(loss, dice=lambda both, size: 2 * both / size),
    ),
    Mistake(
        "eps only below",
        "NifTK/NiftyNet#249",
        "eps is only below: a class that is nowhere scores 0 and not 1.",
        partial(loss, dice=lambda both, size: 2 * both / (size + 1e-6)),
    ),
    Mistake(
        "eps of 1",
        "qubvel-org/segmentation_models.pytorch#497",
        "eps is 1: on a small class that is as much as the class itself.",
        partial(loss, dice=lambda both, size: (2 * both + 1) / (size + 1)),
    ),
    Mistake(
        "factor 2 gone",
        "Striveworks/valor#809: not scaled by 2",
        "the factor 2 is gone with eps: twice what is shared, then eps.",
        partial(loss, dice=lambda both, size: (both + 1e-6) / (size + 1e-6)),
    ),
    Mistake(
        "classes pooled",
        "MIPCandy#123: all background scores 0.98",
        "all classes are in one ratio, and background rules it: Dice of each class, then the mean.",
        partial(loss, axes=(1, 2, 3)),
    ),
    Mistake(
        "images pooled",
        "MIC-DKFZ/nnUNet: batch_dice; here Dice is that of each image",
        "all images are in one ratio: Dice of each image and class, then the mean.",
        partial(loss, axes=(0, 2, 3)),
    ),
    Mistake(
        "background left out",
        "MONAI: include_background=False",
        "the background is missing from the Dice; it was no bug.",
        partial(loss, classes=slice(1, None)),
    ),
    Mistake(
        "absent classes left out",
        "Project-MONAI/MONAI: ignore_empty=True of DiceMetric",
        "classes that are not there are left out of the mean; here every class counts.",
        only_present,
    ),
    Mistake(
        "cross-entropy alone",
        "Taghanaki et al. 2019 (arXiv:1805.02798): the sum of both",
        "the Dice is gone: what remains is the cross-entropy.",
        partial(loss, join=lambda entropy, dice: entropy + 0 * dice.mean()),
    ),
    Mistake(
        "Dice alone",
        "Taghanaki et al. 2019 (arXiv:1805.02798): the sum of both",
        "the cross-entropy is gone: what remains is the Dice.",
        partial(loss, join=lambda entropy, dice: 0 * entropy + 1 - dice.mean()),
    ),
    Mistake(
        "minus Dice",
        "MrGiovanni/UNetPlusPlus#49, MIC-DKFZ/nnUNet#2266: the loss becomes negative",
        "the 1 of 1 - Dice is gone: a perfect prediction has loss 0, not -1.",
        partial(loss, join=lambda entropy, dice: entropy - dice.mean()),
    ),
    Mistake(
        "mean of both",
        "asgsaeid/ComboLoss#3: what is the weight of each?",
        "that is the mean of both parts; the task asks for their sum.",
        partial(loss, join=lambda entropy, dice: (entropy + 1 - dice.mean()) / 2),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target: loss(logits.detach(), target),
    ),
    Mistake(
        "Dice detached",
        "pytorch/pytorch#1339",
        "the value is right, but the Dice has no gradient: only the cross-entropy learns.",
        partial(loss, predict=lambda logits: logits.softmax(dim=1).detach()),
    ),
]

# Wrong answers as edits of this right one.
CELL = """def repaired_loss(logits, target):
    eps = 1e-6
    cross_entropy_part = F.cross_entropy(logits, target)
    pred = logits.softmax(dim=1)
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)
    shared = (pred * truth).sum(dim=(2, 3))
    size = pred.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))
    dice = (2 * shared + eps) / (size + eps)
    return cross_entropy_part + 1 - dice.mean()
"""

WRONG += slips(edited(CELL))
WRONG += edits_of(
    CELL,
    (
        "ce log",
        "step 1: the logits are changed before the cross-entropy.",
        (
            "    cross_entropy_part = F.cross_entropy(logits, target)",
            "    cross_entropy_part = F.cross_entropy(logits.log_softmax(1).exp().log() * 2, target)",
        ),
    ),
    (
        "ce nll logits",
        "step 1: nll_loss wants log-probabilities, not logits.",
        (
            "    cross_entropy_part = F.cross_entropy(logits, target)",
            "    cross_entropy_part = F.nll_loss(logits, target)",
        ),
    ),
    (
        "ce sum",
        "step 1: a sum over the pixels; the mean is asked for.",
        (
            "    cross_entropy_part = F.cross_entropy(logits, target)",
            '    cross_entropy_part = F.cross_entropy(logits, target, reduction="sum")',
        ),
    ),
    (
        "ce clamped",
        "step 1: a small number inside the logarithm bounds the loss of large logits.",
        (
            "    cross_entropy_part = F.cross_entropy(logits, target)",
            "    cross_entropy_part = F.nll_loss((logits.softmax(1) + 1e-6).log(), target)",
        ),
    ),
    (
        "ce logp",
        "step 1: log of a softmax that rounds to 0 is -infinity.",
        (
            "    cross_entropy_part = F.cross_entropy(logits, target)",
            "    cross_entropy_part = F.nll_loss(logits.softmax(1).log(), target)",
        ),
    ),
    ("eps 1e-3", "eps was changed.", ("    eps = 1e-6", "    eps = 1e-3")),
    (
        "eps half",
        "step 4: eps is halved above: an absent class scores one half.",
        ("    dice = (2 * shared + eps) / (size + eps)", "    dice = 2 * (shared + eps / 4) / (size + eps)"),
    ),
    (
        "round",
        "step 2: rounding has no slope either.",
        ("    pred = logits.softmax(dim=1)", "    pred = logits.softmax(dim=1).round()"),
    ),
    (
        "straight",
        "step 2: the value is still that of argmax.",
        (
            "    pred = logits.softmax(dim=1)",
            "    soft = logits.softmax(1); pred = F.one_hot(soft.argmax(1), soft.shape[1]).movedim(-1, 1) + soft - soft.detach()",
        ),
    ),
    (
        "softmax dim0",
        "step 2: the softmax runs over the images.",
        ("    pred = logits.softmax(dim=1)", "    pred = logits.softmax(dim=0)"),
    ),
    (
        "double soft",
        "step 2: two softmaxes.",
        ("    pred = logits.softmax(dim=1)", "    pred = logits.softmax(dim=1).softmax(dim=1)"),
    ),
    (
        "log soft",
        "step 2: log-probabilities in place of probabilities.",
        ("    pred = logits.softmax(dim=1)", "    pred = logits.log_softmax(dim=1)"),
    ),
    (
        "temp",
        "step 2: the logits are multiplied before the softmax.",
        ("    pred = logits.softmax(dim=1)", "    pred = (10 * logits).softmax(dim=1)"),
    ),
    (
        "onehot noc",
        "F.one_hot without the number of classes: one is missing if no pixel has the last class.",
        (
            "    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)",
            "    truth = F.one_hot(target).movedim(-1, 1)",
        ),
    ),
    (
        "onehot 4",
        "F.one_hot with 4 classes: other networks have more or fewer; the logits tell how many.",
        (
            "    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)",
            "    truth = F.one_hot(target, 4).movedim(-1, 1)",
        ),
    ),
    (
        "plus",
        "step 5: Dice itself in place of 1 - Dice.",
        ("    return cross_entropy_part + 1 - dice.mean()", "    return cross_entropy_part + dice.mean()"),
    ),
    (
        "sum",
        "step 5: a sum over images and classes; the mean is asked for.",
        (
            "    return cross_entropy_part + 1 - dice.mean()",
            "    return cross_entropy_part + (1 - dice).sum()",
        ),
    ),
    (
        "detach ce",
        "the cross-entropy is cut from the graph (detach).",
        (
            "    return cross_entropy_part + 1 - dice.mean()",
            "    return cross_entropy_part.detach() + 1 - dice.mean()",
        ),
    ),
    (
        "detach size",
        "the denominator of Dice is cut from the graph (detach).",
        (
            "    dice = (2 * shared + eps) / (size + eps)",
            "    dice = (2 * shared + eps) / (size.detach() + eps)",
        ),
    ),
    (
        "squared again",
        "step 3: squares below; the areas are sums.",
        (
            "    size = pred.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))",
            "    size = (pred**2).sum(dim=(2, 3)) + truth.sum(dim=(2, 3))",
        ),
    ),
    (
        "clip loss",
        "step 5: the Dice part is bounded, where it has no gradient.",
        (
            "    return cross_entropy_part + 1 - dice.mean()",
            "    return cross_entropy_part + (1 - dice.mean()).clamp_min(0.05)",
        ),
    ),
    (
        "relu loss",
        "step 5: a bound hides that eps is still wrong in step 4.",
        (
            "    dice = (2 * shared + eps) / (size + eps)\n    return cross_entropy_part + 1 - dice.mean()",
            "    dice = 2 * (shared + eps) / (size + eps)\n    return cross_entropy_part + (1 - dice.mean()).relu()",
        ),
    ),
    (
        "vector",
        "step 5: the mean is missing.",
        ("    return cross_entropy_part + 1 - dice.mean()", "    return cross_entropy_part + 1 - dice"),
    ),
    (
        "gumbel",
        "step 2: Gumbel softmax adds noise: softmax.",
        ("    pred = logits.softmax(dim=1)", "    pred = F.gumbel_softmax(logits, dim=1)"),
    ),
    (
        "size shared",
        "step 3: the overlap is subtracted below: that is Jaccard.",
        (
            "    size = pred.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))",
            "    size = pred.sum(dim=(2, 3)) + truth.sum(dim=(2, 3)) - shared",
        ),
    ),
)

WRONG += edits_of(
    CELL,
    ("eps 1e-7", "eps was changed: it remains 1e-6.", ("    eps = 1e-6", "    eps = 1e-7")),
    ("eps 1e-5", "eps was changed: it remains 1e-6.", ("    eps = 1e-6", "    eps = 1e-5")),
    (
        "steep softmax",
        "the softmax of 100 times the logits is nearly argmax; the probabilities themselves are needed.",
        ("    pred = logits.softmax", "    pred = (100 * logits).softmax"),
    ),
)
