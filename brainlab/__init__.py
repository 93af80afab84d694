"""brainlab: the small library behind a course on brain-tumour MRI."""

import importlib

__version__ = "0.1.0"
_SUBMODULES = (
    "budgets",
    "data",
    "gan_training",
    "inference",
    "labels",
    "losses",
    "metrics",
    "models",
    "notebook",
    "predict",
    "training",
    "view",
)


def __getattr__(name: str):
    # Submodules load on first use, so that `import brainlab` alone does not import torch.
    if name in _SUBMODULES:
        return importlib.import_module(f"brainlab.{name}")
    raise AttributeError(f"brainlab has no attribute {name!r}; its submodules are {', '.join(_SUBMODULES)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_SUBMODULES])
