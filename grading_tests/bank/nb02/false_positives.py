"""Right and wrong answers to the gap about decoding: false positives of thresholds and of argmax."""

import torch
import torch.nn.functional as F

from grading_tests.bank.nb02._variants import variants
from grading_tests.checks.nb02.false_positives import false_positives
from grading_tests.gap import Mistake, Survivor


def one_hot(labels, classes):
    return F.one_hot(labels, classes).movedim(-1, 1).bool()


def by_masks(prob, target, thresholds):
    absent = ~one_hot(target, prob.shape[1])
    claimed = prob >= thresholds.view(1, -1, 1, 1)
    winner = one_hot(prob.argmax(dim=1), prob.shape[1])
    return (claimed & absent).sum(dim=(0, 2, 3)), (winner & absent).sum(dim=(0, 2, 3))


def by_loop(prob, target, thresholds):
    labels, first, second = prob.argmax(1), [], []
    for c, limit in enumerate(thresholds):
        wrong = target != c
        first.append(int(((prob[:, c] >= limit) & wrong).sum()))
        second.append(int(((labels == c) & wrong).sum()))
    return first, second


def by_numpy(prob, target, thresholds):
    prob, target, thresholds = prob.numpy(), target.numpy(), thresholds.numpy()
    pixels = prob.transpose(0, 2, 3, 1).reshape(-1, prob.shape[1])
    absent = target.reshape(-1, 1) != range(prob.shape[1])
    largest = pixels.argmax(axis=1)[:, None] == range(prob.shape[1])
    return ((pixels >= thresholds) * absent).sum(0), (largest * absent).sum(0)


def by_bincount(prob, target, thresholds):
    """Argmax by a count of labels: all that a class gets, less what it gets rightly."""
    classes, labels = prob.shape[1], prob.argmax(dim=1)
    given = torch.bincount(labels.flatten(), minlength=classes)
    right = torch.bincount(labels[labels == target], minlength=classes)
    claims = prob.movedim(1, -1)[target[..., None] != torch.arange(classes)]
    limits = thresholds.expand(*target.shape, -1)[target[..., None] != torch.arange(classes)]
    owner = torch.arange(classes).expand(*target.shape, -1)[target[..., None] != torch.arange(classes)]
    return torch.bincount(owner[claims >= limits], minlength=classes), given - right


def by_confusion(prob, target, thresholds):
    """Columns of a confusion matrix, without its diagonal."""
    classes = prob.shape[1]
    truth = F.one_hot(target, classes).flatten(0, 2).double()  # (N, C)
    claimed = (prob.movedim(1, -1).flatten(0, 2) >= thresholds).double()
    won = F.one_hot(prob.argmax(1), classes).flatten(0, 2).double()
    matrices = (truth.T @ claimed, truth.T @ won)
    return torch.stack([matrix.sum(dim=0) - matrix.diagonal() for matrix in matrices])


def version(
    limit=lambda t: t.view(1, -1, 1, 1),
    above=torch.ge,
    label=lambda p: p.argmax(1),
    wrong=None,
    axes=(0, 2, 3),
):
    """Return a version that differs from the right one in one place."""

    def answer(prob, target, thresholds):
        truth = one_hot(target, prob.shape[1])
        absent = wrong(truth) if wrong else ~truth
        claimed = above(prob, limit(thresholds))
        winner = one_hot(label(prob), prob.shape[1])
        return (claimed & absent).sum(dim=axes), (winner & absent).sum(dim=axes)

    return answer


def among_the_claimed(prob, target, thresholds):
    absent = ~one_hot(target, prob.shape[1])
    claimed = prob >= thresholds.view(1, -1, 1, 1)
    winner = one_hot(prob.argmax(dim=1), prob.shape[1]) & claimed
    return (claimed & absent).sum(dim=(0, 2, 3)), (winner & absent).sum(dim=(0, 2, 3))


def pixels_with_an_error(prob, target, thresholds):
    counts = by_masks(prob, target, thresholds)
    return tuple(part.sum() for part in counts)


RIGHT = {
    "library": false_positives,
    "masks": by_masks,
    "loop": by_loop,
    "numpy": by_numpy,
    "version": version(),
    "bincount": by_bincount,
    "confusion matrix, one tensor": by_confusion,
}

