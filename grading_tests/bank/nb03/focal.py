# ruff: noqa: E501
"""Right and wrong answers to the gap about the focal loss."""

import torch
import torch.nn.functional as F

from brainlab.losses import focal_loss
from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.gap import Mistake, Survivor


def surprise(logits, target):
    """Return -log(probability of the true class) of each pixel, (B, H, W)."""
    return F.cross_entropy(logits, target, reduction="none")


def true_prob(logits, target):
    return logits.softmax(dim=1).gather(1, target[:, None])[:, 0]


def by_cross_entropy(logits, target, gamma=2.0):
    loss = surprise(logits, target)
    return ((1 - torch.exp(-loss)) ** gamma * loss).mean()


def by_one_hot(logits, target, gamma=2.0):
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)
    p, log_p = ((truth * x).sum(dim=1) for x in (logits.softmax(dim=1), logits.log_softmax(dim=1)))
    return -((1 - p) ** gamma * log_p).mean()


def by_einsum(logits, target, gamma=2.0):
    truth = F.one_hot(target, logits.shape[1]).to(logits)
    log_p = torch.einsum("bhwc,bchw->bhw", truth, logits.log_softmax(dim=1))
    return (-log_p * (-log_p.expm1()).pow(gamma)).mean()


def class_by_class(logits, target, gamma=2.0):
    total = 0.0
    for label in range(logits.shape[1]):
        log_p = logits.log_softmax(dim=1)[:, label][target == label]
        total = total - ((1 - log_p.exp()).pow(gamma) * log_p).sum()
    return total / target.numel()


def image_by_image(logits, target, gamma=2.0, reduction="mean"):
    losses = [by_cross_entropy(*pair, gamma) for pair in zip(logits[:, None], target[:, None], strict=True)]
    return sum(losses) / len(losses)


def by_the_others(logits, target, gamma=2.0):
    """1 - p as the sum of the other probabilities."""
    prob = logits.softmax(dim=1)
    others = torch.where(F.one_hot(target, logits.shape[1]).movedim(-1, 1) == 1, 0.0, prob).sum(dim=1)
    return (others**gamma * surprise(logits, target)).mean(dim=(1, 2)).mean()


RIGHT = {
    "library": focal_loss,
    "from the cross-entropy": by_cross_entropy,
    "one-hot": by_one_hot,
    "einsum": by_einsum,
    "class by class": class_by_class,
    "image by image": image_by_image,
    "the other probabilities": by_the_others,
    "float64": lambda logits, target, gamma=2.0: by_cross_entropy(logits.double(), target, gamma),
}


def of_the_mean(logits, target, gamma=2.0):
    loss = F.cross_entropy(logits, target)
    return (1 - torch.exp(-loss)) ** gamma * loss


def sigmoid_of_each_class(logits, target, gamma=2.0):
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1).to(logits)
    loss = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return ((1 - torch.exp(-loss)) ** gamma * loss).sum(dim=1).mean()


def with_alpha(logits, target, gamma=2.0):
    loss = surprise(logits, target)
    return (torch.where(target > 0, 0.25, 0.75) * (1 - torch.exp(-loss)) ** gamma * loss).mean()


def weight_detached(logits, target, gamma=2.0):
    return ((1 - true_prob(logits, target)).detach() ** gamma * surprise(logits, target)).mean()


def divided_by_the_weights(logits, target, gamma=2.0):
    weight = (1 - true_prob(logits, target)) ** gamma
    return (weight * surprise(logits, target)).sum() / weight.sum()


