"""Right answers in another style are right: every right answer of the banks, dressed differently."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

from grading_tests.gap import plain
from grading_tests.naming import SEED
from grading_tests.running import outcomes

REPO = Path(__file__).resolve().parents[2]
BANKS = sorted(path.stem for path in (REPO / "grading_tests" / "bank").glob("nb[0-9][0-9].py"))
GAPS = {
    gap.id: (gap, importlib.import_module(f"grading_tests.bank.{name}").RIGHT[gap.id])
    for name in BANKS
    for gap in importlib.import_module(f"grading_tests.{name}").GAPS
    if gap.properties
}


def each_value(change):
    """Return a style that changes the values that an answer returns: alone, in a tuple, pair or table."""

    def inside(value):
        if isinstance(value, dict):
            return {key: inside(one) for key, one in value.items()}
        if type(value) is tuple or (type(value) is list and len(value) <= 2):  # longer lists are arrays
            return type(value)(inside(one) for one in value)
        return change(value)

    def style(answer):
        return lambda *arguments, **options: inside(answer(*arguments, **options))

    return style


def of_scalars(change):
    """Return a style that changes plain numbers and tensors or arrays of one number."""

    def one(value):
        return change(value) if plain(value) is not None and np.size(value) == 1 else value

    return each_value(one)


def as_numpy(value):
    """Return a number as NumPy's; a tensor with a graph stays, for its gradient is asked for."""
    if isinstance(value, torch.Tensor):
        return value if value.requires_grad else value.numpy()
    return np.asarray(value)[()]


def as_vector(value):
    """Return a number in shape (1,)."""
    return value.reshape(1) if isinstance(value, torch.Tensor) else np.asarray(value).reshape(1)


def as_scalar(value):
    """Return a number in shape (), Python's own where there is no graph."""
    if isinstance(value, torch.Tensor):
        return value.squeeze() if value.requires_grad else value.item()
    return np.asarray(value).item()


def with_an_option(answer):
    def changed(*arguments, verbose=False, **options):
        return answer(*arguments, **options)

    return changed


def in_double(value):
    """Return a tensor or an array of floats as float64."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.double()
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return value


def subclass(answer):
    return type("Other", (answer,), {})


STYLES = {
    "shape (1,)": of_scalars(as_vector),
    "shape ()": of_scalars(as_scalar),
    "NumPy": of_scalars(as_numpy),
    "float64": each_value(in_double),
    "an option more": with_an_option,
    "a callable object": lambda answer: type("Answer", (), {"__call__": staticmethod(answer)})(),
    "a subclass": subclass,
}
OF_NETWORKS = ("an option more", "a subclass")


@pytest.fixture(scope="module", autouse=True)
def warm():
    for gap, _ in GAPS.values():
        outcomes(gap, gap.reference, SEED, graded=False)


@pytest.mark.parametrize("gap_id", GAPS)
def test_the_style_does_not_matter(gap_id):
    gap, right = GAPS[gap_id]
    refused = []
    for name, answer in right.items():
        network = isinstance(answer, type) or isinstance(gap.reference, type)
        for style in OF_NETWORKS if network else STYLES:
            if style == "a subclass" and not isinstance(answer, type):
                continue
            results = outcomes(gap, STYLES[style](answer), SEED, graded=True)
            for item, result in zip(gap.properties, results, strict=True):
                if result is not None:
                    got = f"{type(result).__name__} {result} got {getattr(result, 'got', '')!r}"
                    refused.append(f"{name}, {style}: {item.name}: {got}"[:300])
    assert not refused, "\n".join(refused)
