"""One annotation of a COCO file: an object as polygons or run lengths, and the pixels that it covers.

`pycocotools`, the COCO API, fills polygons and decodes run lengths. It does not check its input: it hangs on
NaN, takes four numbers for a box and reads uninitialised memory where run lengths are too short. Every
outline is therefore checked here first.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_api

# In heights plus widths of the image; the COCO API takes time and memory for every pixel of an outline.
FARTHEST = 10


@dataclass(frozen=True)
class Annotation:
    """An object in an image.

    Attributes
    ----------
    id, category : int
    segmentation : list of polygons, or dict
        Polygons [x0, y0, x1, y1, ...] in pixels that cover the object together; or run lengths.
    crowd : bool
        Whether this is a group of objects outlined as one (`iscrowd`).
    has_box : bool
        Whether the entry has a bounding box of some area.
    """

    id: int
    category: int
    segmentation: Any
    crowd: bool = False
    has_box: bool = False

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "Annotation":
        """Make an annotation from an entry of the JSON; a broken entry raises one of `BROKEN`."""
        outline = entry.get("segmentation") or []
        if isinstance(outline, list):
            outline = [part for part in outline if part != []]
        box = [float(number) for number in entry.get("bbox") or ()]
        has_box = any(length > 0 for length in box[2:])
        return cls(int(entry["id"]), int(entry["category_id"]), outline, bool(entry.get("iscrowd")), has_box)

    def draw(self, height: int, width: int) -> np.ndarray:
        """Return the pixels of the object, shape (height, width), bool; cut off at the border of the image.

        Raises
        ------
        ValueError
            If the outline is empty or broken, or covers no pixel of the image.
        """
        if not self.segmentation:
            raise ValueError("has no outline; expected polygons or run lengths: was only a box drawn?")
        try:
            if isinstance(self.segmentation, Mapping):
                mask = decode_rle(self.segmentation, (height, width))
            else:
                mask = fill_polygons(self.polygons(), height, width)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"cannot be drawn: {error}") from error
        if not mask.any():
            raise ValueError(
                f"covers no pixel of the {height} x {width} of its image; expected some inside: drawn on "
                "another image, or too thin?"
            )
        return mask

    def polygons(self) -> list:
        """Return the polygons of the outline.

        Some tools write a single polygon without the list around it. Points and lines beside a polygon cover
        nothing and are left out; an outline of nothing else is an error when it is drawn.
        """
        outline = self.segmentation
        parts = [outline] if np.isscalar(outline[0]) else list(outline)
        return [part for part in parts if len(part) >= 6] or parts

    def overhang(self, height: int, width: int) -> float:
        """Return by how many pixels the polygons leave the image; 0 for run lengths."""
        if isinstance(self.segmentation, Mapping):
            return 0.0
        x, y = np.concatenate([np.asarray(part, float).reshape(-1, 2) for part in self.polygons()]).T
        return float(max(0.0, -x.min(), -y.min(), x.max() - width, y.max() - height))


def fill_polygons(polygons: Iterable[Sequence[float]], height: int, width: int) -> np.ndarray:
    """Return the pixels that polygons cover, as the COCO API counts them.

    Pixel (row, column) is the square from (column, row) to (column + 1, row + 1). The API rounds the outline
    to a fifth of a pixel: compared with pixel centres, about 0.6 % of an object's pixels differ, all of them
    on its border.

    Parameters
    ----------
    polygons : iterable of sequence of float
        Each x0, y0, x1, y1, ... in pixels; the last point joins the first. What lies beyond the image is cut
        off.
    height, width : int
        Size of the image.

    Returns
    -------
    np.ndarray
        Shape (height, width), bool: the union.

    Raises
    ------
    ValueError
        If a polygon has fewer than three points, an odd number of values, values that are not finite, or
        points very far outside the image.
    """
    checked = []
    for points in polygons:
        flat = np.asarray(points, dtype=float)
        if flat.ndim != 1 or flat.size < 6 or flat.size % 2:
            raise ValueError(f"a polygon of {flat.size} values; expected x and y of three points or more")
        if not np.isfinite(flat).all():
            raise ValueError("a polygon with NaN or infinity; expected pixels: divided by a size of 0?")
        if np.abs(flat).max() > FARTHEST * (height + width):
            raise ValueError(
                f"a polygon with a point at {np.abs(flat).max():.3g} pixels; expected points in or near the "
                f"{height} x {width} pixels of the image: another unit?"
            )
        checked.append(flat.tolist())
    return coco_api.decode(coco_api.merge(coco_api.frPyObjects(checked, height, width))).astype(bool)


def decode_rle(rle: Mapping[str, Any], shape: tuple[int, int] | None = None) -> np.ndarray:
    """Return the mask of run lengths, the other way in which COCO stores an object.

    Parameters
    ----------
    rle : mapping
        `size` [H, W] and `counts`: how many pixels in turn are outside, inside, outside ..., column by
        column, as a list of numbers or as the API's compressed text (str or bytes).
    shape : (H, W), optional
        The size that is expected; compared before any memory is taken.

    Returns
    -------
    np.ndarray
        Shape (H, W), bool.

    Raises
    ------
    ValueError
        If a part is missing or broken, the size differs, or the counts do not add up to it.
    """
    try:
        height, width = (int(number) for number in rle["size"])
        counts = rle["counts"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"run lengths without {error}; expected size [H, W] and counts") from error
    if shape is not None and (height, width) != tuple(shape):
        raise ValueError(
            f"run lengths of {height} x {width} pixels; expected {shape[0]} x {shape[1]}: was the image "
            "resized?"
        )
    counts = _unpack(counts) if isinstance(counts, str | bytes) else [int(count) for count in counts]
    if min(counts, default=0) < 0 or sum(counts) != height * width:
        raise ValueError(
            f"run lengths of {sum(counts):,} pixels (shortest {min(counts, default=0)}); expected "
            f"{height} x {width} = {height * width:,} and none below 0: cut, or of another image?"
        )
    plain = {"size": [height, width], "counts": counts}
    return coco_api.decode(coco_api.frPyObjects(plain, height, width)).astype(bool)


def _unpack(text: str | bytes) -> list[int]:
    """Turn compressed counts into numbers.

    The API itself reads damaged text without complaint. A count is written in groups of five bits, lowest
    first, as characters from "0" on, and is signed; the sixth bit says that another group follows. From the
    fourth count on, the difference to the count two before is written.
    """
    text = text.encode("ascii") if isinstance(text, str) else text
    if odd := re.search(rb"[^0-o]", text):
        raise ValueError(f"run lengths hold the character {chr(odd[0][0])!r}; expected '0' to 'o': damaged?")
    if text[-1:] >= b"P":
        raise ValueError("run lengths end inside a number; expected a whole text: was it cut?")
    counts: list[int] = []
    for number in re.findall(rb"[P-o]*[0-O]", text):
        value = sum((code - 48 & 31) << 5 * place for place, code in enumerate(number))
        if number[-1] - 48 & 16:  # the sign
            value -= 1 << 5 * len(number)
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    return counts