WRONG = [
    Mistake(
        "thresholds along the width",
        "broadcasting starts at the last axis (numpy.org, 'Broadcasting')",
        "the thresholds line up with the last axis, the width; give them the shape (1, C, 1, 1).",
        version(limit=lambda thresholds: thresholds),
    ),
    Mistake(
        "one threshold for all",
        "kitzeslab/opensoundscape#294: a threshold for each class",
        "the first threshold is used for every class; each class has its own.",
        version(limit=lambda thresholds: thresholds[0]),
    ),
    Mistake(
        "always one half",
        "milesial/Pytorch-UNet#107, qubvel/segmentation_models#352: is 0.5 right for any number of classes?",
        "0.5 is used whatever the thresholds say.",
        version(limit=lambda thresholds: 0.5),
    ),
    Mistake(
        "false negatives",
        "wasserth/TotalSegmentator#277: which error does a threshold move?",
        "you count pixels where the class is and is not found: false negatives.",
        lambda prob, target, thresholds: tuple(
            (one_hot(target, prob.shape[1]) & ~mask).sum(dim=(0, 2, 3))
            for mask in (prob >= thresholds.view(1, -1, 1, 1), one_hot(prob.argmax(1), prob.shape[1]))
        ),
    ),
    Mistake(
        "all that is claimed",
        "wasserth/TotalSegmentator#277",
        "you count every claimed pixel, right or wrong; only those where the class is not there are false.",
        version(wrong=torch.ones_like),
    ),
    Mistake(
        "true positives",
        "docstring: pixels that are not of that class in truth",
        "you count the pixels that are right: the truth has to be negated.",
        version(wrong=lambda truth: truth),
    ),
    Mistake(
        "argmax along the batch",
        "fxia22/pointnet.pytorch#27: axis 0 is the batch",
        "the argmax runs along the batch; the classes are axis 1.",
        version(
            label=lambda prob: (
                prob.argmax(0)[None].clamp(max=prob.shape[1] - 1).expand(len(prob), -1, -1, -1)[:, 0]
            )
        ),
    ),
    Mistake(
        "argmax among the claimed only",
        "GeorgeSeif/Semantic-Segmentation-Suite#157: segmentation does not typically use thresholds",
        "argmax needs no threshold: the largest wins, however small it is.",
        among_the_claimed,
    ),
    Mistake(
        "strictly above",
        "docstring: a class claims a pixel whose probability reaches its threshold",
        "a probability equal to the threshold reaches it: use >=.",
        version(above=torch.gt),
    ),
    Mistake(
        "classes added up",
        "docstring: two counts for each class",
        "you add up the classes; keep one count for each.",
        pixels_with_an_error,
    ),
    Mistake(
        "images not added up",
        "docstring: (C,) each",
        "one count for each class: sum over the images too.",
        version(axes=(2, 3)),
    ),
]


