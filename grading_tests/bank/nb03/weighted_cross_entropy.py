# ruff: noqa: E501
"""Right and wrong answers to the gap about the weighted cross-entropy."""

import torch
import torch.nn.functional as F

from brainlab.losses import cross_entropy
from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.gap import Mistake


def surprise(logits, target):
    """Return -log(probability of the true class) of each pixel, (B, H, W)."""
    return F.cross_entropy(logits, target, reduction="none")


def weighted_mean(loss, weight):
    return (weight * loss).sum() / weight.sum()


def by_one_hot(logits, target, weight):
    counted = F.one_hot(target, logits.shape[1]).movedim(-1, 1) * weight[:, None, None]
    return -(counted * logits.log_softmax(dim=1)).sum() / counted.sum()


def class_by_class(logits, target, weight):
    loss, pixels, total = surprise(logits, target), 0.0, 0.0
    for label, factor in enumerate(weight.tolist()):
        total = total + factor * loss[target == label].sum()
        pixels += factor * int((target == label).sum())
    return total / pixels


def by_einsum(logits, target, weight):
    truth = F.one_hot(target, logits.shape[1]).to(logits)  # (B, H, W, C)
    total = torch.einsum("bhwc,c,bchw->", truth, weight.to(logits), -logits.log_softmax(dim=1))
    return total / torch.einsum("bhwc,c->", truth, weight.to(logits))


def by_averaging_weights(logits, target, weight):
    """Divide mean by mean instead of sum by sum."""
    pixel_weight = weight.gather(0, target.flatten()).view_as(target)
    return (pixel_weight * surprise(logits, target)).mean() / pixel_weight.mean()


def pixel_by_pixel(logits, target, weight):
    pixels = logits.movedim(1, -1).reshape(-1, logits.shape[1])
    labels = target.reshape(-1)
    losses = [
        weight[label] * (torch.logsumexp(pixel, 0) - pixel[label])
        for pixel, label in zip(pixels, labels, strict=True)
    ]
    return sum(losses) / sum(weight[label] for label in labels)


def in_float64(logits, target, weight, ignored=None):
    return by_one_hot(logits.double(), target, weight.double())


RIGHT = {
    "library": cross_entropy,
    "torch": lambda logits, target, weight: F.cross_entropy(logits, target, weight=weight),
    "one-hot": by_one_hot,
    "class by class": class_by_class,
    "einsum": by_einsum,
    "mean by mean": by_averaging_weights,
    "pixel by pixel": pixel_by_pixel,
    "float64, another keyword": in_float64,
}


def mean_of_class_means(logits, target, weight):
    loss = surprise(logits, target)
    means = [loss[target == label].mean() for label in target.unique()]
    return weighted_mean(torch.stack(means), weight[target.unique()])


def from_log_prob(log_prob, target, weight):
    return weighted_mean(-log_prob.gather(1, target[:, None])[:, 0], weight[target])


