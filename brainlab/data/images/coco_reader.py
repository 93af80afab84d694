"""Read COCO annotations: a JSON that lists images, categories and the objects in the images.

Source of the format: T.-Y. Lin et al. 2014, "Microsoft COCO: Common Objects in Context" (arXiv:1405.0312).
Folders as Roboflow exports them: `{train,valid,test}/_annotations.coco.json`, with the images beside it.
"""

import json
from collections import defaultdict
from pathlib import Path

from brainlab.data.case import Problem
from brainlab.data.images.annotations import Annotation, AnnotationError, drawn, overhang
from brainlab.data.images.coco import CocoImage, CocoSet
from brainlab.data.images.picture import PictureError, picture_size

NAME = "_annotations.coco.json"
BROKEN = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
)  # what an entry of the wrong form raises


def read_coco(json_or_folder: Path | str, category: str | int | None = None) -> CocoSet:
    """Read annotated images.

    Parameters
    ----------
    json_or_folder : Path or str
        A JSON, a folder with `_annotations.coco.json`, or one with such folders (train, valid, test).
    category : str or int, optional
        Only objects of this name or number; by default all, of whatever category.

    Returns
    -------
    CocoSet
        Of images that are there, have the size that the JSON tells, and whose objects can be drawn. An
        object that cannot is a problem; its image stays if another object can, or if there was nothing to
        draw at all (no outline, no box). Images without annotation are in: nothing was found in them.

    Raises
    ------
    FileNotFoundError
        If there is no such JSON.
    ValueError
        If no JSON has the category. A JSON that cannot be read is a problem, so that the others are kept.
    """
    root = Path(json_or_folder).expanduser()
    files = [root] if root.is_file() else [*root.glob(NAME), *sorted(root.glob(f"*/{NAME}"))]
    if not files:
        raise FileNotFoundError(
            f"{root} holds no {NAME}; expected one in it, or in its folders train, valid and test: is this "
            "the folder that was unpacked?"
        )
    whole = CocoSet(root=root)
    for path in files:
        part = _Part(path)
        part.read(category)
        whole.extend(part.images)
        whole.problems += part.problems
        whole.notes += part.notes
        whole.categories |= part.categories
    if category is not None and category not in (*whole.categories, *whole.categories.values()):
        told = ", ".join(f"{number} {name}" for number, name in whole.categories.items()) or "none"
        raise ValueError(f"there is no category {category!r} in {root}; expected one of: {told}")
    return CocoSet(whole, root, whole.categories, whole.problems, whole.notes)


class _Part:
    """One JSON: its images, and all that is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.path, self.folder, self.name = path, path.parent, path.parent.name
        self.images: list[CocoImage] = []
        self.categories: dict[int, str] = {}
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []

    def read(self, category: str | int | None) -> None:
        """Read the JSON and fill the lists."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8-sig"))
            entries, listed = list(content["images"]), list(content.get("annotations", []))
            names = {int(entry["id"]): str(entry["name"]) for entry in content.get("categories", [])}
        except BROKEN as error:
            self._leave_out(self.path.name, f"{_short(error)}; expected the images and annotations of COCO")
            return
        objects = self._objects(listed)
        used = {annotation.category for found in objects.values() for annotation, _ in found}
        # Roboflow writes a category 0 that no object has, as the parent of the others.
        self.categories = {n: name for n, name in sorted(names.items()) if n or n in used}
        seen: set[int | str] = set()
        for entry in entries:
            try:
                number, file_name = int(entry["id"]), str(entry["file_name"])
                shape = int(entry["height"]), int(entry["width"])
            except BROKEN as error:
                told = f"an image without {_short(error)}; expected id, file_name, height and width"
                self._leave_out(self.path.name, told)
                continue
            mine = objects.pop(number, [])
            if {number, file_name} & seen:
                told = f"image {number} comes twice; expected each id and name once: were two exports joined?"
                self._leave_out(file_name, told)
                continue
            seen |= {number, file_name}
            self._add(file_name, shape, mine, category)
        for number, lost in objects.items():
            told = f"{len(lost)} annotations are of image {number}; expected an image that is listed"
            self._leave_out(self.path.name, told)

    def _objects(self, listed: list) -> dict[int, list[tuple[Annotation, bool]]]:
        """Return the annotations by image id, each with whether it has a box of some area."""
        objects = defaultdict(list)
        for entry in listed:
            try:
                box = [float(n) for n in entry.get("bbox") or ()]
                objects[int(entry["image_id"])].append((Annotation.read(entry), any(n > 0 for n in box[2:])))
            except BROKEN as error:
                told = f"an annotation without {_short(error)}; expected id, image_id and category_id"
                self._leave_out(self.path.name, told)
        return objects

    def _add(
        self,
        file_name: str,
        shape: tuple[int, int],
        objects: list[tuple[Annotation, bool]],
        category: str | int | None,
    ) -> None:
        """Add one image, or say why not."""
        try:
            path = _inside(self.folder, file_name)
            size = picture_size(path)
        except (OSError, ValueError) as error:
            self._leave_out(file_name, str(error))
            return
        if size != shape:
            told = (
                f"has {size[0]} x {size[1]} pixels; expected {shape[0]} x {shape[1]} as in the JSON: was it"
            )
            self._leave_out(file_name, f"{told} resized or turned after it was annotated?")
            return
        kept, lost = [], False
        for annotation, has_box in objects:
            if category is not None and category not in (
                annotation.category,
                self.categories.get(annotation.category),
            ):
                continue
            try:
                drawn(annotation, *shape)
            except AnnotationError as error:
                self._leave_out(f"{file_name}, annotation {annotation.id}", str(error))
                lost = lost or bool(annotation.segmentation) or has_box
                continue
            kept.append(annotation)
            if (beyond := overhang(annotation, *shape)) > 1:
                told = f"the outline leaves the image by {beyond:.0f} pixels; cut off at its edge"
                self.notes.append(Problem(f"{file_name}, annotation {annotation.id}", path, told))
        if lost and not kept:
            told = "none of its objects can be drawn, so what is in it is unknown; expected at least one"
            self._leave_out(file_name, told)
            return
        self.images.append(CocoImage(f"{self.name}/{file_name}", path, self.name, shape, tuple(kept)))

    def _leave_out(self, what: str, why: str) -> None:
        self.problems.append(Problem(f"{self.name}/{what}", self.path, why))


def _inside(folder: Path, file_name: str) -> Path:
    """Return the path of a file below a folder; a JSON from elsewhere must not open any other file."""
    path = (folder / file_name.replace("\\", "/")).resolve()  # "\\" is Windows' "/"
    if not path.is_relative_to(folder.resolve()):
        raise PictureError(
            f"{file_name!r} leads outside the folder of the JSON; expected a name below it: refused, as a "
            "JSON must not choose files elsewhere"
        )
    return path


def _short(error: Exception) -> str:
    """Return an error in words: a KeyError says only which key is missing."""
    return f"{type(error).__name__} {error}"
