"""A picture with its mask, and the list that `find_pairs` returns: the pairs, and what is wrong elsewhere.

Are a picture and its mask sound, and do they fit each other?

Find the pictures and masks of a folder.

A file is a mask if its name ends in `mask` (`1-mask.png`, `3000_mask.png`) or if it lies in a folder `masks`.
It belongs to the picture of the same name in the same folder, where folders such as `images`, `CXR_png` and
`masks` count as one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainlab.data.case import Problem
from brainlab.data.images.picture import SUFFIXES, PictureError, picture_size, read_mask, read_picture

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


THREADS = 4  # Pillow decodes without holding Python's lock


def examine(
    pairs: Sequence[ImagePair], look: Callable[[ImagePair], str]
) -> tuple[list[ImagePair], list[Problem], list[Problem]]:
    """Return the pairs that can be read, the problems of the others, and notes on what looks odd."""
    good, problems, notes = [], [], []

    def outcome(pair: ImagePair) -> tuple[bool, str]:
        try:
            return True, look(pair)
        except PictureError as error:
            return False, str(error)

    with ThreadPoolExecutor(THREADS) as pool:
        for pair, (sound, told) in zip(pairs, pool.map(outcome, pairs), strict=True):
            if sound:
                good.append(pair)
            if told:
                (notes if sound else problems).append(Problem(pair.id, pair.mask or pair.image, told))
    return good, problems, notes


def measure(pair: ImagePair) -> str:
    """Compare the sizes that the headers tell; raise PictureError if they differ."""
    size = picture_size(pair.image)
    if pair.mask is not None and (other := picture_size(pair.mask)) != size:
        raise PictureError(
            f"{pair.mask.name} has {other[0]} x {other[1]} pixels; expected {size[0]} x {size[1]} as "
            f"{pair.image.name}: was one of them resized or turned alone?"
        )
    return ""


def decode(pair: ImagePair) -> str:
    """Decode both files as well; return a note on a mask that is empty or full."""
    measure(pair)
    pair.load_image()
    if pair.mask is None:
        return ""
    mask = pair.load_mask()
    if mask.any() and not mask.all():
        return ""
    return f"{pair.mask.name} is all {int(mask.any())}; expected some of both: an object missed?"


MASK_NAME = re.compile(r"[-_. ]masks?$", re.IGNORECASE)
MASK_FOLDERS = frozenset({"mask", "masks"})
IMAGE_FOLDERS = frozenset({"image", "images", "img", "imgs", "cxr_png"})


def find_pairs(folder: Path | str, check: bool = True) -> PairList:
    """Find pictures and their masks below a folder.

    Parameters
    ----------
    folder : Path or str
        Pictures and masks side by side, or in two folders; subfolders such as `train` become groups. Hidden
        files are ignored.
    check : bool
        Also decode every file, tens of milliseconds for an X-ray of full size. Without, only names and
        headers are read: cut downloads and masks of several labels then show when they are used.

    Returns
    -------
    PairList
        Pictures with a sound mask or without any; the rest is in its `problems`.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If the folder is not there, or not a folder.
    ValueError
        If it holds no picture.
    """
    root = Path(folder).expanduser()
    if not root.exists():
        raise FileNotFoundError(f"{root} does not exist; expected a folder with pictures: a typo?")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file; expected a folder with pictures: is it to be unpacked?")
    images, masks = _collect(root)
    if not images and not masks:
        raise ValueError(f"{root} holds no picture; expected names such as 1.png and 1_mask.png below it")

    pairs, problems, names = [], [], Counter(key[-1] for key in images)
    for key, found in sorted(images.items()):
        name = key[-1] if names[key[-1]] == 1 else "/".join(key)
        matching = masks.pop(key, [])
        if len(found) > 1 or len(matching) > 1:
            problems.append(Problem(name, found[0], _ambiguous(found, matching)))
            continue
        group = key[0] if len(key) > 1 else ""
        pairs.append(ImagePair(name, found[0], matching[0] if matching else None, group))
    for key, found in sorted(masks.items()):
        for path in found:
            told = f"{path.name} has no image; expected one named {key[-1]}: was it renamed or left behind?"
            problems.append(Problem("/".join(key), path, told))
    good, more, notes = examine(pairs, decode if check else measure)
    return PairList(good, root, problems + more, notes)


def _collect(root: Path) -> tuple[dict, dict]:
    """Return images and masks below a folder: dicts from (subfolder, ..., name) to paths."""
    images, masks = defaultdict(list), defaultdict(list)
    for path in sorted(root.rglob("*")):
        *folders, _ = inside = path.relative_to(root).parts
        hidden = any(part.startswith((".", "__MACOSX")) for part in inside)
        if hidden or path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        bare = MASK_NAME.sub("", path.stem)
        is_mask = bare != path.stem or any(part.lower() in MASK_FOLDERS for part in folders)
        kept = [part for part in folders if part.lower() not in MASK_FOLDERS | IMAGE_FOLDERS]
        (masks if is_mask else images)[(*kept, bare or path.stem)].append(path)
    return images, masks


def _ambiguous(images: list[Path], masks: list[Path]) -> str:
    """Say why images and masks of one name make no pair."""
    what = f"{len(images)} images" if len(images) > 1 else f"{len(masks)} masks"
    told = ", ".join(f"{path.parent.name}/{path.name}" for path in (*images, *masks))
    return f"{what} share one name ({told}); expected one image and one mask: which is the copy?"