WRONG = [
    Mistake(
        "weight on the wrong side",
        "Lin et al. 2017 (arXiv:1708.02002), equation 4: (1 - p) ** gamma",
        "p ** gamma favours the pixels that are right already; take (1 - p) ** gamma.",
        lambda logits, target, gamma=2.0: (
            true_prob(logits, target) ** gamma * surprise(logits, target)
        ).mean(),
    ),
    Mistake(
        "gamma as a factor",
        "fudannlp16/focal-loss#2 and #3: (1 - y_pred) * gamma",
        "gamma is an exponent, not a factor.",
        lambda logits, target, gamma=2.0: (
            (1 - true_prob(logits, target)) * gamma * surprise(logits, target)
        ).mean(),
    ),
    Mistake(
        "modulated after the mean",
        "kaidic/LDAM-DRW#6, ZhaoJ9014/face.evoLVe#180, gokulprasadthekkel/pytorch-multi-class-focal-loss#1",
        "you take the mean first, so that all pixels get one factor: weigh every pixel, then take the mean.",
        of_the_mean,
    ),
    Mistake(
        "p of the predicted class",
        "Lin et al. 2017 (arXiv:1708.02002), equation 2: p is that of the true class",
        "p is the probability of the true class, not the largest one.",
        lambda logits, target, gamma=2.0: (
            (1 - logits.softmax(dim=1).amax(dim=1)) ** gamma * surprise(logits, target)
        ).mean(),
    ),
    Mistake(
        "log p in place of p",
        "clcarwin/sphereface_pytorch#24: logpt and pt",
        "1 - log(p) is no probability: first p = exp(log p).",
        lambda logits, target, gamma=2.0: (
            (1 + surprise(logits, target)) ** gamma * surprise(logits, target)
        ).mean(),
    ),
    Mistake(
        "alpha of detection",
        "Lin et al. 2017 (arXiv:1708.02002), equation 5; zimenglan-sysu-512/Focal-Loss#8",
        "alpha (0.25 for objects, 0.75 for background) is another factor of the paper; none is asked for.",
        with_alpha,
    ),
    Mistake(
        "gamma ignored",
        "davisking/dlib#2552: the value should reflect gamma as well",
        "that is the cross-entropy: the factor (1 - p) ** gamma is missing.",
        lambda logits, target, gamma=2.0: F.cross_entropy(logits, target),
    ),
    Mistake(
        "gamma always 2",
        "Lin et al. 2017 (arXiv:1708.02002), section 3.2: gamma = 0 is the cross-entropy",
        "gamma is fixed at 2; use the argument.",
        lambda logits, target, gamma=2.0: by_cross_entropy(logits, target),
    ),
    Mistake(
        "exponent on everything",
        "fudannlp16/focal-loss#3: what does the exponent belong to?",
        "only 1 - p is raised to gamma, not log(p).",
        lambda logits, target, gamma=2.0: (
            ((1 - true_prob(logits, target)) * surprise(logits, target)) ** gamma
        ).mean(),
    ),
    Mistake(
        "mean over the classes too",
        "keras-team/keras-cv#1505: unusually small losses",
        "you divide by the number of classes too; only the true class of each pixel counts.",
        lambda logits, target, gamma=2.0: by_cross_entropy(logits, target, gamma) / logits.shape[1],
    ),
    Mistake(
        "sum",
        "Lin et al. 2017 (arXiv:1708.02002), section 4.1: the sum is normalised",
        "you add up the pixels; take their mean.",
        lambda logits, target, gamma=2.0: by_cross_entropy(logits, target, gamma) * target.numel(),
    ),
    Mistake(
        "divided by the factors",
        "mathiaszinnen/focal_loss_torch#18: dividing by the weights takes their effect away",
        "you divide by the sum of the factors (1 - p) ** gamma; divide by the number of pixels.",
        divided_by_the_weights,
    ),
    Mistake(
        "sigmoid of each class",
        "umbertogriffo/focal-loss-keras#13: the binary form in place of the categorical one",
        "that is the two-class form, once for each class; here the classes exclude each other: softmax.",
        sigmoid_of_each_class,
    ),
    Mistake(
        "no minus",
        "tensorflow/tpu#129: the sign and the factor of the formula",
        "the minus is missing: a loss must fall as the true class gets likelier.",
        lambda logits, target, gamma=2.0: -by_cross_entropy(logits, target, gamma),
    ),
    Mistake(
        "softmax twice",
        "NVIDIA/DeepLearningExamples#468, ariecattan/SciCo#2",
        "softmax is applied twice (log_softmax contains it).",
        lambda logits, target, gamma=2.0: by_cross_entropy(logits.softmax(dim=1), target, gamma),
    ),
    Mistake(
        "log of the softmax",
        "fudannlp16/focal-loss#4, mkocabas/focal-loss-keras#17",
        "for large logits the exponential is 0 or infinite, and so is the loss: take log_softmax in one step.",
        lambda logits, target, gamma=2.0: (
            -((1 - true_prob(logits, target)) ** gamma * true_prob(logits, target).log()).mean()
        ),
    ),
    Mistake(
        "factor without gradient",
        "davisking/dlib#2552: value and gradient must belong together",
        "the value is right, but the factor (1 - p) ** gamma is cut off from the gradient.",
        weight_detached,
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target, gamma=2.0: by_cross_entropy(logits, target, gamma).detach(),
    ),
]

