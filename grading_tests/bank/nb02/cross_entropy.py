"""Right and wrong answers to the gap about the cross-entropy."""

import torch
import torch.nn.functional as F

from brainlab.losses import cross_entropy
from grading_tests.gap import Mistake


def by_one_hot(logits, target):
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)
    return -(truth * logits.log_softmax(dim=1)).sum(dim=1).mean()


def by_log_sum_exp(logits, target):
    right = logits.gather(1, target[:, None])[:, 0]
    return (torch.logsumexp(logits, dim=1) - right).mean()


def by_subtracting_the_maximum(logits, target):
    shifted = logits - logits.amax(dim=1, keepdim=True)
    log_sum = shifted.exp().sum(dim=1).log()
    return (log_sum - torch.take_along_dim(shifted, target.unsqueeze(1), 1).squeeze(1)).mean()


def pixel_by_pixel(logits, target):
    pixels = logits.movedim(1, -1).reshape(-1, logits.shape[1])
    labels = target.reshape(-1)
    losses = [torch.logsumexp(pixel, 0) - pixel[label] for pixel, label in zip(pixels, labels, strict=True)]
    return sum(losses) / len(losses)


def class_by_class(logits, target):
    """A sum over the classes, each with its own pixels."""
    log_prob = logits - logits.logsumexp(dim=1, keepdim=True)
    parts = [log_prob[:, label][target == label].sum() for label in range(logits.shape[1])]
    return -torch.stack(parts).sum() / target.numel()


def from_log_prob(log_prob, target):
    return -log_prob.gather(1, target.unsqueeze(1)).mean()


RIGHT = {
    "library": cross_entropy,
    "torch": F.cross_entropy,
    "one-hot": by_one_hot,
    "log-sum-exp": by_log_sum_exp,
    "maximum subtracted": by_subtracting_the_maximum,
    "pixel by pixel": pixel_by_pixel,
    "class by class": class_by_class,
    "float64, shape (1,)": lambda logits, target: by_one_hot(logits.double(), target).reshape(1),
}

WRONG = [
    Mistake(
        "softmax twice",
        "NVIDIA/DeepLearningExamples#468, ariecattan/SciCo#2: the loss sticks at 0.74",
        "softmax is applied twice (log_softmax contains it): the loss can never come near 0.",
        lambda logits, target: F.cross_entropy(logits.softmax(dim=1), target),
    ),
    Mistake(
        "log of the softmax",
        "tensorflow/models#181, zackchase/mxnet-the-straight-dope#3",
        "for large logits softmax is exactly 0 and its log is -inf: take log_softmax in one step.",
        lambda logits, target: from_log_prob(logits.softmax(dim=1).log(), target),
    ),
    Mistake(
        "softmax along the width",
        "hfslyc/AdvSemiSeg#73, MrGiovanni/ModelsGenesis#8",
        "the softmax runs along the width (dim=-1); the classes are axis 1.",
        lambda logits, target: from_log_prob(logits.log_softmax(dim=-1), target),
    ),
    Mistake(
        "softmax along the batch",
        "fxia22/pointnet.pytorch#27",
        "the softmax runs along the batch (dim=0); the classes are axis 1.",
        lambda logits, target: from_log_prob(logits.log_softmax(dim=0), target),
    ),
    Mistake(
        "sum",
        "soumith/cudnn.torch#73: normalise by batch, height and width",
        "you add up the pixels; the mean does not depend on the size of the image.",
        lambda logits, target: F.cross_entropy(logits, target, reduction="sum"),
    ),
    Mistake(
        "mean over the classes too",
        "keras-team/keras-cv#1505: unusually small losses",
        "you divide by the number of classes too; only the true class of each pixel counts.",
        lambda logits, target: by_one_hot(logits, target) / logits.shape[1],
    ),
    Mistake(
        "no minus",
        "Bishop 2006, equation 4.108",
        "the minus is missing: a loss must fall as the true class gets likelier.",
        lambda logits, target: -F.cross_entropy(logits, target),
    ),
    Mistake(
        "no log",
        "Bishop 2006, equation 4.108",
        "that is minus the mean probability; the cross-entropy takes its logarithm first.",
        lambda logits, target: from_log_prob(logits.softmax(dim=1), target),
    ),
    Mistake(
        "no softmax",
        "wkentaro/pytorch-fcn#16: nll_loss wants log-probabilities",
        "the logits are no log-probabilities yet: log_softmax is missing.",
        from_log_prob,
    ),
    Mistake(
        "log of the mean",
        "Wong et al. 2018 (arXiv:1809.00076): the mean is taken of the logarithms",
        "first the logarithm of each pixel, then the mean.",
        lambda logits, target: -logits.softmax(dim=1).gather(1, target[:, None]).mean().log(),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target: F.cross_entropy(logits, target).detach(),
    ),
]