WRONG = [
    Mistake(
        "divided by the number of pixels",
        "pytorch/pytorch#65329 and #25571: reduction='none' and then .mean()",
        "you divide by the number of pixels; divide by the sum of their weights (a weighted mean).",
        lambda logits, target, weight: F.cross_entropy(logits, target, weight, reduction="none").mean(),
    ),
    Mistake(
        "sum",
        "imoneoi/openchat#99: sum() instead of mean()",
        "you add up the pixels; divide by the sum of their weights.",
        lambda logits, target, weight: F.cross_entropy(logits, target, weight, reduction="sum"),
    ),
    Mistake(
        "weight of the predicted class",
        "GeorgeSeif/Semantic-Segmentation-Suite#68: reduce_sum(class_weights * net_output)",
        "a pixel counts as its true class weighs, not as the class that was predicted.",
        lambda logits, target, weight: weighted_mean(surprise(logits, target), weight[logits.argmax(dim=1)]),
    ),
    Mistake(
        "weights on the logits",
        "jakeret/tf_unet#8, tensorflow/tensorflow#27741",
        "you multiply the logits, which changes the softmax; the weights belong on the loss of each pixel.",
        lambda logits, target, weight: F.cross_entropy(logits * weight[:, None, None], target),
    ),
    Mistake(
        "weights inside the logarithm",
        "tensorflow/tensorflow#27741: where does class_weight go?",
        "the weight stands inside the logarithm, where it only adds a constant; multiply the loss with it.",
        lambda logits, target, weight: (
            surprise(logits, target) - weight.clamp_min(1e-6).log()[target]
        ).mean(),
    ),
    Mistake(
        "divided by the weights",
        "PRBonn/lidar-bonnetal#48: frequency or its inverse?",
        "you divide the loss of a pixel by its weight; a class of large weight counts more, not less.",
        lambda logits, target, weight: weighted_mean(surprise(logits, target), 1 / weight[target]),
    ),
    Mistake(
        "square root of the weights",
        "Wong et al. 2018 (arXiv:1809.00076), section 2.2: the root is part of how weights are made",
        "you take the root of the weights; use them as they are given.",
        lambda logits, target, weight: weighted_mean(surprise(logits, target), weight.sqrt()[target]),
    ),
    Mistake(
        "weights squared",
        "rehno-lindeque in pytorch/vision#7760: the weight goes in twice",
        "each pixel is weighted twice.",
        lambda logits, target, weight: weighted_mean(surprise(logits, target), weight.square()[target]),
    ),
    Mistake(
        "weights shifted by one",
        "JunMa11/SegLossOdyssey#44: which of the four weights is that of the background?",
        "the weights are shifted: weight[0] is that of class 0, the background.",
        lambda logits, target, weight: weighted_mean(surprise(logits, target), weight[target - 1]),
    ),
    Mistake(
        "weights ignored",
        "pytorch/pytorch#14184: the weights are ignored",
        "that is the cross-entropy without weights.",
        lambda logits, target, weight: F.cross_entropy(logits, target),
    ),
    Mistake(
        "each class averaged first",
        "boschresearch/OASIS#20: divided by the pixels of each class",
        "you average within each class first; then a class of 10 pixels counts as much as one of 1000.",
        mean_of_class_means,
    ),
    Mistake(
        "divided by the sum of the class weights",
        "mathiaszinnen/focal_loss_torch#18: which weights does the mean divide by?",
        "you divide by the weights of the classes; add up the weight of every pixel.",
        lambda logits, target, weight: (
            F.cross_entropy(logits, target, weight, reduction="none").mean() / weight.mean()
        ),
    ),
    Mistake(
        "softmax twice",
        "NVIDIA/DeepLearningExamples#468, ariecattan/SciCo#2",
        "softmax is applied twice (log_softmax contains it): the loss can never come near 0.",
        lambda logits, target, weight: F.cross_entropy(logits.softmax(dim=1), target, weight=weight),
    ),
    Mistake(
        "log of the softmax",
        "tensorflow/models#181, zackchase/mxnet-the-straight-dope#3",
        "for large logits the exponential is 0 or infinite, and so is the loss: take log_softmax in one step.",
        lambda logits, target, weight: from_log_prob(logits.softmax(dim=1).log(), target, weight),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target, weight: F.cross_entropy(logits, target, weight=weight).detach(),
    ),
]

# Wrong answers as edits of this right one.
CELL = """def weighted_cross_entropy(logits, target, weight):
    log_prob = torch.log_softmax(logits, dim=1)
    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)
    pixel_weight = weight[target]
    return (pixel_weight * loss).sum() / pixel_weight.sum()
"""

