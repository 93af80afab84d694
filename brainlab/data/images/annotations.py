"""One annotation of a COCO file: an object as an outline or as run lengths, and the pixels that it covers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainlab.data.images.polygon import fill_polygon
from brainlab.data.images.rle import decode_rle


class AnnotationError(ValueError):
    """An annotation that cannot be drawn; the message says why."""


@dataclass(frozen=True)
class Annotation:
    """An object in an image.

    Attributes
    ----------
    id, category : int
    segmentation : list of polygons, or dict
        Each polygon x0, y0, x1, y1, ...; together they cover the object. Or run lengths.
    crowd : bool
        Whether this is a group of objects outlined as one.
    """

    id: int
    category: int
    segmentation: Any
    crowd: bool = False

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "Annotation":
        """Make one from an entry of the JSON; raises KeyError, TypeError or ValueError if it is broken."""
        outline = entry.get("segmentation") or []
        if isinstance(outline, list):
            outline = [part for part in outline if part != []]
        return cls(int(entry["id"]), int(entry["category_id"]), outline, bool(entry.get("iscrowd", 0)))


def drawn(annotation: Annotation, height: int, width: int) -> np.ndarray:
    """Return the pixels of an object, shape (height, width), bool; what lies beyond the image is cut off.

    Raises
    ------
    AnnotationError
        If the outline is empty or broken, or covers no pixel of the image.
    """
    outline = annotation.segmentation
    if not outline:
        raise AnnotationError("has no outline; expected polygons or run lengths: was only a box drawn?")
    try:
        if isinstance(outline, Mapping):
            mask = decode_rle(outline, (height, width))
        else:
            mask = np.zeros((height, width), bool)
            for part in _parts(outline):
                mask |= fill_polygon(part, height, width)  # a pixel in two parts is still in the object
    except (TypeError, ValueError) as error:
        raise AnnotationError(f"cannot be drawn: {error}") from error
    if not mask.any():
        raise AnnotationError(
            f"covers no pixel of the {height} x {width} of its image; expected some inside: drawn on another "
            "image, or too thin?"
        )
    return mask


def overhang(annotation: Annotation, height: int, width: int) -> float:
    """Return by how many pixels an outline leaves the image."""
    if isinstance(annotation.segmentation, Mapping):
        return 0.0
    beyond = 0.0
    for part in _parts(annotation.segmentation):
        x, y = np.asarray(part[0::2], float), np.asarray(part[1::2], float)
        beyond = max(beyond, -x.min(), -y.min(), x.max() - width, y.max() - height)
    return float(beyond)


def _parts(outline: Any) -> list:
    """Return the polygons of an outline.

    Some tools write a single one without the list around it. Beside a polygon, a point or a line covers
    nothing and is passed over; alone it is an error in drawing.
    """
    parts = [outline] if np.isscalar(outline[0]) else list(outline)
    return [part for part in parts if len(part) >= 6] or parts
