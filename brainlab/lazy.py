"""Public names of a package that are imported on first use, so that importing the package stays fast."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package.

    Parameters
    ----------
    package : str
        Full name of the package.
    homes : dict
        Module within the package -> its public names, separated by spaces.
    """
    home_of = {name: module for module, names in homes.items() for name in names.split()}
    names = sorted(home_of)

    def load(name: str) -> Any:
        if name in home_of:
            return getattr(importlib.import_module(f"{package}.{home_of[name]}"), name)
        raise AttributeError(f"{package} has no attribute {name!r}; it has {', '.join(names)}")

    return load, lambda: names, names
