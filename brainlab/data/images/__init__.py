"""Pictures with masks: X-rays, folders of PNG, COCO annotations; and slices of a cohort written as such.

Names load on first use: `from brainlab.data.images import find_pairs` does not import torch.
"""

import importlib

_HOMES = {
    "chest": ("find_chest", "split_chest"),
    "coco": ("CocoImage", "CocoSet"),
    "coco_reader": ("read_coco",),
    "dataset": ("ImageDataset",),
    "export": ("export_slices",),
    "find": ("find_pairs",),
    "heads": ("TumourInBrain", "WithHead"),
    "pairs": ("ImagePair", "PairList"),
    "picture": ("PictureError", "read_mask", "read_picture"),
    "rle": ("decode_rle", "encode_rle"),
    "square": ("square_image", "square_labels", "square_mask"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"brainlab.data.images.{_HOME_OF[name]}"), name)
    raise AttributeError(f"brainlab.data.images has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
