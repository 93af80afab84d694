"""Annotated images: what `read_coco` returns. Objects as a mask and one by one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainlab.data.case import Problem
from brainlab.data.images.annotations import Annotation, drawn
from brainlab.data.images.picture import read_picture, square_labels


@dataclass(frozen=True)
class CocoImage:
    """A picture and the objects annotated in it; used like an `ImagePair`.

    Attributes
    ----------
    id : str
        The part and the file name: "train/a.png".
    image : Path
    group : str
        The part: "train", "valid" or "test", the folder of the JSON.
    shape : tuple of int
        (H, W).
    annotations : tuple of Annotation
        None for an image without objects: its mask is all 0.
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
        """Return where an object is, shape (H, W), bool."""
        return self.instances() > 0

    def instances(self, size: int | None = None) -> np.ndarray:
        """Return the objects numbered from 1, shape (H, W), int32; 0 is outside.

        A smaller object lies on a larger one. A crowd (`iscrowd`) is one object.

        Parameters
        ----------
        size : int, optional
            Resized into a square (size, size) as `ImageDataset` does with the image.
        """
        masks = sorted((drawn(a, *self.shape) for a in self.annotations), key=lambda mask: -mask.sum())
        numbered = np.zeros(self.shape, np.int32)
        for number, mask in enumerate(masks, start=1):
            numbered[mask] = number
        return numbered if size is None else square_labels(numbered, size)


class CocoSet(list[CocoImage]):
    """Annotated images, sorted by part and id, and what could not be used.

    Attributes
    ----------
    root : Path
        Where they were found.
    categories : dict of int to str
        Names of the categories; without the dummy 0 that Roboflow writes.
    problems, notes : list of Problem
        What is left out, and what is in but looks odd.
    """

    def __init__(
        self,
        images: Iterable[CocoImage] = (),
        root: Path | str = "",
        categories: dict[int, str] | None = None,
        problems: Iterable[Problem] = (),
        notes: Iterable[Problem] = (),
    ) -> None:
        super().__init__(sorted(images, key=lambda image: (image.group, image.id)))
        self.root, self.categories = Path(root), dict(categories or {})
        self.problems, self.notes = list(problems), list(notes)

    def part(self, name: str) -> list[CocoImage]:
        """Return the images of "train", "valid" or "test"."""
        chosen = [image for image in self if image.group == name]
        if not chosen:
            told = ", ".join(sorted({image.group for image in self})) or "none"
            raise ValueError(f"there is no image in the part {name!r}; expected one of {told}")
        return chosen

    def report(self) -> str:
        """Say in words how many images and objects there are, what is broken and what looks odd."""
        parts = Counter(image.group for image in self)
        told = ", ".join(f"{count} {part}" for part, count in sorted(parts.items())) or "no part"
        objects = sum(len(image.annotations) for image in self)
        bare = sum(not image.annotations for image in self)
        names = ", ".join(self.categories.values()) or "none"
        return "\n".join(
            [
                f"{self.root}: {len(self)} images ({told}), {objects} objects (categories: {names}), "
                f"{bare} images without object",
                *(f"left out  {problem.case_id}: {problem.message}" for problem in self.problems),
                *(f"note      {note.case_id}: {note.message}" for note in self.notes),
            ]
        )
