"""Wrong answers made from a right one: each replaces a few characters of its code."""

import copy
import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from brainlab.models import ConvBlock, UpBlock, crop_and_concat
from grading_tests.gap import Mistake

# Where a mistake was not seen by others: it was written down from the gap's text, without its checks.
SOURCE = "a reading of the gap's text: what can be overlooked or mixed up"


def answer(code: str, name: str) -> Any:
    """Return what the code of a cell defines under this name."""
    space = {
        "__name__": __name__,
        **{"copy": copy, "math": math, "np": np, "torch": torch, "F": F, "nn": nn},
        **{"ConvBlock": ConvBlock, "UpBlock": UpBlock, "crop_and_concat": crop_and_concat},
    }
    exec(compile(code, f"<{name}>", "exec"), space)
    return space[name]


def variants(code: str, name: str, *rows: tuple) -> list[Mistake]:
    """Return a mistake for each row: (name, message, step or 0, old text, new text, further pairs)."""
    found = []
    for title, message, step, *pairs in rows:
        changed = code
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            if old not in changed:
                raise ValueError(f"{title}: {old!r} is not in the code of {name}")
            changed = changed.replace(old, new)
        found.append(Mistake(title, SOURCE, message, answer(changed, name), step))
    return found
