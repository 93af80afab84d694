# ruff: noqa: E501
"""Wrong answers that soft Dice of each image and of the whole batch have in common, as edits of a right one."""

from grading_tests.bank.nb03._edits import edits_of
from grading_tests.gap import Mistake

# The lines of the right answer.
START = "    prob, truth = probabilities(logits, target)"
RATIO = "    dice = (2 * shared + eps) / (areas + eps)"
END = "    return 1 - dice.mean()"
AREAS = "    areas = prob.sum(dim=AXES) + truth.sum(dim=AXES)"
SHARED = "    shared = (prob * truth).sum(dim=AXES)"
HEAD = "def NAME(logits, target, eps=1e-6):"

ROWS = (
    (
        "last only",
        "step 1: the sums run over the width only; height counts too.",
        (
            "    shared = (prob * truth).sum(dim=AXES)\n    areas = prob.sum(dim=AXES) + truth.sum(dim=AXES)",
            "    shared = (prob * truth).sum(dim=-1)\n    areas = prob.sum(dim=-1) + truth.sum(dim=-1)",
        ),
    ),
    (
        "h only",
        "step 1: the sums run over the height only; width counts too.",
        (
            "    shared = (prob * truth).sum(dim=AXES)\n    areas = prob.sum(dim=AXES) + truth.sum(dim=AXES)",
            "    shared = (prob * truth).sum(dim=2)\n    areas = prob.sum(dim=2) + truth.sum(dim=2)",
        ),
    ),
    (
        "mean instead",
        "means in place of sums: then eps, in pixels, is far too large.",
        (
            "    shared = (prob * truth).sum(dim=AXES)\n    areas = prob.sum(dim=AXES) + truth.sum(dim=AXES)",
            "    shared = (prob * truth).mean(dim=AXES)\n    areas = prob.mean(dim=AXES) + truth.mean(dim=AXES)",
        ),
    ),
    (
        "eps top",
        "eps is above only: 0 below gives infinity.",
        (RATIO, "    dice = (2 * shared + eps) / areas"),
    ),
    (
        "eps clamp",
        "a bound in place of eps below: an absent class then scores 0, not 1.",
        (RATIO, "    dice = 2 * shared / areas.clamp(min=eps)"),
    ),
    (
        "eps after",
        "eps is added to the ratio, not to numerator and denominator.",
        (RATIO, "    dice = 2 * shared / areas + eps"),
    ),
    (
        "smooth1",
        "the default of eps was changed to 1, which is much for a small class.",
        (HEAD, "def NAME(logits, target, eps=1.0):"),
    ),
    ("eps1e-3", "the default of eps was changed.", (HEAD, "def NAME(logits, target, eps=1e-3):")),
    ("eps1e-5", "the default of eps was changed.", (HEAD, "def NAME(logits, target, eps=1e-5):")),
    ("eps1e-8", "the default of eps was changed.", (HEAD, "def NAME(logits, target, eps=1e-8):")),
    (
        "eps ignored",
        "the argument eps is not used.",
        (START, "    eps = 1e-6; prob, truth = probabilities(logits, target)"),
    ),
    (
        "eps areas2",
        "eps is added twice below (once for each area): an absent class then scores one half.",
        (RATIO, "    dice = (2 * shared + eps) / (areas + 2 * eps)"),
    ),
    ("log", "-log of the Dice in place of 1 - Dice.", (END, "    return -dice.mean().log()")),
    (
        "median",
        "the median of the ratios, where the mean is asked for.",
        (END, "    return 1 - dice.median()"),
    ),
    ("max", "the worst ratio only, where the mean is asked for.", (END, "    return (1 - dice).max()")),
    (
        "hard4",
        "the number of classes is fixed at 4: take it from the shape.",
        (END, "    return 1 - dice.sum(-1).mean() / 4"),
    ),
    (
        "detach areas",
        "the denominator is cut from the graph (detach): part of the gradient is missing.",
        (RATIO, "    dice = (2 * shared + eps) / (areas.detach() + eps)"),
    ),
    (
        "detach shared",
        "the overlap is cut from the graph (detach): part of the gradient is missing.",
        (RATIO, "    dice = (2 * shared.detach() + eps) / (areas + eps)"),
    ),
    (
        "thresh",
        "a threshold has no gradient: use the probabilities as they are.",
        (START, START + "; prob = (prob > 0.5).float()"),
    ),
    (
        "straight through",
        "the value is that of rounded probabilities: use the probabilities as they are.",
        (START, START + "; prob = prob + (prob.round() - prob).detach()"),
    ),
    (
        "log softmax",
        "the logarithm of the probabilities in place of the probabilities.",
        (START, START + "; prob = prob.log()"),
    ),
    (
        "sigmoid",
        "a sigmoid treats each class by itself; `prob` is the softmax over the classes.",
        (START, START + "; prob = logits.sigmoid()"),
    ),
    (
        "softmax dim0",
        "the softmax runs over the images (dim 0), not over the classes.",
        (START, START + "; prob = logits.softmax(0)"),
    ),
    (
        "no truth area",
        "step 2: the area of the truth is missing below.",
        (AREAS, "    areas = 2 * prob.sum(dim=AXES)"),
    ),
    (
        "truth area",
        "step 2: the area of the prediction is missing below.",
        (AREAS, "    areas = 2 * truth.sum(dim=AXES)"),
    ),
    (
        "areas union",
        "step 2: the larger of both at each pixel is the union; Dice has the sum of both areas.",
        (AREAS, "    areas = torch.maximum(prob, truth).sum(dim=AXES)"),
    ),
    (
        "min shared",
        "step 1: the overlap is prob * truth, with its fractions.",
        (SHARED, "    shared = ((prob + truth) / 2).floor().sum(dim=AXES)"),
    ),
    (
        "weighted",
        "the classes are weighted by their areas, so that the background decides; the plain mean is asked for.",
        (END, "    w = truth.sum(dim=AXES) / truth.sum(); return 1 - (dice * w).sum()"),
    ),
    (
        "truth no area uint8",
        "uint8 overflows beyond 255 pixels.",
        (AREAS, "    areas = prob.sum(dim=AXES) + truth.to(torch.uint8).sum(dim=AXES, dtype=torch.uint8)"),
    ),
    (
        "clamp",
        "clamp changes large and small values, and has no gradient there.",
        (END, "    return 1 - dice.clamp(0.01, 0.99).mean()"),
    ),
    (
        "relu",
        "clamp changes large values, and has no gradient there.",
        (END, "    return 1 - dice.clamp(max=1 - 1e-4).mean()"),
    ),
    (
        "own onehot no c",
        "F.one_hot without the number of classes: one is missing if no pixel has the last class.",
        (START, "    prob = logits.softmax(1); truth = F.one_hot(target).movedim(-1, 1).to(prob)"),
    ),
    (
        "own onehot 4",
        "F.one_hot with 4 classes: other networks have more or fewer; the logits tell how many.",
        (START, "    prob = logits.softmax(1); truth = F.one_hot(target, 4).movedim(-1, 1).to(prob)"),
    ),
    (
        "onehot reshape",
        "reshape does not move the class axis of F.one_hot: use movedim(-1, 1).",
        (
            START,
            "    prob = logits.softmax(1); truth = F.one_hot(target, logits.shape[1]).reshape(prob.shape).to(prob)",
        ),
    ),
    ("vector", "one ratio for each class is left: the mean is missing.", (END, "    return 1 - dice")),
)


def dice_edits(name: str, axes: str) -> tuple[str, list[Mistake]]:
    """Return a right answer of this name that sums over these axes, and its wrong edits."""

    def of(text: str) -> str:
        return text.replace("AXES", axes).replace("NAME", name)

    rows = [(*row[:2], *((of(before), of(after)) for before, after in row[2:])) for row in ROWS]
    cell = of("\n".join((HEAD, START, SHARED, AREAS, RATIO, END, "")))
    return cell, edits_of(cell, *rows)