WRONG += variants(
    "g02_false_positives",
    (
        "all that is assigned by threshold",
        "only the pixels that do not belong to the class are counted.",
        4,
        "(by_threshold & absent)",
        "by_threshold",
    ),
    (
        "true negatives",
        "pixels that are not assigned to the class are no false positives.",
        4,
        "by_threshold & absent",
        "~by_threshold & absent",
        "by_argmax & absent",
        "~by_argmax & absent",
    ),
    (
        "sum over the wrong axes",
        "the sum runs over images, rows and columns: axes 0, 2 and 3; the classes stay.",
        4,
        "dim=(0, 2, 3)",
        "dim=(0, 1, 2)",
    ),
    (
        "columns not added up",
        "the sum runs over images, rows and columns.",
        4,
        "dim=(0, 2, 3)",
        "dim=(0, 2)",
    ),
    (
        "a mean",
        "the pixels are counted: a sum, not a mean.",
        4,
        ".sum(dim=(0, 2, 3))",
        ".float().mean(dim=(0, 2, 3))",
    ),
    (
        "a rate",
        "the pixels are counted; do not divide.",
        4,
        "(by_threshold & absent).sum(dim=(0, 2, 3))",
        "(by_threshold & absent).sum(dim=(0, 2, 3)) / absent.sum(dim=(0, 2, 3))",
    ),
    (
        "argmax first",
        "the counts by thresholds come first, then those by argmax.",
        4,
        "(by_threshold & absent).sum(dim=(0, 2, 3)), (by_argmax & absent).sum(dim=(0, 2, 3))",
        "(by_argmax & absent).sum(dim=(0, 2, 3)), (by_threshold & absent).sum(dim=(0, 2, 3))",
    ),
    (
        "thresholds only",
        "two counts are asked for: by thresholds and by argmax.",
        4,
        ", (by_argmax & absent).sum(dim=(0, 2, 3))",
        "",
    ),
    (
        "classes counted in the target",
        "one_hot needs the number of classes: the last ones may not occur in the target.",
        1,
        "one_hot(target, classes)",
        "one_hot(target)",
    ),
    (
        "classes counted in the prediction",
        "one_hot needs the number of classes: the last ones may never have the largest probability.",
        3,
        "one_hot(prob.argmax(dim=1), classes)",
        "one_hot(prob.argmax(dim=1))",
    ),
    (
        "four classes",
        "the number of classes is that of the channels of prob; yours is fixed at 4.",
        1,
        "prob.shape[1]",
        "4",
    ),
    (
        "the most probable one only",
        "every class is compared with its threshold, also one that is not the most probable.",
        2,
        "prob >= thresholds.view(1, -1, 1, 1)",
        "(prob >= thresholds.view(1, -1, 1, 1)) & (prob == prob.amax(1, keepdim=True))",
    ),
    (
        "reshape in place of movedim",
        "reshape mixes classes and pixels: one_hot puts the classes last; move them with movedim(-1, 1).",
        1,
        ".movedim(-1, 1)",
        ".reshape(prob.shape)",
    ),
    (
        "rows and columns exchanged",
        "transpose(1, 3) exchanges rows and columns as well: use movedim(-1, 1).",
        1,
        "movedim(-1, 1)",
        "transpose(1, 3)",
    ),
    (
        "counts in uint8",
        "uint8 ends at 255: counts of pixels are larger.",
        4,
        ".sum(dim=(0, 2, 3))",
        ".sum(dim=(0, 2, 3), dtype=torch.uint8)",
    ),
    (
        "counts in int16",
        "int16 ends at 32767: counts of pixels are larger.",
        4,
        ".sum(dim=(0, 2, 3))",
        ".sum(dim=(0, 2, 3), dtype=torch.int16)",
    ),
    (
        "without the background",
        "every class has a count, the background too.",
        4,
        ".sum(dim=(0, 2, 3))",
        ".sum(dim=(0, 2, 3))[1:]",
    ),
    (
        "background always 0",
        "the background can be a false positive like every class.",
        1,
        "    return",
        "    absent[:, 0] = False\n    return",
    ),
    (
        "absent means background",
        "absent is where this class is not the true one, not where the background is.",
        1,
        "    by_threshold =",
        "    absent = (target == 0).unsqueeze(1)\n    by_threshold =",
    ),
    (
        "mean threshold",
        "each class has its own threshold; yours uses their mean.",
        2,
        "thresholds.view(1, -1, 1, 1)",
        "thresholds.mean()",
    ),
    (
        "thresholds sorted",
        "the thresholds belong to the classes in their order.",
        2,
        "thresholds.view",
        "thresholds.sort().values.view",
    ),
    (
        "softmax again",
        "prob holds probabilities already: no softmax.",
        2,
        "prob >=",
        "prob.softmax(1) >=",
    ),
    (
        "compared in float16",
        "float16 rounds the probabilities: compare them as they are.",
        2,
        "prob >= thresholds.view",
        "prob.half() >= thresholds.half().view",
    ),
    (
        "compared in percent",
        "rounded percents are not the probabilities: compare them as they are.",
        2,
        "prob >= thresholds.view",
        "(100 * prob).round() >= 100 * thresholds.view",
    ),
    (
        "probabilities changed",
        "prob is changed in place; the caller still needs it.",
        2,
        "    by_threshold =",
        "    prob /= 1.01 * prob.sum(1, keepdim=True)\n    by_threshold =",
    ),
    (
        "thresholds changed",
        "thresholds are changed in place; the caller still needs them.",
        2,
        "    by_threshold =",
        "    thresholds.clamp_(min=0.5)\n    by_threshold =",
    ),
    (
        "masks",
        "the masks are returned; count their pixels.",
        4,
        ".sum(dim=(0, 2, 3))",
        "",
    ),
    (
        "only where argmax is wrong",
        "a class can be a false positive by threshold where argmax is right.",
        4,
        "(by_threshold & absent)",
        "(by_threshold & absent & (prob.argmax(1) != target).unsqueeze(1))",
    ),
    (
        "both at once",
        "a pixel belongs to every class whose threshold it reaches, not only to the most probable one.",
        4,
        "(by_threshold & absent)",
        "(by_threshold & absent & by_argmax)",
    ),
    (
        "first image only",
        "all images of the batch count.",
        4,
        "(by_threshold & absent).sum(dim=(0, 2, 3)), (by_argmax & absent).sum(dim=(0, 2, 3))",
        "(by_threshold & absent)[0].sum(dim=(1, 2)), (by_argmax & absent)[0].sum(dim=(1, 2))",
    ),
    (
        "rows counted",
        "the pixels are counted; yours counts rows in which there is one.",
        4,
        ".sum(dim=(0, 2, 3))",
        ".any(dim=3).sum(dim=(0, 2))",
    ),
)


