"""One file per gap: `nb01/blend.py` defines the gap `g01_blend` as `GAP`, with its points and properties.

A file without a `GAP` holds what several gaps share. The right and wrong answers on which a check is tested
are in `grading_tests/bank`, under the same file names.
"""

import functools
import importlib
import pkgutil

from grading_tests.gap import Gap


@functools.cache
def gaps_of(number: str) -> dict[str, Gap]:
    """Return the gaps of a notebook such as `"01"`: id -> gap, sorted by file name.

    Raises
    ------
    LookupError
        If the notebook has no folder.
    ValueError
        If a gap's id does not match its file name.
    """
    name = f"{__name__}.nb{number}"
    folder = name.replace(".", "/")
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise LookupError(f"there is no {folder}: expected one file per gap of notebook {number}") from None
    found = {}
    for stem in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        gap = getattr(importlib.import_module(f"{name}.{stem}"), "GAP", None)
        if gap is not None and gap.id != (wanted := f"g{number}_{stem}"):
            raise ValueError(f"{folder}/{stem}.py defines the gap {gap.id!r}; expected {wanted!r}")
        if gap is not None:
            found[gap.id] = gap
    return found
