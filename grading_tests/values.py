"""Look at what an answer returned without trusting it: convert, compare, and describe.

An answer may return anything: a sparse tensor, a generator without end, an object that equals everything.
Only numbers in known containers are read, and never more than `LARGEST` of them.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

# More elements than any right answer has.
LARGEST = 2**26
PARTS, DEPTH = 200_000, 8
# Packages whose objects behave as they should.
TRUSTED = ("torch", "numpy", "pandas", "PIL", "nibabel", "pathlib", "brainlab", "collections", "functools")
NUMBERS = (bool, int, float, complex, np.generic)
CONTAINERS = (list, tuple, dict, set, frozenset)


def plain(value: Any) -> np.ndarray | None:
    """Return `value` as a NumPy array of numbers, or None if it is not made of numbers."""
    if unfit(value) is not None or isinstance(value, dict | set | frozenset | str | bytes | torch.nn.Module):
        return None
    try:
        if isinstance(value, Tensor):
            return of_tensor(value)
        if isinstance(value, list | tuple):
            value = [of_tensor(part) if isinstance(part, Tensor) else part for part in value]
        array = np.asarray(value)
    except Exception:
        return None
    return array if array.dtype.kind in "biufc" else None


def of_tensor(value: Tensor) -> np.ndarray:
    """Return a tensor as an array; bfloat16, which NumPy does not know, as float32."""
    with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
        value = Tensor.detach(value).cpu().resolve_conj().resolve_neg()
        return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def unfit(value: Any, depth: int = 0) -> str | None:
    """Return what about a value cannot be compared, in words; None if it can.

    Iterators, objects of the student's own classes, arrays of objects, tensors without ordinary storage,
    and whatever is larger or deeper nested than any right answer.
    """
    kind = type(value)  # never `isinstance`: an object may pretend to be of another class
    if value is None or issubclass(kind, NUMBERS) or kind in (str, bytes):
        return None
    if issubclass(kind, Tensor):
        return unfit_tensor(value)
    if issubclass(kind, np.ndarray):
        odd = f"an array of Python objects, shape {value.shape}" if value.dtype.kind == "O" else None
        return odd if value.size <= LARGEST else f"an array of {value.size} elements"
    for base in CONTAINERS:
        if issubclass(kind, base):
            if not as_built_in(kind, base):
                return f"a {kind.__name__}"
            if depth == DEPTH or base.__len__(value) > PARTS:
                return f"a {base.__name__} with too many parts"
            parts = [*dict.keys(value), *dict.values(value)] if base is dict else base.__iter__(value)
            inside = (unfit(part, depth + 1) for part in parts)
            return next((f"{form(base())} with {odd} in it" for odd in inside if odd is not None), None)
    if issubclass(kind, Iterator):
        return f"a {kind.__name__}, which can be read only once"
    known = kind.__module__.split(".")[0] in (*TRUSTED, "builtins", "grading_tests")
    return None if known or issubclass(kind, torch.nn.Module | type) else f"a {kind.__name__}"


def unfit_tensor(value: Tensor) -> str | None:
    """Return what is odd about a tensor, or None."""
    if not all(one is Tensor or one.__module__.startswith("torch") for one in type(value).__mro__[:-2]):
        return f"a {type(value).__name__}"
    with torch._C.DisableTorchFunctionSubclass():
        odd = {
            "a nested tensor": value.is_nested,
            "a meta tensor, which has no values": value.is_meta,
            "a quantised tensor": value.is_quantized,
            f"a tensor of layout {value.layout}": value.layout != torch.strided,
        }
        found = next((words for words, is_so in odd.items() if is_so), None)
        if found is None and value.numel() > LARGEST:
            found = f"a tensor of {value.numel()} elements"
    return found


def as_built_in(kind: type, base: type) -> bool:
    """Return whether a class counts, compares and iterates as the built-in one from which it inherits."""
    if kind.__module__.split(".")[0] in ("builtins", *TRUSTED):
        return True
    names = ("__eq__", "__iter__", "__len__", "__getitem__", "__hash__", "__array__")
    return all(getattr(kind, name, None) is getattr(base, name, None) for name in names)


def same(got: Any, expected: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Return whether two values agree: numbers within a tolerance, up to axes of length 1; others by `==`.

    Whole numbers agree if they are equal. Containers are compared part by part.
    """
    a, b = plain(got), plain(expected)
    if a is not None and b is not None:
        if a.shape != b.shape and a.squeeze().shape != b.squeeze().shape:
            return False
        if a.dtype.kind in "biu" and b.dtype.kind in "biu":
            return bool(np.array_equal(a.squeeze(), b.squeeze()))
        return bool(np.allclose(a.squeeze(), b.squeeze(), rtol=rtol, atol=atol, equal_nan=True))
    if a is not None or b is not None or unfit(got) is not None:
        return False
    if isinstance(got, tuple | list) and isinstance(expected, tuple | list):
        pairs = zip(got, expected, strict=False)
        return len(got) == len(expected) and all(same(*pair, rtol, atol) for pair in pairs)
    if isinstance(got, dict) and isinstance(expected, dict):
        keys = got.keys() == expected.keys()
        return keys and all(same(got[key], expected[key], rtol, atol) for key in expected)
    if dataclasses.is_dataclass(expected) and type(got) is type(expected):
        return same(vars(got), vars(expected), rtol, atol)
    return type(got) is type(expected) and bool(got == expected)


def form(value: Any) -> str:
    """Return the kind, shape and dtype of a value in words: `tensor of shape (3, 1), float32`."""
    if isinstance(value, Tensor):
        return f"tensor of shape {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}, {value.dtype}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    names = {"dict": "dictionary", "str": "text", "NoneType": "None", "bool": "True or False"}
    name = type(value).__name__
    return names.get(name, f"number ({name})" if isinstance(value, NUMBERS) else name)


def same_form(got: Any, expected: Any, shapes: tuple[tuple[int, ...], ...] = ()) -> bool:
    """Return whether two values are the same kind of object, of one shape and one kind of number.

    The width of a number is free: float64 may stand for float32, int32 for int64. A number of Python and one
    of NumPy are the same kind. `shapes` are other shapes that the contract allows.
    """
    kinds = (Tensor, np.ndarray, NUMBERS, list, tuple, dict, set, str, type(None))
    for kind in kinds:
        if isinstance(expected, kind):
            if not isinstance(got, kind) or unfit(got) is not None:
                return False
            if kind in (list, tuple):
                pairs = zip(got, expected, strict=False)
                return len(got) == len(expected) and all(same_form(*pair) for pair in pairs)
            break
    else:
        return type(got) is type(expected)
    a, b = plain(got), plain(expected)
    if a is None or b is None:
        return (a is None) == (b is None)
    families = {"b": "b", "i": "i", "u": "i", "f": "f", "c": "c"}
    return families[a.dtype.kind] == families[b.dtype.kind] and a.shape in (b.shape, *shapes)


def first_difference(got: np.ndarray, expected: np.ndarray) -> tuple[tuple[int, ...], int]:
    """Return the first index of `expected` where the values differ visibly, and how many differ."""
    a, b = got.squeeze(), expected.squeeze()
    for rtol, atol in ((1e-3, 1e-4), (1e-4, 1e-5), (0, 0)):
        differ = ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
        if differ.any():
            break
    place = int(np.argmax(differ.reshape(-1)))
    return tuple(map(int, np.unravel_index(place, expected.shape))), int(differ.sum())