WRONG += variants(
    "g02_false_positives",
    (
        "every largest probability",
        "argmax takes one class for each pixel, also where two probabilities are equal.",
        3,
        "F.one_hot(prob.argmax(dim=1), classes).movedim(-1, 1) == 1",
        "prob == prob.amax(dim=1, keepdim=True)",
    ),
    (
        "the rest is background",
        "a pixel that reaches no threshold belongs to no class by the thresholds, not to background.",
        2,
        "    by_argmax =",
        "    by_threshold[:, 0] |= ~by_threshold.any(dim=1)\n    by_argmax =",
    ),
    (
        "the rest by argmax",
        "a pixel that reaches no threshold belongs to no class by the thresholds; argmax is "
        "counted separately.",
        2,
        "    return",
        "    by_threshold |= by_argmax & ~by_threshold.any(dim=1, keepdim=True)\n    return",
    ),
    (
        "the last of those above",
        "a pixel belongs to every class whose threshold it reaches, not only to the last one.",
        2,
        "    by_argmax =",
        "    by_threshold &= by_threshold.flip(1).cumsum(dim=1).flip(1) == 1\n    by_argmax =",
    ),
    (
        "counted at the true class",
        "a false positive is counted for the class that was predicted, not for the true one.",
        4,
        "by_argmax & absent",
        "~by_argmax & ~absent",
    ),
    (
        "argmin",
        "the class with the largest probability is chosen, not the smallest.",
        3,
        "prob.argmax",
        "prob.argmin",
    ),
    (
        "argmax as truth",
        "the truth is target; a prediction cannot say where it is wrong itself.",
        1,
        "F.one_hot(target, classes)",
        "F.one_hot(prob.argmax(dim=1), classes)",
    ),
    (
        "only tumour in the truth",
        "background pixels can be false positives, too.",
        1,
        "absent = F.one_hot(target, classes).movedim(-1, 1) == 0",
        "absent = (F.one_hot(target, classes).movedim(-1, 1) == 0) & (target > 0).unsqueeze(1)",
    ),
    (
        "only background in the truth",
        "pixels of another tumour class can be false positives, too.",
        1,
        "absent = F.one_hot(target, classes).movedim(-1, 1) == 0",
        "absent = (F.one_hot(target, classes).movedim(-1, 1) == 0) & (target == 0).unsqueeze(1)",
    ),
    (
        "mean over the images",
        "the counts of all images are added up, not averaged.",
        4,
        ".sum(dim=(0, 2, 3))",
        ".sum(dim=(2, 3)).float().mean(dim=0)",
    ),
    (
        "false negatives too",
        "only false positives are counted: assigned, but not true.",
        4,
        "by_threshold & absent",
        "by_threshold == absent",
        "by_argmax & absent",
        "by_argmax == absent",
    ),
    (
        "argmax of those above",
        "argmax compares all probabilities, whether they reach their thresholds or not.",
        3,
        "prob.argmax(dim=1)",
        "(prob * by_threshold).argmax(dim=1)",
    ),
    (
        "argmax of the ratios",
        "argmax compares the probabilities themselves, not their ratios to the thresholds.",
        3,
        "prob.argmax(dim=1)",
        "(prob / thresholds.view(1, -1, 1, 1)).argmax(dim=1)",
    ),
    (
        "argmax of the masks",
        "argmax compares the probabilities, not whether they reach the thresholds.",
        3,
        "prob.argmax(dim=1)",
        "by_threshold.int().argmax(dim=1)",
    ),
)


SURVIVORS = [
    Survivor(
        "by_threshold = prob >= thresholds.view(1, -1, 1, 1)",
        ["by_threshold = prob >= thresholds.view(-1, 1, 1)"],
        "broadcasting adds missing axes in front",
    ),
]
