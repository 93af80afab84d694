"""Right and wrong answers to the gap about the cross-entropy."""

import torch
import torch.nn.functional as F

from brainlab.losses import cross_entropy
from grading_tests.bank.nb02._variants import variants
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
    "float64": lambda logits, target: by_one_hot(logits.double(), target),
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
        "for large logits exp is infinite, or softmax is 0 and its log -inf: take log_softmax in one step.",
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


WRONG += variants(
    "g02_cross_entropy",
    (
        "softmax with a small number",
        "a small number added to the probability limits the loss: use log_softmax.",
        1,
        "logits.log_softmax(dim=1)",
        "(logits.softmax(dim=1) + 1e-8).log()",
    ),
    (
        "probabilities clamped",
        "clamped probabilities limit the loss and cut its gradient: use log_softmax.",
        1,
        "logits.log_softmax(dim=1)",
        "logits.softmax(dim=1).clamp(min=1e-7).log()",
    ),
    (
        "log of a softmax in float64",
        "float64 rounds to 0 as well, for larger logits: use log_softmax.",
        1,
        "logits.log_softmax(dim=1)",
        "logits.double().softmax(dim=1).log().to(logits.dtype)",
    ),
    (
        "infinity replaced",
        "the logarithm of 0 is replaced, not avoided: use log_softmax.",
        1,
        "logits.log_softmax(dim=1)",
        "torch.nan_to_num(logits.softmax(dim=1).log(), neginf=-100)",
    ),
    (
        "logits clamped",
        "clamped logits are other logits: log_softmax works for large ones too.",
        1,
        "logits.log",
        "logits.clamp(-30, 30).log",
    ),
    (
        "exp without the maximum",
        "exp of several hundred overflows: log_softmax subtracts the maximum first.",
        1,
        "logits.log_softmax(dim=1)",
        "logits - logits.exp().sum(1, keepdim=True).log()",
    ),
    (
        "one maximum for all",
        "subtract the maximum of each pixel; with one for all, others underflow.",
        1,
        "logits.log_softmax(dim=1)",
        "(logits - logits.max()) - (logits - logits.max()).exp().sum(1, keepdim=True).log()",
    ),
    (
        "sum over the pixels",
        "the sum over the pixels is divided by the number of images only: take the mean over all pixels.",
        3,
        "true_class.mean()",
        "true_class.sum() / len(logits)",
    ),
    (
        "softmax over the image",
        "the softmax runs over the classes of one pixel, not over the image.",
        1,
        "logits.log_softmax(dim=1)",
        "logits.flatten(1).log_softmax(1).view_as(logits)",
    ),
    (
        "four classes",
        "the number of classes is logits.shape[1]; yours is fixed at 4.",
        2,
        "log_prob.gather(1, target.unsqueeze(1))",
        "(log_prob * F.one_hot(target, 4).movedim(-1, 1)).sum(1)",
    ),
    (
        "classes counted in the target",
        "one_hot needs the number of classes: in this target the last ones do not occur.",
        2,
        "log_prob.gather(1, target.unsqueeze(1))",
        "(log_prob * F.one_hot(target).movedim(-1, 1)).sum(1)",
    ),
    (
        "background ignored",
        "the background counts like every other class.",
        2,
        "-true_class.mean()",
        "-true_class[target.unsqueeze(1) > 0].mean()",
    ),
    (
        "mean of the class means",
        "the mean runs over the pixels; in yours rare classes count as much as frequent ones.",
        3,
        "true_class.mean()",
        "torch.stack([true_class[target.unsqueeze(1) == c].mean() for c in target.unique()]).mean()",
    ),
    (
        "logarithm to base 2",
        "the logarithm is the natural one.",
        3,
        "true_class.mean()",
        "true_class.mean() / math.log(2)",
    ),
    (
        "logarithm to base 10",
        "the logarithm is the natural one.",
        3,
        "true_class.mean()",
        "true_class.mean() / math.log(10)",
    ),
    (
        "smoothed labels",
        "the target is not smoothed: only the true class counts.",
        2,
        "log_prob.gather(1, target.unsqueeze(1))",
        "(0.95 * log_prob.gather(1, target.unsqueeze(1)) + 0.05 * log_prob.mean(1, keepdim=True))",
    ),
    (
        "one loss for each pixel",
        "the mean over the pixels is missing.",
        3,
        "true_class.mean()",
        "true_class",
    ),
    (
        "one loss for each image",
        "the mean runs over the images, too.",
        3,
        "mean()",
        "mean(dim=(1, 2, 3))",
    ),
    (
        "a plain number",
        "a number has no gradient: return the tensor.",
        3,
        "-true_class.mean()",
        "-true_class.mean().item()",
    ),
    (
        "shape (1,)",
        "a scalar tensor has the shape (); yours has one axis.",
        3,
        "mean()",
        "mean().reshape(1)",
    ),
    (
        "a new tensor",
        "torch.tensor(...) of a value starts a new graph: the gradient is lost.",
        3,
        "-true_class.mean()",
        "torch.tensor(-true_class.mean().item(), requires_grad=True)",
    ),
    (
        "classes not last before the reshape",
        "reshape alone mixes classes and pixels: move the class axis to the end first.",
        2,
        "log_prob.gather(1, target.unsqueeze(1))",
        "logits.reshape(-1, logits.shape[1]).log_softmax(1).gather(1, target.reshape(-1, 1))",
    ),
    (
        "rows and columns exchanged",
        "rows and columns are exchanged before the target is looked up.",
        2,
        "log_prob.gather(1, target.unsqueeze(1))",
        "log_prob.transpose(2, 3).flatten(2).gather(1, target.flatten(1).unsqueeze(1))",
    ),
    (
        "normaliser detached",
        "the gradient also flows through the sum of the exponentials: do not detach it.",
        1,
        "logits.log_softmax(dim=1)",
        "logits - logits.logsumexp(1, keepdim=True).detach()",
    ),
    (
        "logit detached",
        "the gradient also flows through the logit of the true class: do not detach it.",
        1,
        "logits.log_softmax(dim=1)",
        "logits.detach() - logits.logsumexp(1, keepdim=True)",
    ),
    (
        "logits changed",
        "the logits are changed in place; the caller still needs them.",
        1,
        "    log_prob",
        "    logits -= logits.amax(1, keepdim=True).detach()\n    log_prob",
    ),
    (
        "target changed",
        "unsqueeze_ changes the target itself; unsqueeze makes a view.",
        2,
        "target.unsqueeze(1)",
        "target.unsqueeze_(1)",
    ),
    (
        "binary cross-entropy",
        "this is the binary cross-entropy of each class; the classes exclude each other, "
        "so a softmax is needed.",
        1,
        "-true_class.mean()",
        "F.binary_cross_entropy_with_logits(logits, F.one_hot(target, "
        "logits.shape[1]).movedim(-1, 1).to(logits.dtype))",
    ),
    (
        "predicted class",
        "the class comes from the target, not from the prediction.",
        2,
        "target.unsqueeze(1)",
        "logits.argmax(1, keepdim=True)",
    ),
    (
        "median",
        "the mean is asked for, not the median.",
        3,
        "mean()",
        "median()",
    ),
    (
        "divided by a square",
        "the number of pixels is H times W, also where H and W differ.",
        3,
        "true_class.mean()",
        "true_class.sum() / (len(logits) * logits.shape[2] ** 2)",
    ),
    (
        "first image only",
        "all images of the batch count.",
        3,
        "true_class.mean()",
        "true_class[0].mean()",
    ),
    (
        "perplexity",
        "the loss is the mean itself, not its exponential.",
        3,
        "-true_class.mean()",
        "(-true_class.mean()).exp()",
    ),
    (
        "focal loss",
        "this is the focal loss; here every pixel has the same weight.",
        3,
        "true_class.mean()",
        "((1 - true_class.exp()) ** 2 * true_class).mean()",
    ),
)


WRONG += variants(
    "g02_cross_entropy",
    (
        "1 minus the probability",
        "the loss is minus the logarithm of the probability, not its distance from 1.",
        1,
        "logits.log_softmax(dim=1)",
        "logits.softmax(dim=1) - 1",
    ),
    (
        "entropy",
        "this is the entropy of the prediction, which does not know the truth.",
        2,
        "return -true_class.mean()",
        "return -(log_prob.exp() * log_prob).sum(dim=1).mean()",
    ),
    (
        "squared error",
        "these are squared errors of the probabilities; the logarithm of one of them is asked for.",
        3,
        "return -true_class.mean()",
        "return (log_prob.exp() - F.one_hot(target, logits.shape[1]).movedim(-1, "
        "1)).square().sum(dim=1).mean()",
    ),
    (
        "logits cut at 100",
        "logits of several hundred are right as they are: nothing is cut.",
        1,
        "logits.log_softmax",
        "logits.clamp(-100, 100).log_softmax",
    ),
    (
        "last image only",
        "all images of the batch count.",
        3,
        "true_class.mean()",
        "true_class[-1].mean()",
    ),
)
