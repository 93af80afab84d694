"""Images with masks: X-rays, folders of PNG, COCO annotations. Names load on first use."""

from brainlab.lazy import lazy_names

_HOMES = {
    "chest": "find_chest split_chest",
    "coco": "CocoImage CocoSet",
    "coco_reader": "read_coco",
    "dataset": "ImageDataset",
    "pairs": "ImagePair PairList find_pairs",
    "picture": "PictureError read_mask read_picture square_image square_labels square_mask",
    "rle": "decode_rle encode_rle",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
