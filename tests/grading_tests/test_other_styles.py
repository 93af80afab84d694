"""Right answers in another style are right: every right answer of the banks, wrapped in several ways."""

import numpy as np
import pytest
import torch

from courseware.proof.banks import banks
from grading_tests.gap import plain
from grading_tests.naming import SEED
from grading_tests.running import outcomes

GAPS = {gap_id: (gap, bank.right) for gap_id, (gap, bank) in banks().items()}


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


def as_object(answer):
    return type("Answer", (), {"__call__": staticmethod(answer)})()


# What is returned and how it is called are changed together, which halves the time.
STYLES = {
    "shape (1,), an additional option": lambda answer: with_an_option(of_scalars(as_vector)(answer)),
    "shape (), a callable object": lambda answer: as_object(of_scalars(as_scalar)(answer)),
    "NumPy": of_scalars(as_numpy),
    "float64": each_value(in_double),
}
# These return an axis of indices, also if there is one only: no scalar may stand for it.
OF_INDICES = ("g01_slices_without", "g01_select_slices")
OF_NETWORKS = {"an additional option": with_an_option, "a subclass": subclass}


# Where a contract states the shape or the type, because a later cell needs it: losses are printed as
# `f"{loss:.4f}"`, sizes are whole numbers, and what is cropped, stored or interpolated keeps its type.
LOSSES = "weighted_cross_entropy focal soft_dice batch_dice tversky bce_dice exp_log bug_hunt"
STATED = {
    "shape (1,), an additional option": {
        *(f"g03_{name}" for name in LOSSES.split()),
        *("g02_conv_output_size", "g02_valid_size", "g02_train_step", "g02_false_positives"),
        *("g04_discriminator_step", "g04_generator_step"),
    },
    "float64": {"g02_crop_and_concat", "g02_keep_best", "g04_pixel_shuffle", "g04_interpolate"},
}


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
        for style, wrap in (OF_NETWORKS if network else STYLES).items():
            if wrap is subclass and not isinstance(answer, type):
                continue
            if gap_id in OF_INDICES and style.startswith("shape"):
                continue
            if gap_id in STATED.get(style, ()):
                continue
            results = outcomes(gap, wrap(answer), SEED, graded=True)
            for item, result in zip(gap.properties, results, strict=True):
                if result is not None:
                    got = f"{type(result).__name__} {result} got {getattr(result, 'got', '')!r}"
                    refused.append(f"{name}, {style}: {item.name}: {got}"[:300])
    assert not refused, "\n".join(refused)