# Wrong answers as edits of this right one.
CELL = """def focal_loss(logits, target, gamma=2.0):
    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)
    p = log_p.exp()
    loss = -((1 - p) ** gamma) * log_p
    return loss.mean()
"""

WRONG += slips(edited(CELL), "minus the loss", "softmax before")
WRONG += edits_of(
    CELL,
    (
        "one minus pow",
        "step 3: 1 - p ** gamma; the power is of (1 - p).",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -(1 - p ** gamma) * log_p"),
    ),
    (
        "exp",
        "step 3: exp(-gamma p) in place of (1 - p) ** gamma.",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -torch.exp(-gamma * p) * log_p"),
    ),
    (
        "default1",
        "the default of gamma was changed.",
        ("def focal_loss(logits, target, gamma=2.0):", "def focal_loss(logits, target, gamma=1.0):"),
    ),
    (
        "default5",
        "the default of gamma was changed.",
        ("def focal_loss(logits, target, gamma=2.0):", "def focal_loss(logits, target, gamma=5.0):"),
    ),
    (
        "gamma or",
        "`gamma or 2` turns gamma 0 into 2.",
        (
            "def focal_loss(logits, target, gamma=2.0):",
            "def focal_loss(logits, target, gamma=2.0):\n    gamma = gamma or 2.0",
        ),
    ),
    (
        "int gamma",
        "int(gamma) cuts off the decimals.",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -((1 - p) ** int(gamma)) * log_p"),
    ),
    (
        "detach log",
        "log p is cut from the graph (detach): half of the gradient is missing.",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -((1 - p) ** gamma) * log_p.detach()"),
    ),
    (
        "alpha025",
        "the factor alpha = 0.25 of RetinaNet is not part of this loss.",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -0.25 * ((1 - p) ** gamma) * log_p"),
    ),
    (
        "sum per image",
        "step 4: a sum over the pixels of an image; the mean over all is asked for.",
        ("    return loss.mean()", "    return loss.sum((1, 2)).mean()"),
    ),
    (
        "mean ce factor",
        "the mean factor times the mean loss: multiply at each pixel first.",
        ("    return loss.mean()", "    return ((1 - p) ** gamma).mean() * -log_p.mean()"),
    ),
    (
        "all classes",
        "all classes count at each pixel, as in the binary form; only the true one should.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)\n    p = log_p.exp()\n    loss = -((1 - p) ** gamma) * log_p\n    return loss.mean()",
            "    p = logits.softmax(1)\n    t = F.one_hot(target, logits.shape[1]).movedim(-1, 1)\n    pt = p * t + (1 - p) * (1 - t)\n    return (-(1 - pt) ** gamma * pt.log()).mean()",
        ),
    ),
    (
        "sigmoid",
        "a sigmoid for each class; the probabilities are a softmax over the classes.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)\n    p = log_p.exp()\n    loss = -((1 - p) ** gamma) * log_p\n    return loss.mean()",
            '    t = F.one_hot(target, logits.shape[1]).movedim(-1, 1).to(logits)\n    p = logits.sigmoid()\n    ce = F.binary_cross_entropy_with_logits(logits, t, reduction="none")\n    return (ce * (1 - (p * t + (1 - p) * (1 - t))) ** gamma).mean()',
        ),
    ),
    (
        "onehot no c",
        "F.one_hot without the number of classes: one is missing if no pixel has the last class.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)\n    p = log_p.exp()\n    loss = -((1 - p) ** gamma) * log_p\n    return loss.mean()",
            "    t = F.one_hot(target).movedim(-1, 1)\n    lp = logits.log_softmax(1)\n    return (-(1 - lp.exp()) ** gamma * lp * t).sum(1).mean()",
        ),
    ),
    (
        "onehot 4",
        "F.one_hot with 4 classes: other networks have more or fewer; the logits tell how many.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)\n    p = log_p.exp()\n    loss = -((1 - p) ** gamma) * log_p\n    return loss.mean()",
            "    t = F.one_hot(target, 4).movedim(-1, 1)\n    lp = logits.log_softmax(1)\n    return (-(1 - lp.exp()) ** gamma * lp * t).sum(1).mean()",
        ),
    ),
    (
        "clamp p",
        "step 2: a clamp of p changes the value, and has no gradient.",
        ("    p = log_p.exp()", "    p = log_p.exp().clamp(1e-4, 1 - 1e-4)"),
    ),
    (
        "log eps",
        "step 1: log(softmax + a small number) is bounded for large logits: log_softmax.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)",
            "    log_p = (logits.softmax(1) + 1e-6).log().gather(1, target.unsqueeze(1)).squeeze(1)",
        ),
    ),
    (
        "log softmax naive",
        "step 1: the softmax of large logits rounds to 0, and log 0 is -infinity: log_softmax.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)",
            "    log_p = logits.softmax(1).log().gather(1, target.unsqueeze(1)).squeeze(1)",
        ),
    ),
    (
        "clamp log",
        "a clamp bounds the loss of very wrong pixels, and has no gradient there.",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -((1 - p) ** gamma) * log_p.clamp(min=-10)"),
    ),
    (
        "max p",
        "step 1: the largest probability, not that of the true class.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)",
            "    log_p = torch.log_softmax(logits, dim=1).max(1).values",
        ),
    ),
    (
        "dim0",
        "step 1: the softmax runs over the images (dim 0); the classes are dim 1.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)",
            "    log_p = torch.log_softmax(logits, dim=0).gather(1, target.unsqueeze(1)).squeeze(1)",
        ),
    ),
    (
        "dimlast",
        "step 1: the softmax runs along the width; the classes are dim 1.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)",
            "    log_p = torch.log_softmax(logits, dim=-1).gather(1, target.unsqueeze(1)).squeeze(1)",
        ),
    ),
    (
        "round p",
        "step 2: p is rounded, so the factor has no gradient.",
        ("    p = log_p.exp()", "    p = log_p.exp().round()"),
    ),
    (
        "p plus",
        "step 2: exp(-log p) is 1 / p: p is exp(log p).",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)\n    p = log_p.exp()\n    loss = -((1 - p) ** gamma) * log_p\n    return loss.mean()",
            '    ce = F.cross_entropy(logits, target, reduction="none")\n    return ((1 - torch.exp(ce)).abs() ** gamma * ce).mean()',
        ),
    ),
    (
        "log2",
        "step 1: the logarithm to base 2; the natural one is meant.",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -((1 - p) ** gamma) * log_p / np.log(2)"),
    ),
    (
        "gamma plus1",
        "step 3: the exponent is gamma + 1.",
        ("    loss = -((1 - p) ** gamma) * log_p", "    loss = -((1 - p) ** (gamma + 1)) * log_p"),
    ),
    (
        "image mean fg",
        "step 4: the background pixels are left out of the mean.",
        ("    return loss.mean()", "    return loss[target > 0].mean()"),
    ),
    ("map", "step 4: the mean is missing.", ("    return loss.mean()", "    return loss")),
    (
        "batch",
        "step 4: one mean for each image; one number is asked for.",
        ("    return loss.mean()", "    return loss.mean((1, 2))"),
    ),
    (
        "second softmax",
        "step 2: p went through a second softmax.",
        ("    p = log_p.exp()", "    p = logits.softmax(1).softmax(1).gather(1, target[:, None])[:, 0]"),
    ),
)

SURVIVORS = [
    Survivor(
        "log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)",
        [
            "log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze()",
            "log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(2)",
            "log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(0)",
        ],
        "only the mean over all pixels is taken: the shape before it does not matter",
    ),
]

WRONG += edits_of(
    CELL,
    (
        "p bounded above",
        "1 - p is bounded away from 0: a pixel that is nearly right has hardly any loss.",
        ("    p = log_p.exp()", "    p = log_p.exp().clamp(max=1 - 1e-4)"),
    ),
    (
        "chosen last",
        "the slope of a power below 1 is infinite where another class has p = 1: choose the true class first.",
        (
            "    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)",
            "    log_p = torch.log_softmax(logits, dim=1)",
        ),
        ("    return loss.mean()", "    return loss.gather(1, target.unsqueeze(1)).mean()"),
    ),
    ("gamma at least 1", "gamma is bounded: below 1 it counts too.", ("** gamma)", "** max(gamma, 1))")),
)
