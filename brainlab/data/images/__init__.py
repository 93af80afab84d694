"""Images with masks: X-rays, folders of PNG, COCO annotations. Names load on first use."""

from brainlab.lazy import lazy_names

_HOMES = {
    "annotations": "decode_rle fill_polygons",
    "coco": "CocoImage CocoSet read_coco",
    "dataset": "ImageDataset",
    "pairs": "ImagePair PairList find_chest find_pairs split_chest",
    "picture": "PictureError read_mask read_picture square_image square_labels square_mask",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