WRONG += slips(edited(CELL), "softmax before")
WRONG += edits_of(
    CELL,
    (
        "div weight sum",
        "step 4: divided by the sum of the C class weights, not by that of all pixels' weights.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    return (pixel_weight * loss).sum() / weight.sum()",
        ),
    ),
    (
        "per image",
        "a weighted mean of each image, then their mean: sum over the whole batch first.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    return ((pixel_weight * loss).sum((1,2)) / pixel_weight.sum((1,2))).mean()",
        ),
    ),
    (
        "normalised w",
        "step 4: the weights are normalised over classes; divide by the sum of the pixels' weights.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    w = pixel_weight / weight.sum(); return (w * loss).mean()",
        ),
    ),
    (
        "no log",
        "step 1: the logarithm is missing: log_softmax.",
        ("    log_prob = torch.log_softmax(logits, dim=1)", "    log_prob = torch.softmax(logits, dim=1)"),
    ),
    (
        "dim0",
        "step 1: the softmax runs over the images (dim 0); the classes are dim 1.",
        (
            "    log_prob = torch.log_softmax(logits, dim=1)",
            "    log_prob = torch.log_softmax(logits, dim=0)",
        ),
    ),
    (
        "dim last",
        "step 1: the softmax runs along the width; the classes are dim 1.",
        (
            "    log_prob = torch.log_softmax(logits, dim=1)",
            "    log_prob = torch.log_softmax(logits, dim=-1)",
        ),
    ),
    (
        "log of softmax eps",
        "step 1: log(softmax + a small number) is bounded for large logits: log_softmax.",
        (
            "    log_prob = torch.log_softmax(logits, dim=1)",
            "    log_prob = torch.log(torch.softmax(logits, dim=1) + 1e-6)",
        ),
    ),
    (
        "clamp",
        "step 1: a clamp bounds the loss and has no gradient: log_softmax.",
        (
            "    log_prob = torch.log_softmax(logits, dim=1)",
            "    log_prob = torch.log(torch.softmax(logits, dim=1).clamp(1e-7))",
        ),
    ),
    (
        "log10",
        "step 1: the logarithm to base 10; the natural one is meant.",
        (
            "    log_prob = torch.log_softmax(logits, dim=1)",
            "    log_prob = torch.log_softmax(logits, dim=1) / np.log(10)",
        ),
    ),
    (
        "weight inplace",
        "weight /= ... writes into the argument: make a new tensor.",
        ("    pixel_weight = weight[target]", "    weight /= weight.sum(); pixel_weight = weight[target]"),
    ),
    (
        "hard4",
        "the number of classes is fixed at 4.",
        (
            "    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)",
            "    loss = -(log_prob * torch.stack([target == c for c in range(4)], 1)).sum(1)",
        ),
    ),
    (
        "onehot no c",
        "F.one_hot without the number of classes: one is missing if no pixel has the last class.",
        (
            "    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)",
            "    loss = -(log_prob * F.one_hot(target).movedim(-1, 1)).sum(1)",
        ),
    ),
    (
        "view bug",
        "step 2: reshape does not move the class axis of F.one_hot: use movedim(-1, 1).",
        (
            "    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)",
            "    loss = -(log_prob * F.one_hot(target, logits.shape[1]).reshape(logits.shape)).sum(1)",
        ),
    ),
    (
        "squeeze all",
        "step 2: gather keeps an axis of length 1, and (B, 1, H, W) times (B, H, W) gives (B, B, H, W).",
        (
            "    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)",
            "    loss = -log_prob.gather(1, target.unsqueeze(1))",
        ),
    ),
    (
        "w allclasses",
        "step 2: all classes count at each pixel, not the true one only.",
        (
            "    pixel_weight = weight[target]",
            "    pixel_weight = weight[target]\n    return (weight.view(1, -1, 1, 1) * -log_prob).mean()",
        ),
    ),
    (
        "w squared",
        "the weight is applied twice.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    return (pixel_weight**2 * loss).sum() / pixel_weight.sum()",
        ),
    ),
    (
        "eps",
        "step 4: 1 is added to the sum of the weights.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    return (pixel_weight * loss).sum() / (pixel_weight.sum() + 1)",
        ),
    ),
    (
        "eps1e3",
        "step 4: a small number is added to the sum of the weights, which may be small itself.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    return (pixel_weight * loss).sum() / (pixel_weight.sum() + 1e-3)",
        ),
    ),
    (
        "numpy w",
        "the weights are rounded.",
        (
            "    pixel_weight = weight[target]",
            "    pixel_weight = torch.from_numpy(weight.numpy()[target.numpy()]).round()",
        ),
    ),
    (
        "skip bg",
        "the background pixels are left out.",
        (
            "    pixel_weight = weight[target]",
            "    pixel_weight = weight[target]\n    pixel_weight = pixel_weight * (target > 0)",
        ),
    ),
    (
        "mean of class means",
        "the mean of each class first: step 4 is one sum over all pixels.",
        (
            "    pixel_weight = weight[target]",
            "    pixel_weight = weight[target]\n    per = [loss[target == c].mean() * weight[c] for c in range(len(weight)) if (target == c).any()]\n    return sum(per) / weight.sum()",
        ),
    ),
    (
        "pixelmap",
        "step 4: the sum over the pixels is missing.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    return pixel_weight * loss / pixel_weight.sum()",
        ),
    ),
    (
        "wlog",
        "large weights are cut off.",
        ("    pixel_weight = weight[target]", "    pixel_weight = weight.log().exp().clamp(max=10)[target]"),
    ),
    (
        "nan to num missing",
        "step 4: the sum of the weights is bounded below by 1, but it may be smaller.",
        (
            "    return (pixel_weight * loss).sum() / pixel_weight.sum()",
            "    return (pixel_weight * loss).sum() / max(pixel_weight.sum(), 1)",
        ),
    ),
)

WRONG += edits_of(
    CELL,
    (
        "small weights raised",
        "weights below 0.001 are raised: a weight may be 0 or tiny.",
        ("    pixel_weight = weight[target]", "    pixel_weight = weight.clamp_min(1e-3)[target]"),
    ),
)
