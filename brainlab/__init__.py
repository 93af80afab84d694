"""brainlab: the small library behind a course on brain-tumour MRI.

The modules in `__all__` are public, and in them the names in their own `__all__`, or, where there is none,
every name without an underscore that it defines. docs/api.md lists them. All else is internal and may change.
"""

import importlib
from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("brainlab")  # as pyproject.toml says
except PackageNotFoundError:  # run from a folder, not installed
    __version__ = "not installed"

__all__ = [
    "budgets",
    "data",
    "guesses",
    "inference",
    "lab",
    "labels",
    "losses",
    "metrics",
    "models",
    "recipes",
    "synth",
    "training",
    "view",
]


def __getattr__(name: str):
    # Modules load on first use, so that `import brainlab` alone does not import torch.
    if name in __all__:
        return importlib.import_module(f"brainlab.{name}")
    raise AttributeError(f"brainlab has no attribute {name!r}; its modules are {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
