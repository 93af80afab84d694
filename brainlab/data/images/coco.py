"""COCO annotations: read a JSON that lists images and the objects in them.

The format is that of T.-Y. Lin et al. 2014, "Microsoft COCO: Common Objects in Context" (arXiv:1405.0312), in
folders as Roboflow exports them: `{train,valid,test}/_annotations.coco.json` with the images beside it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainlab.data.case import Problem, report_text
from brainlab.data.images.annotations import Annotation
from brainlab.data.images.picture import PictureError, picture_size, read_picture, square_labels

NAME = "_annotations.coco.json"
# What an entry of the wrong form raises when it is read.
BROKEN = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True)
class CocoImage:
    """An image and the objects annotated in it; used like an `ImagePair`.

    Attributes
    ----------
    id : str
        The part and the file name: "train/a.png".
    image : Path
    group : str
        The part, "train", "valid" or "test": the folder of the JSON.
    shape : tuple of int
        (H, W).
    annotations : tuple of Annotation
        Empty for an image without objects: its mask is all 0.
    """

    id: str
    image: Path
    group: str
    shape: tuple[int, int]
    annotations: tuple[Annotation, ...] = ()
    has_mask = True

    def load_image(self, channels: int = 1) -> np.ndarray:
        """Return the raw intensities, shape (channels, H, W), float32; see `read_picture`."""
        return read_picture(self.image, channels)

    def load_mask(self) -> np.ndarray:
        """Return where there is an object, shape (H, W), bool."""
        return self.instances() > 0

    def instances(self, size: int | None = None) -> np.ndarray:
        """Return the objects numbered from 1, shape (H, W), int32; 0 is outside.

        Where objects overlap, the smaller one is on top. A crowd (`iscrowd`) is one object.

        Parameters
        ----------
        size : int, optional
            Resize into a square (size, size), as `ImageDataset` does with the image.
        """
        masks = sorted((found.draw(*self.shape) for found in self.annotations), key=lambda mask: -mask.sum())
        numbered = np.zeros(self.shape, np.int32)
        for number, mask in enumerate(masks, start=1):
            numbered[mask] = number
        return numbered if size is None else square_labels(numbered, size)


class CocoSet(list[CocoImage]):
    """Annotated images, sorted by part and id, and what could not be used. Made by `read_coco`.

    Attributes
    ----------
    root : Path
        Where they were found.
    categories : dict of int to str
        Names of the categories, without the dummy 0 that Roboflow writes.
    problems, notes : list of Problem
        What is left out; and what is in the list but looks odd.
    """

    def __init__(self, root: Path | str = "") -> None:
        super().__init__()
        self.root, self.categories = Path(root), dict[int, str]()
        self.problems, self.notes = list[Problem](), list[Problem]()

    def part(self, name: str) -> list[CocoImage]:
        """Return the images of "train", "valid" or "test"."""
        chosen = [image for image in self if image.group == name]
        if not chosen:
            detail = ", ".join(sorted({image.group for image in self})) or "none"
            raise ValueError(f"there is no image in the part {name!r}; expected one of {detail}")
        return chosen

    def report(self) -> str:
        """Return as text how many images and objects there are, what is left out and what looks odd."""
        parts = Counter(image.group for image in self)
        detail = ", ".join(f"{count} {part}" for part, count in sorted(parts.items())) or "no part"
        objects = sum(len(image.annotations) for image in self)
        bare = sum(not image.annotations for image in self)
        names = ", ".join(self.categories.values()) or "none"
        head = f"{self.root}: {len(self)} images ({detail}), {objects} objects (categories: {names}), "
        notes = ((note.case_id, note.message) for note in self.notes)
        return report_text(f"{head}{bare} images without object", self.problems, notes)


def read_coco(json_or_folder: Path | str, category: str | int | None = None) -> CocoSet:
    """Read annotated images.

    Parameters
    ----------
    json_or_folder : Path or str
        A JSON, a folder with `_annotations.coco.json`, or a folder with such folders (train, valid, test).
    category : str or int, optional
        Only objects of this name or number; by default all.

    Returns
    -------
    CocoSet
        The images that exist, have the size given in the JSON, and whose objects can be drawn. An object that
        cannot is a problem; its image stays if another object can be drawn, or if there was nothing to draw
        at all (no outline, no box). Images without annotations are in the list: nothing was found in them.

    Raises
    ------
    FileNotFoundError
        If there is no such JSON.
    ValueError
        If no JSON has the category. A JSON that cannot be read is a problem; the others are kept.
    """
    root = Path(json_or_folder).expanduser()
    files = [root] if root.is_file() else [*root.glob(NAME), *sorted(root.glob(f"*/{NAME}"))]
    if not files:
        raise FileNotFoundError(
            f"{root} holds no {NAME}; expected one in it, or in its folders train, valid and test: is this "
            "the folder that was unpacked?"
        )
    found = CocoSet(root)
    for path in files:
        _read_part(path, category, found)
    if category is not None and category not in (*found.categories, *found.categories.values()):
        detail = ", ".join(f"{number} {name}" for number, name in found.categories.items()) or "none"
        raise ValueError(f"there is no category {category!r} in {root}; expected one of: {detail}")
    found.sort(key=lambda image: (image.group, image.id))
    return found


def _read_part(path: Path, category: str | int | None, found: CocoSet) -> None:
    """Add to `found` the images of one JSON and everything that is wrong with them."""
    part = path.parent.name

    def leave_out(what: str, why: str) -> None:
        found.problems.append(Problem(f"{part}/{what}", path, why))

    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        entries, listed = list(content["images"]), list(content.get("annotations", []))
        names = {int(entry["id"]): str(entry["name"]) for entry in content.get("categories", [])}
    except BROKEN as error:
        leave_out(path.name, f"{_short(error)}; expected the images and annotations of COCO")
        return
    objects = defaultdict(list)
    for entry in listed:
        try:
            objects[int(entry["image_id"])].append(Annotation.read(entry))
        except BROKEN as error:
            leave_out(path.name, f"an annotation without {_short(error)}; expected id, image_id, category_id")
    used = {annotation.category for group in objects.values() for annotation in group}
    # Roboflow writes a category 0 that no object has, as the parent of the others.
    names = {number: name for number, name in sorted(names.items()) if number or number in used}
    found.categories |= names

    seen: set[int | str] = set()
    for entry in entries:
        try:
            number, name = int(entry["id"]), str(entry["file_name"])
            shape = int(entry["height"]), int(entry["width"])
        except BROKEN as error:
            leave_out(path.name, f"an image without {_short(error)}; expected id, file_name, height, width")
            continue
        mine = objects.pop(number, [])
        if {number, name} & seen:
            leave_out(name, f"image {number} comes twice; expected each id and name once: joined exports?")
            continue
        seen |= {number, name}
        if category is not None:
            mine = [one for one in mine if category in (one.category, names.get(one.category))]
        try:
            picture = _picture_of(path.parent, name, shape)
            kept = _drawable(mine, shape, name, leave_out)
        except (OSError, ValueError) as error:
            leave_out(name, str(error))
            continue
        found.append(CocoImage(f"{part}/{name}", picture, part, shape, tuple(kept)))
        for annotation in kept:
            if (beyond := annotation.overhang(*shape)) > 1:
                detail = f"the outline leaves the image by {beyond:.0f} pixels; cut off at its edge"
                found.notes.append(Problem(f"{name}, annotation {annotation.id}", picture, detail))
    for number, lost in objects.items():
        leave_out(path.name, f"{len(lost)} annotations are of image {number}; expected one that is listed")


def _drawable(
    annotations: list[Annotation], shape: tuple[int, int], name: str, leave_out: Callable[[str, str], None]
) -> list[Annotation]:
    """Return the annotations that can be drawn; ValueError if there are objects but none can be."""
    kept, lost = [], False
    for annotation in annotations:
        try:
            annotation.draw(*shape)
            kept.append(annotation)
        except ValueError as error:
            leave_out(f"{name}, annotation {annotation.id}", str(error))
            lost = lost or bool(annotation.segmentation) or annotation.has_box
    if lost and not kept:
        raise ValueError("none of its objects can be drawn, so what is in it is unknown")
    return kept


def _picture_of(folder: Path, file_name: str, shape: tuple[int, int]) -> Path:
    """Return the path of an image below `folder` that has the expected shape.

    A JSON from elsewhere must not open files outside its folder.
    """
    path = (folder / file_name.replace("\\", "/")).resolve()  # "\\" is Windows' "/"
    if not path.is_relative_to(folder.resolve()):
        raise PictureError(
            f"{file_name!r} leads outside the folder of the JSON; expected a name below it: refused, as a "
            "JSON must not choose files elsewhere"
        )
    size = picture_size(path)
    if size != shape:
        raise PictureError(
            f"has {size[0]} x {size[1]} pixels; expected {shape[0]} x {shape[1]} as in the JSON: was it "
            "resized or turned after it was annotated?"
        )
    return path


def _short(error: Exception) -> str:
    """Return an error as text: a KeyError alone says only which key is missing."""
    return f"{type(error).__name__} {error}"
