"""What several gaps of notebook 01 ask: the form of the result, inputs left alone, a second call.

The texts of `Wrong` are coarse on purpose ("an array of floats"): all answers with the same mistake get the
same one, by which it is recognised.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from grading_tests.gap import Wrong, is_stub
from grading_tests.values import plain, same, unfit

KINDS = {
    "i": "integers",
    "u": "integers",
    "f": "floats",
    "b": "Booleans",
    "O": "Python objects",
    "U": "texts",
}
# What a property tries: words for the message, and the arguments of the answer.
Cases = list[tuple[str, tuple]]


def kind_of(value: Any) -> str:
    """Return the kind of a value in words, without its size: "an array of floats", "a list"."""
    if type(value) is np.ndarray:
        return f"an array of {KINDS.get(value.dtype.kind, str(value.dtype))}"
    if isinstance(value, torch.Tensor):
        return "a tensor"
    names = {"NoneType": "None", "str": "a text", "dict": "a dictionary", "bool": "True or False"}
    kind = type(value).__name__
    return names.get(kind, "a number" if isinstance(value, int | float | np.number) else f"a {kind}")


def expect_array(got: Any, shape: tuple, kinds: str, tried: str) -> None:
    """Raise `Wrong` unless `got` is a NumPy array of this shape and kind of numbers, such as "iu"."""
    asked = " or ".join(dict.fromkeys(KINDS[kind] for kind in kinds))
    if type(got) is not np.ndarray or got.dtype.kind not in kinds:
        raise Wrong(f"{tried}: the type of the result", f"a NumPy array of {asked}", kind_of(got))
    if got.shape != shape:
        raise Wrong(f"{tried}: the shape of the result", f"shape {shape}", f"shape {got.shape}")


def expect_numbers(got: Any, length: int, kinds: str, tried: str, *, tuples: bool = True) -> None:
    """Raise `Wrong` unless `got` is an array, a list or a tuple (length,) of numbers of these kinds.

    Without `tuples`, a tuple of numbers is wrong too: as an index it stands for several axes.
    """
    asked = " or ".join(dict.fromkeys(KINDS[kind] for kind in kinds))
    array = np.asarray(got) if type(got) is np.ndarray or isinstance(got, list | tuple) else None
    if array is None or array.dtype.kind not in kinds:
        found = (
            kind_of(got) if array is None or isinstance(got, np.ndarray) else f"{kind_of(array)}, in a list"
        )
        raise Wrong(f"{tried}: the type of the result", f"an array or a list of {asked}", found)
    if array.shape != (length,):
        raise Wrong(f"{tried}: the shape of the result", f"shape {(length,)}", f"shape {array.shape}")
    if isinstance(got, tuple) and not tuples:
        raise Wrong(f"{tried}: the type of the result", f"an array or a list of {asked}", "a tuple")


def numbers_of(got: Any, tried: str) -> np.ndarray:
    """Return a result as an array of numbers; raise `Wrong` for texts, dictionaries, None and half precision.

    Tensors are let through: `expect_numbers` and `expect_array` refuse them.
    """
    listed = isinstance(got, list | tuple | np.ndarray | torch.Tensor)
    try:
        array = np.asarray(got) if listed else None
    except (ValueError, TypeError, RuntimeError):
        array = None
    if array is None or array.dtype.kind not in "biuf":
        listed = listed and array is not None and not isinstance(got, np.ndarray)
        found = f"{kind_of(array)}, in a list" if listed else kind_of(got)
        raise Wrong(f"{tried}: the type of the result", "numbers", found)
    if array.dtype.kind == "f" and array.dtype.itemsize < 4:
        raise Wrong(f"{tried}: the type of the result", "float32 or float64", str(array.dtype))
    return array


def decimals_of(got: Any, expected: np.ndarray) -> int | None:
    """Return the number of decimals to which `got` was rounded, None if it was not.

    Whether a value lies on a grid of decimals does not depend on a tolerance of the comparison. `expected`
    are several numbers with more digits; float32 has seven digits, so few decimals can be told apart.
    """
    array = np.asarray(got)
    if array.dtype.kind != "f" or array.size == 0 or not np.isfinite(array).all():
        return None
    digits = np.finfo(array.dtype).eps

    def on_grid(values: np.ndarray, decimals: int) -> bool:
        off = np.abs(values - np.round(values, decimals))
        return bool((off <= np.minimum(2 * digits * np.abs(values), 0.05 * 10.0**-decimals)).all())

    values = array.astype(np.float64)
    grids = range(9 if array.dtype.itemsize > 4 else 5)
    return next((n for n in grids if on_grid(values, n) and not on_grid(np.asarray(expected), n)), None)


def expect_unrounded(got: Any, expected: np.ndarray, tried: str) -> None:
    """Raise `Wrong` if `got` was rounded to a few decimals, and `expected` was not."""
    if decimals_of(got, expected) is not None:
        raise Wrong(f"{tried}: the digits", "numbers that are not rounded", "rounded numbers")


def indices_in_words(got: Any) -> str:
    """Return slice numbers as a list in words; the kind of anything else."""
    array = plain(got)
    if array is None:
        return kind_of(got)
    listed = array.tolist()
    if array.dtype.kind == "f" and array.ndim == 1 and np.array_equal(array, np.rint(array)):
        listed = array.astype(int).tolist()
    return str(np.ravel(listed).tolist()) if array.size < 10 else f"{array.size} numbers"


def alike(one: Any, other: Any) -> bool:
    """Return whether two inputs are the same in type, shape and every value."""
    if isinstance(one, np.ndarray):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        exact = one.dtype.kind != "f"  # with a tolerance: fingerprints are taken with disturbed inputs
        if exact:
            return np.array_equal(one, other)
        return np.allclose(one, other, rtol=1e-4, atol=1e-7, equal_nan=True)
    return type(one) is type(other) and one == other


def unchanged(cases: Callable[[np.random.Generator], Cases], names: tuple[str, ...]) -> Callable:
    """Return a property: the answer leaves its inputs, called `names`, as they were."""

    def run(answer: Callable, rng: np.random.Generator) -> None:
        found: dict[str, list[str]] = {}
        for tried, arguments in cases(rng):
            given = copy.deepcopy(arguments)
            answer(*given)
            for name, before, after in zip(names, arguments, given, strict=False):
                if not alike(before, after):
                    found.setdefault(name, []).append(tried)
        if found:
            got = "; ".join(f"{name} has changed ({', '.join(tried)})" for name, tried in found.items())
            raise Wrong("the inputs after the call", "as before", got)

    return run


def called_again(
    cases: Callable[[np.random.Generator], Cases], compare: Callable[[Any, tuple, str], None]
) -> Callable:
    """Return a property: every call stands for itself, and an earlier result stays as it was.

    `compare(got, arguments, tried)` raises `Wrong` if a result is not that of these arguments.
    """

    def run(answer: Callable, rng: np.random.Generator) -> None:
        first, *others = [arguments for _, arguments in cases(rng)]
        before = answer(*copy.deepcopy(first))
        kept = copy.deepcopy(before)
        for arguments in (*others, first):
            compare(answer(*copy.deepcopy(arguments)), arguments, "another call, with other inputs")
            if not same(before, kept):
                raise Wrong("the first result, after another call", "as it was", "changed by a later call")

    return run


def steady(answer: Callable, *arguments: Any, other: tuple = ()) -> Any:
    """Return what the answer gives for these arguments; raise `Wrong` if it has a memory.

    A list as a default argument, or a variable outside of the function, is kept from call to call. `other`
    are arguments for which the result must be another one.
    """
    first = answer(*copy.deepcopy(arguments))
    kept = copy.deepcopy(first)
    if unfit(kept) is None:
        if not same(answer(*copy.deepcopy(arguments)), kept):
            raise Wrong("one call, made twice", "the same result", "another result in the second call")
        if other and plain(kept) is not None and same(answer(*copy.deepcopy(other)), kept):
            raise Wrong("two calls with other inputs", "two results", "the same result in both")
    return kept


def expect_error(answer: Callable, arguments: tuple, tried: str) -> None:
    """Raise `Wrong` unless the answer raises a ValueError."""
    try:
        got = answer(*copy.deepcopy(arguments))
    except ValueError:
        return
    except Exception as error:
        if is_stub(error) or isinstance(error, Wrong):
            raise
        raise Wrong(tried, "a ValueError", f"another error, {type(error).__name__}") from None
    raise Wrong(tried, "a ValueError", got)
