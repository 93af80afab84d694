"""Brain MRI: find and read cases, make the built-in cohort, cache, cut into slices, split, augment.

Names load on first use: `from brainlab.data import find_cases` does not import torch.
"""

import importlib

_HOMES = {
    "augment": ("Augment", "elastic_field"),
    "cache": ("cache_case", "cache_cases"),
    "cached": ("CachedCase",),
    "case": ("Case",),
    "caselist": ("CaseList", "Problem"),
    "edges": ("WithEdges", "edge_map"),
    "layouts": ("find_cases",),
    "phantom": ("generate", "make_cohort"),
    "slices": ("SliceDataset", "class_weights", "one_hot"),
    "source": ("cohort_folder", "open_cases"),
    "split": ("Split", "split_by_patient"),
    "superres": ("SuperResSet",),
    "volume": ("VolumeError", "orientation", "save_nifti", "side_of_voxel", "voxel_to_mm"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"brainlab.data.{_HOME_OF[name]}"), name)
    raise AttributeError(f"brainlab.data has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
