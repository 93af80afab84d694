"""Write COCO annotations from masks."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_api
from scipy import ndimage


def objects_of(mask: np.ndarray, image_id: int, first: int) -> list[dict[str, Any]]:
    """Return an annotation for every connected part of a mask (H, W), their numbers from `first` on.

    Pixels that touch at a corner connect. The mask is stored as compressed run lengths, without loss; the box
    is x, y, width, height.
    """
    numbered, _ = ndimage.label(mask, np.ones((3, 3)))
    objects = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(numbered), start=1):
        alone = numbered == number
        packed = coco_api.encode(np.asfortranarray(alone, np.uint8))
        box = (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        objects.append(
            {
                "id": first + len(objects),
                "image_id": image_id,
                "category_id": 1,
                "segmentation": {"size": list(alone.shape), "counts": packed["counts"].decode()},
                "bbox": list(box),
                "area": int(alone.sum()),
                "iscrowd": 0,
            }
        )
    return objects


def write_coco(
    path: Path,
    images: Sequence[dict[str, Any]],
    annotations: Sequence[dict[str, Any]],
    category: str,
    description: str = "",
) -> None:
    """Write a JSON of one category, with the dummy category 0 that Roboflow writes as its parent.

    Parameters
    ----------
    images : sequence of dict
        With id, file_name, height and width.
    annotations : sequence of dict
        From `objects_of`.
    """
    content = {
        "info": {"description": description},
        "categories": [
            {"id": 0, "name": "objects", "supercategory": "none"},
            {"id": 1, "name": category, "supercategory": "objects"},
        ],
        "images": list(images),
        "annotations": list(annotations),
    }
    path.write_text(json.dumps(content), encoding="utf-8")
