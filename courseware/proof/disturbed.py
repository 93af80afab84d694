"""Repeat a check with small disturbances, to find results that are rounding noise or a tie.

Another processor sums in another order, so results differ in the last digits. Inputs that are changed by a
millionth have more effect than that: what stays the same here does so on every machine.
"""

import dataclasses
import functools
from typing import Any

import numpy as np
import torch

from grading_tests.gap import Gap, Property

SIZE = 1e-6


def disturbed(gap: Gap, seed: int) -> Gap:
    """Return the gap with inputs changed by up to a millionth: as drawn, and as the answer receives them."""

    def of(item: Property) -> Property:
        def run(answer: Any, rng: np.random.Generator) -> None:
            item.run(of_inputs(answer, seed), Disturbed(rng.bit_generator, seed))

        return dataclasses.replace(item, run=run)

    return dataclasses.replace(gap, properties=[of(item) for item in gap.properties])


def change(values: Any, seed: int) -> Any:
    """Return float values with relative noise, the same noise for the same value: equal images stay equal.

    Numbers such as 0, 1 and 0.25 are exact on every machine and stay as they are, and so do numbers close to
    them: a probability at a threshold remains there, and 0.9999999 remains below 1.
    """
    array = np.asarray(values)
    inexact = abs(array * 1024 - np.rint(array * 1024)) > 1e-3
    changed = array * (1 + SIZE * inexact * np.sin(seed + 1e5 * array))
    return changed.astype(array.dtype) if array.ndim else float(changed)


def of_inputs(answer: Any, seed: int) -> Any:
    """Return the answer with its inputs changed in place; a network's weights come from the generator."""
    if isinstance(answer, type):
        return answer

    @functools.wraps(answer, updated=())
    def call(*arguments: Any, **options: Any) -> Any:
        change_in_place([*arguments, *options.values()], seed)
        return answer(*arguments, **options)

    return call


def change_in_place(value: Any, seed: int) -> None:
    """Change the float tensors and arrays in nested lists and dicts."""
    if isinstance(value, dict):
        change_in_place(list(value.values()), seed)
    elif isinstance(value, list | tuple):
        for part in value:
            change_in_place(part, seed)
    elif isinstance(value, torch.Tensor) and value.is_floating_point():
        with torch.no_grad():
            value.data.copy_(torch.as_tensor(change(value.detach().numpy(), seed)))
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.flags.writeable:
        value[...] = change(value, seed)


class Disturbed(np.random.Generator):
    """A generator whose continuous random numbers are changed by a millionth; whole numbers stay."""

    def __init__(self, bits: np.random.BitGenerator, seed: int) -> None:
        super().__init__(bits)
        self.seed = seed

    def normal(self, *arguments: Any, **options: Any) -> Any:
        return change(super().normal(*arguments, **options), self.seed)

    def standard_normal(self, *arguments: Any, **options: Any) -> Any:
        return change(super().standard_normal(*arguments, **options), self.seed)

    def uniform(self, *arguments: Any, **options: Any) -> Any:
        return change(super().uniform(*arguments, **options), self.seed)

    def random(self, *arguments: Any, **options: Any) -> Any:
        return change(super().random(*arguments, **options), self.seed)

    def exponential(self, *arguments: Any, **options: Any) -> Any:
        return change(super().exponential(*arguments, **options), self.seed)
