"""Right and wrong answers to the gap about the weighted cross-entropy."""

import torch
import torch.nn.functional as F

from brainlab.losses import cross_entropy
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
    return by_one_hot(logits.double(), target, weight.double()).reshape(1)


RIGHT = {
    "library": cross_entropy,
    "torch": lambda logits, target, weight: F.cross_entropy(logits, target, weight=weight),
    "one-hot": by_one_hot,
    "class by class": class_by_class,
    "einsum": by_einsum,
    "mean by mean": by_averaging_weights,
    "pixel by pixel": pixel_by_pixel,
    "float64, shape (1,), another keyword": in_float64,
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
        "for large logits softmax is exactly 0 and its log is -inf: take log_softmax in one step.",
        lambda logits, target, weight: from_log_prob(logits.softmax(dim=1).log(), target, weight),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target, weight: F.cross_entropy(logits, target, weight=weight).detach(),
    ),
]
