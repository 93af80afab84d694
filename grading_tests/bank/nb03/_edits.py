"""Wrong answers as edits of a right one, and the slips that any loss can have."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from brainlab import losses
from brainlab.losses import probabilities
from grading_tests.gap import Mistake

# Nobody was seen to write these: they follow from reading the gap's text as a student does.
SOURCE = "thought of from the notebook's text alone"

STEP = re.compile(r"step (\d): ")

Edit = tuple[str, str]


def edited(cell: str, *edits: Edit) -> Callable[..., Any]:
    """Return the function that a cell defines after these replacements.

    Raises
    ------
    ValueError
        If there is nothing to replace.
    """
    for before, after in edits:
        if before not in cell:
            raise ValueError(f"{before!r} is not in the cell")
        cell = cell.replace(before, after)
    space = {
        "np": np,
        "torch": torch,
        "F": F,
        "ndimage": ndimage,
        "losses": losses,
        "probabilities": probabilities,
        "__name__": f"{__name__}.cell",
    }
    exec(compile(cell, "<answer>", "exec"), space)
    return space[cell.split("def ", 1)[1].split("(", 1)[0]]


def edits_of(cell: str, *rows: tuple) -> list[Mistake]:
    """Return one mistake for each row (name, message, edit, edit ...).

    A message that starts with "step 2: " is about that step.
    """
    found = []
    for name, message, *edits in rows:
        step = STEP.match(message)
        number, text = (int(step[1]), message[step.end() :]) if step else (0, message)
        found.append(Mistake(name, SOURCE, text, edited(cell, *edits), number))
    return found


def slips(right: Callable[..., Any], *but: str) -> list[Mistake]:
    """Return the wrong answers that do not depend on the formula of a loss, but for those with these names.

    Left out are those that the bank of a gap has under another name.
    """

    def after(change: Callable[[Any], Any]) -> Callable[..., Any]:
        return lambda *inputs, **options: change(right(*inputs, **options))

    def before(change: Callable[..., tuple]) -> Callable[..., Any]:
        return lambda logits, target, *more, **options: right(*change(logits, target, *more), **options)

    def writes_into_logits(logits, target, *more):
        logits.data -= logits.data.amax(dim=1, keepdim=True)
        return logits, target, *more

    def writes_into_target(*inputs, **options):
        loss = right(*inputs, **options)
        inputs[1].clamp_(max=1)
        return loss

    def keeps_the_loss():
        total = []

        def answer(*inputs, **options):
            total.append(right(*inputs, **options))
            return sum(loss.detach() for loss in total[:-1]) * 0.1 + total[-1]

        return answer

    rows = (
        (
            "a plain number",
            ".item() or float() returns a number without a gradient.",
            after(lambda x: x.item()),
        ),
        ("NumPy", "NumPy has no gradients: stay in torch.", after(lambda x: x.detach().numpy()[()])),
        (
            "a new tensor",
            "torch.tensor(...) makes a new tensor, which does not depend on the logits any more.",
            after(lambda x: torch.tensor(x.item(), requires_grad=True)),
        ),
        (
            "shape (1,)",
            "the shape is (1,), not (): a mean without dim has the shape ().",
            after(lambda x: x[None]),
        ),
        ("a list", "the number is inside a list.", after(lambda x: [x])),
        ("two results", "the function returns more than the loss.", after(lambda x: (x, x))),
        ("no return", "the function returns None: is there a return?", after(lambda x: None)),
        ("minus the loss", "the sign is turned: training would increase the error.", after(lambda x: -x)),
        ("in per cent", "a factor of 100.", after(lambda x: 100 * x)),
        ("square root", "the root of the loss.", after(lambda x: x.sqrt())),
        ("squared", "the square of the loss.", after(lambda x: x**2)),
        (
            "float32",
            ".float() rounds float64 logits to seven digits.",
            before(lambda logits, *more: (logits.float(), *more[:1], *(x.float() for x in more[1:]))),
        ),
        (
            "float32 in between",
            "digits are lost: some of it is computed in float32 (.float(), a new tensor without dtype).",
            before(lambda logits, *more: (logits.float().to(logits), *more)),
        ),
        (
            "view",
            "view() works only where the memory has the order of the axes: reshape() does everywhere.",
            before(lambda logits, *more: (logits.view(len(logits), -1).view(logits.shape), *more)),
        ),
        (
            "half precision",
            ".half() keeps three digits only.",
            before(lambda logits, *more: (logits.half().to(logits), *more)),
        ),
        (
            "softmax before",
            "the logits go through a softmax first, so they are no logits any more.",
            before(
                lambda logits, *more: (logits.softmax(1) if logits.shape[1] > 1 else logits.sigmoid(), *more)
            ),
        ),
        (
            "first image only",
            "only the first image of the batch counts.",
            before(lambda logits, target, *more: (logits[:1], target[:1], *more)),
        ),
        (
            "a square part",
            "only a square part of the image counts: H and W may differ.",
            before(
                lambda logits, target, *more: (
                    logits[..., : logits.shape[-2]],
                    target[..., : target.shape[-2]],
                    *more,
                )
            ),
        ),
        (
            "the logits are changed",
            "the function writes into logits (-=, .data, a method that ends in _): make a new tensor.",
            before(writes_into_logits),
        ),
        (
            "the target is changed",
            "the function writes into target (a method that ends in _): make a new tensor.",
            writes_into_target,
        ),
        (
            "a memory",
            "the result depends on earlier calls: something is kept outside the function.",
            keeps_the_loss(),
        ),
    )
    return [Mistake(name, SOURCE, message, answer) for name, message, answer in rows if name not in but]
