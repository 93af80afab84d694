"""A picture with its mask, and the list that `find_pairs` returns: the pairs, and what is wrong elsewhere."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainlab.data.caselist import Problem
from brainlab.data.images.picture import PictureError, read_mask, read_picture

SHOWN = 5  # notes in a report; a set of slices has hundreds without tumour


@dataclass(frozen=True)
class ImagePair:
    """A picture and its mask.

    Attributes
    ----------
    id : str
        The picture's name without suffix; with its folder where two pictures share a name.
    image : Path
    mask : Path or None
        None where there is none.
    group : str
        What a split may go by: the folder (`train`, `valid`), or CHN and MCU of a chest; often "".
    """

    id: str
    image: Path
    mask: Path | None = None
    group: str = ""

    @property
    def has_mask(self) -> bool:
        """Whether there is a mask to learn from."""
        return self.mask is not None

    def load_image(self, channels: int = 1) -> np.ndarray:
        """Return the raw intensities, shape (channels, H, W), float32; see `read_picture`."""
        return read_picture(self.image, channels)

    def load_mask(self) -> np.ndarray:
        """Return the mask, shape (H, W), bool; see `read_mask`."""
        if self.mask is None:
            raise PictureError(f"{self.id} has no mask; expected one to learn from: leave the picture out")
        return read_mask(self.mask)


class PairList(list[ImagePair]):
    """A list of pairs, sorted by id, that also knows what could not be used.

    Attributes
    ----------
    root : Path
        Where they were found.
    problems : list of Problem
        What is left out, and why.
    notes : list of Problem
        What looks odd but is in the list.
    """

    def __init__(
        self,
        pairs: Iterable[ImagePair] = (),
        root: Path | str = "",
        problems: Iterable[Problem] = (),
        notes: Iterable[Problem] = (),
    ) -> None:
        super().__init__(sorted(pairs, key=lambda pair: pair.id))
        self.root, self.problems, self.notes = Path(root), list(problems), list(notes)

    def report(self) -> str:
        """Say in words how many images there are, how many have a mask, what is broken or odd."""
        groups = Counter(pair.group for pair in self if pair.group)
        told = ", ".join(f"{count} {group}" for group, count in sorted(groups.items()))
        masks = sum(pair.has_mask for pair in self)
        return "\n".join(
            [
                f"{self.root}: {len(self)} images{f' ({told})' if told else ''}, {masks} with mask, "
                f"{len(self) - masks} without",
                *(f"left out  {problem.case_id}: {problem.message}" for problem in self.problems),
                *(f"note      {note.case_id}: {note.message}" for note in self.notes[:SHOWN]),
                *([f"note      and {len(self.notes) - SHOWN} more"] if len(self.notes) > SHOWN else []),
            ]
        )
