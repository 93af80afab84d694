"""Wrong answers made from the solution: each replaces a few characters of its code."""

import copy
import functools
import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from courseware.proof.edits import defined, edited, solution_code
from grading_tests.gap import Mistake

# Where a mistake was not seen by others: it was written down from the gap's text, without its checks.
SOURCE = "a reading of the gap's text: what can be overlooked or mixed up"


@functools.cache
def parts() -> dict[str, Any]:
    """Return what an answer finds in the notebook: modules, and the parts of the network as solved there."""
    space: dict[str, Any] = {"copy": copy, "math": math, "np": np, "torch": torch, "F": F, "nn": nn}
    for gap in ("conv_block", "crop_and_concat", "up_block"):
        part = defined(solution_code(f"g02_{gap}"), space)
        space[part.__name__] = part
    return space


def variants(gap_id: str, *rows: tuple) -> list[Mistake]:
    """Return a mistake for each row: (name, message, step or 0, old text, new text, further pairs)."""
    code = solution_code(gap_id)
    return [
        Mistake(title, SOURCE, message, defined(edited(code, *pairs), parts()), step)
        for title, message, step, *pairs in rows
    ]
