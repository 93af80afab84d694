# ruff: noqa: E501
"""Right and wrong answers to the gap about the Tversky loss."""

import torch

from brainlab.losses import focal_tversky_loss, tversky_loss
from grading_tests.bank.nb03._edits import edited, edits_of, slips
from grading_tests.bank.nb03.soft_dice import both
from grading_tests.gap import Mistake


def counts(logits, target, axes=(2, 3)):
    """Return soft true positives, false positives and false negatives."""
    prob, truth = both(logits, target)
    return (prob * truth).sum(axes), (prob * (1 - truth)).sum(axes), ((1 - prob) * truth).sum(axes)


def index(tp, fp, fn, alpha, beta, eps):
    return (tp + eps) / (tp + alpha * fp + beta * fn + eps)


def by_areas(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    """False positives are what is predicted less what is shared."""
    prob, truth = both(logits, target)
    shared, predicted, true = (part.sum((2, 3)) for part in (prob * truth, prob, truth))
    below = (1 - alpha - beta) * shared + alpha * predicted + beta * true
    return 1 - ((shared + eps) / (below + eps)).mean()


def by_einsum(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    prob, truth = both(logits, target)
    pairs = ((prob, truth), (prob, 1 - truth), (1 - prob, truth))
    tp, fp, fn = (torch.einsum("bchw,bchw->bc", *pair) for pair in pairs)
    return 1 - index(tp, fp, fn, alpha, beta, eps).mean()


def in_loops(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    losses = []
    for prob, labels in zip(logits.softmax(dim=1), target, strict=True):
        for label in range(len(prob)):
            inside, outside = prob[label][labels == label], prob[label][labels != label]
            tp = inside.sum()
            losses.append(1 - index(tp, outside.sum(), inside.numel() - tp, alpha, beta, eps))
    return torch.stack(losses).mean()


def missed_share(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    """1 - index, written as the weighted errors over everything."""
    tp, fp, fn = counts(logits, target)
    errors = alpha * fp + beta * fn
    return (errors / (tp + errors + eps)).mean(dim=1).mean()


def by_pixels(logits, target, alpha=0.3, beta=0.7, eps=1e-6, background=True):
    prob, truth = (part.flatten(2) for part in both(logits, target))
    below = torch.where(truth == 1, prob + beta * (1 - prob), alpha * prob).sum(-1)
    return 1 - (((prob * truth).sum(-1) + eps) / (below + eps)).mean()


def in_float64(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    return by_areas(logits.double(), target, alpha, beta, eps)


RIGHT = {
    "library": tversky_loss,
    "areas": by_areas,
    "einsum": by_einsum,
    "loops": in_loops,
    "share of the errors": missed_share,
    "pixel weights": by_pixels,
    "float64": in_float64,
}


def changed(score):
    """Return a loss of the mean of `score(tp, fp, fn, alpha, beta, eps)`."""

    def answer(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
        return 1 - score(*counts(logits, target), alpha, beta, eps).mean()

    return answer


def over(axes):
    def answer(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
        return 1 - index(*counts(logits, target, axes), alpha, beta, eps).mean()

    return answer


def of_decided_pixels(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    decided = 1e6 * (logits == logits.amax(dim=1, keepdim=True))
    return by_areas(decided, target, alpha, beta, eps)


WRONG = [
    Mistake(
        "alpha and beta swapped",
        "keras-team/keras#23333, FluxML/Flux.jl#1993; Abraham and Khan 2019 name them the other way round",
        "alpha and beta are swapped: alpha weighs the false positives, beta the false negatives.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fn, fp, alpha, beta, eps)),
    ),
    Mistake(
        "factor 2 of Dice",
        "Salehi et al. 2017 (arXiv:1706.05721), equation 3: no factor 2",
        "2 * TP belongs to Dice, whose errors have the weight 1; Tversky has TP above and below.",
        changed(
            lambda tp, fp, fn, alpha, beta, eps: (2 * tp + eps) / (2 * tp + alpha * fp + beta * fn + eps)
        ),
    ),
    Mistake(
        "factor 2 above only",
        "Salehi et al. 2017 (arXiv:1706.05721), equation 3: no factor 2",
        "TP is doubled above but not below: a perfect prediction scores 2.",
        changed(lambda tp, fp, fn, alpha, beta, eps: (2 * tp + eps) / (tp + alpha * fp + beta * fn + eps)),
    ),
    Mistake(
        "alpha and beta ignored",
        "JunMa11/SegLossOdyssey, TverskyLoss: alpha and beta are constants",
        "alpha and beta change nothing here; use the arguments.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fn, 0.3, 0.7, eps)),
    ),
    Mistake(
        "that is Dice",
        "charleygros in ivadomed/ivadomed#256: alpha = beta = 0.5 is Dice",
        "that is soft Dice: both errors count one half whatever alpha and beta are.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fn, 0.5, 0.5, eps)),
    ),
    Mistake(
        "beta as 1 - alpha",
        "FluxML/Flux.jl#1993, Nacriema/Loss-Functions-For-Semantic-Segmentation: one parameter for both",
        "you take 1 - alpha for beta; they are two arguments that need not add up to 1.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fn, alpha, 1 - alpha, eps)),
    ),
    Mistake(
        "false negatives without weight",
        "Salehi et al. 2017 (arXiv:1706.05721), equation 3",
        "only the false positives are weighted; beta belongs on the false negatives.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fn, alpha, 1.0, eps)),
    ),
    Mistake(
        "both errors are false positives",
        "keras-team/keras#23322: fn = sum(targets * (1 - inputs)) of swapped inputs",
        "(1 - truth) * prob stands twice: a false negative is there but not predicted, truth * (1 - prob).",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fp, alpha, beta, eps)),
    ),
    Mistake(
        "TP missing below",
        "Tversky 1977: what both share stands above and below",
        "TP is missing below: the index must be 1 where there is no error.",
        changed(lambda tp, fp, fn, alpha, beta, eps: (tp + eps) / (alpha * fp + beta * fn + eps)),
    ),
    Mistake(
        "areas in place of errors",
        "jocicmarko/ultrasound-nerve-segmentation#85: what is shared is counted twice",
        "you weigh the areas; alpha and beta weigh only what is wrong in them.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, tp + fp, tp + fn, alpha, beta, eps)),
    ),
    Mistake(
        "focal Tversky",
        "Abraham and Khan 2019 (arXiv:1810.07842), equation 4",
        "the exponent belongs to the focal Tversky loss; here it is 1 - index.",
        focal_tversky_loss,
    ),
    Mistake(
        "exponent on the mean",
        "qubvel-org/segmentation_models.pytorch#734: gamma after the mean",
        "no exponent is asked for, and in the focal Tversky loss it belongs inside the mean.",
        lambda logits, target, alpha=0.3, beta=0.7, eps=1e-6: (
            by_areas(logits, target, alpha, beta, eps) ** 0.75
        ),
    ),
    Mistake(
        "batch in one ratio",
        "nabsabraham/focal-tversky-unet#30: summed over the batch",
        "the images of the batch are pooled; here each image has its own index.",
        over((0, 2, 3)),
    ),
    Mistake(
        "classes in one ratio",
        "ProjectNeura/MIPCandy#123: all background scores 0.98 on BraTS",
        "all classes are pooled in one ratio, which the background decides: sum over height and width only.",
        over((1, 2, 3)),
    ),
    Mistake(
        "no 1 -",
        "jakeret/tf_unet#20, akirasosa/mobile-semantic-segmentation#24",
        "that is the index itself: training would make it small. The loss is one minus it.",
        lambda logits, target, alpha=0.3, beta=0.7, eps=1e-6: 1 - by_areas(logits, target, alpha, beta, eps),
    ),
    Mistake(
        "no eps",
        "aiorhiroki/farmer#93: no eps in tversky_index",
        "0 / 0 is NaN for a class that is neither there nor predicted: eps above and below.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fn, alpha, beta, 0.0)),
    ),
    Mistake(
        "eps only below",
        "NifTK/NiftyNet#249, aim-uofa/AdelaiDet#610",
        "eps is missing above: a class that is nowhere scores 0 though nothing is wrong.",
        changed(lambda tp, fp, fn, alpha, beta, eps: tp / (tp + alpha * fp + beta * fn + eps)),
    ),
    Mistake(
        "eps always 1",
        "shruti-jadon/Semantic-Segmentation-Loss-Functions#2: smooth=1",
        "eps is fixed at 1, which is much for a small tumour; use the argument.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fn, alpha, beta, 1.0)),
    ),
    Mistake(
        "background left out",
        "ProjectNeura/MIPCandy#125: do_bg",
        "the background is left out; here the mean runs over all classes.",
        changed(lambda tp, fp, fn, alpha, beta, eps: index(tp, fp, fn, alpha, beta, eps)[:, 1:]),
    ),
    Mistake(
        "argmax inside",
        "tensorlayer/TensorLayer#891, pytorch/pytorch#1339",
        "argmax has no gradient: use the probabilities as they are.",
        of_decided_pixels,
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target, alpha=0.3, beta=0.7, eps=1e-6: by_areas(
            logits, target, alpha, beta, eps
        ).detach(),
    ),
]

# Wrong answers as edits of this right one.
CELL = """def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    prob, truth = probabilities(logits, target)
    tp = (prob * truth).sum(dim=(2, 3))
    fp = (prob * (1 - truth)).sum(dim=(2, 3))
    fn = ((1 - prob) * truth).sum(dim=(2, 3))
    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)
    return 1 - index.mean()
"""

WRONG += slips(edited(CELL))
WRONG += edits_of(
    CELL,
    (
        "swap defaults",
        "the defaults of alpha and beta are swapped.",
        (
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):",
            "def tversky_loss(logits, target, alpha=0.7, beta=0.3, eps=1e-6):",
        ),
    ),
    (
        "half defaults",
        "the defaults of alpha and beta were changed to 0.5.",
        (
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):",
            "def tversky_loss(logits, target, alpha=0.5, beta=0.5, eps=1e-6):",
        ),
    ),
    (
        "dice",
        "that is Dice: alpha and beta are not used.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (2 * tp + eps) / (2 * tp + fp + fn + eps)",
        ),
    ),
    (
        "alpha 1mbeta",
        "1 - beta in place of alpha: they need not add up to 1.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp + (1 - beta) * fp + beta * fn + eps)",
        ),
    ),
    (
        "eps top",
        "eps is above only.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn)",
        ),
    ),
    (
        "eps after",
        "eps is added to the ratio.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = tp / (tp + alpha * fp + beta * fn) + eps",
        ),
    ),
    (
        "eps1",
        "the default of eps was changed to 1.",
        (
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):",
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1.0):",
        ),
    ),
    (
        "eps1e-5",
        "the default of eps was changed.",
        (
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):",
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-5):",
        ),
    ),
    (
        "eps1e-8",
        "the default of eps was changed.",
        (
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):",
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-8):",
        ),
    ),
    (
        "eps ignored",
        "the argument eps is not used.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    eps = 1e-6; index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
        ),
    ),
    (
        "all",
        "everything is pooled: one index for each image and class.",
        (
            "    tp = (prob * truth).sum(dim=(2, 3))\n    fp = (prob * (1 - truth)).sum(dim=(2, 3))\n    fn = ((1 - prob) * truth).sum(dim=(2, 3))",
            "    tp = (prob * truth).sum()\n    fp = (prob * (1 - truth)).sum()\n    fn = ((1 - prob) * truth).sum()",
        ),
    ),
    (
        "mean",
        "means in place of sums: then eps, in pixels, is far too large.",
        (
            "    tp = (prob * truth).sum(dim=(2, 3))\n    fp = (prob * (1 - truth)).sum(dim=(2, 3))\n    fn = ((1 - prob) * truth).sum(dim=(2, 3))",
            "    tp = (prob * truth).mean(dim=(2, 3))\n    fp = (prob * (1 - truth)).mean(dim=(2, 3))\n    fn = ((1 - prob) * truth).mean(dim=(2, 3))",
        ),
    ),
    (
        "one axis",
        "the sums run over the width only.",
        (
            "    tp = (prob * truth).sum(dim=(2, 3))\n    fp = (prob * (1 - truth)).sum(dim=(2, 3))\n    fn = ((1 - prob) * truth).sum(dim=(2, 3))",
            "    tp = (prob * truth).sum(dim=3)\n    fp = (prob * (1 - truth)).sum(dim=3)\n    fn = ((1 - prob) * truth).sum(dim=3)",
        ),
    ),
    (
        "present",
        "absent classes are left out of the mean.",
        ("    return 1 - index.mean()", "    return 1 - index[truth.sum((2, 3)) > 0].mean()"),
    ),
    (
        "neg",
        "minus the index, where 1 - index is asked for.",
        ("    return 1 - index.mean()", "    return -index.mean()"),
    ),
    (
        "sum",
        "a sum over images and classes in place of the mean.",
        ("    return 1 - index.mean()", "    return (1 - index).sum()"),
    ),
    (
        "detach fp",
        "FP is cut from the graph (detach).",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp + alpha * fp.detach() + beta * fn + eps)",
        ),
    ),
    (
        "detach fn",
        "FN is cut from the graph (detach).",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn.detach() + eps)",
        ),
    ),
    (
        "detach tp denominator",
        "TP below is cut from the graph (detach).",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp.detach() + alpha * fp + beta * fn + eps)",
        ),
    ),
    (
        "detach weighted",
        "the errors are cut from the graph (detach).",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    d = (alpha * fp + beta * fn).detach(); index = (tp + eps) / (tp + d + eps)",
        ),
    ),
    (
        "hard fp",
        "step 2: a threshold makes FP a count without gradient.",
        (
            "    fp = (prob * (1 - truth)).sum(dim=(2, 3))",
            "    fp = ((prob > 0.5) * (1 - truth)).sum(dim=(2, 3))",
        ),
    ),
    (
        "round",
        "rounded probabilities have no gradient.",
        (
            "    tp = (prob * truth).sum(dim=(2, 3))",
            "    prob = prob.round(); tp = (prob * truth).sum(dim=(2, 3))",
        ),
    ),
    (
        "fp all",
        "step 2: FP is the whole predicted area: only where the truth is 0.",
        ("    fp = (prob * (1 - truth)).sum(dim=(2, 3))", "    fp = (prob).sum(dim=(2, 3))"),
    ),
    (
        "fn all",
        "step 2: FN is the whole true area: only what is not predicted.",
        ("    fn = ((1 - prob) * truth).sum(dim=(2, 3))", "    fn = (truth).sum(dim=(2, 3))"),
    ),
    (
        "tn as fn",
        "step 2: (1 - prob)(1 - truth) is TN, not FN.",
        (
            "    fn = ((1 - prob) * truth).sum(dim=(2, 3))",
            "    fn = ((1 - prob) * (1 - truth)).sum(dim=(2, 3))",
        ),
    ),
    (
        "fp abs",
        "step 2: |prob - truth| is FP and FN together.",
        ("    fp = (prob * (1 - truth)).sum(dim=(2, 3))", "    fp = (prob - truth).abs().sum(dim=(2, 3))"),
    ),
    (
        "alpha outside",
        "alpha multiplies both errors: the brackets are wrong.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp + alpha * (fp + beta * fn) + eps)",
        ),
    ),
    (
        "weights normalised",
        "alpha and beta are divided by their sum.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    s = alpha + beta; index = (tp + eps) / (tp + alpha / s * fp + beta / s * fn + eps)",
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
        "onehot4",
        "F.one_hot with 4 classes: other networks have more or fewer; the logits tell how many.",
        (
            "    prob, truth = probabilities(logits, target)",
            "    prob = logits.softmax(1); truth = F.one_hot(target, 4).movedim(-1, 1)",
        ),
    ),
    (
        "alpha eps",
        "eps is added to FP and FN, so it is weighted: add it once.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp + alpha * (fp + eps) + beta * (fn + eps))",
        ),
    ),
    (
        "power",
        "alpha and beta are exponents; they are factors.",
        (
            "    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)",
            "    index = (tp + eps) / (tp + fp ** alpha + fn ** beta + eps)",
        ),
    ),
    (
        "max zero",
        "the loss is bounded from below, where it has no gradient.",
        ("    return 1 - index.mean()", "    return max(1 - index.mean(), torch.tensor(0.01))"),
    ),
    ("vector", "the mean is missing.", ("    return 1 - index.mean()", "    return 1 - index")),
    (
        "per class",
        "a mean is missing: more than one number is returned.",
        ("    return 1 - index.mean()", "    return 1 - index.mean(0)"),
    ),
    (
        "alpha or",
        "`alpha or 0.3` turns 0 into the default.",
        (
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):",
            "def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):\n    alpha, beta = alpha or 0.3, beta or 0.7",
        ),
    ),
    (
        "weighted mean",
        "the classes are weighted by their areas; the plain mean is asked for.",
        ("    return 1 - index.mean()", "    return 1 - (index * truth.sum((2, 3))).sum() / truth.sum()"),
    ),
    (
        "lib dice",
        "that is soft Dice of the library.",
        ("    return 1 - index.mean()", "    return losses.soft_dice_loss(logits, target, eps)"),
    ),
    (
        "fp union",
        "step 2: small probabilities are left out of FP.",
        (
            "    fp = (prob * (1 - truth)).sum(dim=(2, 3))",
            "    fp = (prob * (truth == 0) * (prob > 0.01)).sum(dim=(2, 3))",
        ),
    ),
)
