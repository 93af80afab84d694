"""Find the pictures and masks of a folder, check that they fit each other, and split chest X-rays.

A file is a mask if its name ends in `mask` (`1-mask.png`, `3000_mask.png`) or if it lies in a folder `masks`.
It belongs to the picture of the same name in the same folder, where folders such as `images`, `CXR_png` and
`masks` count as one.

Chest X-rays with lung masks are those of S. Jaeger et al. 2014, "Two public chest X-ray datasets for
computer-aided screening of pulmonary diseases" (doi:10.3978/j.issn.2223-4292.2014.11.20): Shenzhen (CHN) and
Montgomery (MCU). The two hospitals have different scanners, so training on one and testing on the other
measures how well a network generalises. `CXR_png/CHNCXR_0001_0.png` has `masks/CHNCXR_0001_0_mask.png`, but
`CXR_png/MCUCXR_0001_0.png` has `masks/MCUCXR_0001_0.png`. About one image in eight has no mask.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from brainlab.data.case import Problem, report_text
from brainlab.data.images.picture import SUFFIXES, PictureError, picture_size, read_mask, read_picture
from brainlab.data.split import Split

SHOWN = 5  # notes in a report; a set of slices has hundreds without tumour
THREADS = 4  # Pillow decodes without holding Python's lock
MASK_NAME = re.compile(r"[-_. ]masks?$", re.IGNORECASE)
MASK_FOLDERS = frozenset({"mask", "masks"})
IMAGE_FOLDERS = frozenset({"image", "images", "img", "imgs", "cxr_png"})
HOSPITALS = ("CHN", "MCU")


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
        What a split may go by: the folder (`train`, `valid`), or CHN and MCU of chest X-rays; often "".
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
    """What `find_pairs` returns: pairs, sorted by id, and what could not be used.

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
        """Return as text how many images there are, how many have a mask, what is left out or looks odd."""
        groups = Counter(pair.group for pair in self if pair.group)
        detail = ", ".join(f"{count} {group}" for group, count in sorted(groups.items()))
        masks = sum(pair.has_mask for pair in self)
        count = f"{len(self)} images{f' ({detail})' if detail else ''}"
        notes = [(note.case_id, note.message) for note in self.notes[:SHOWN]]
        head = f"{self.root}: {count}, {masks} with mask, {len(self) - masks} without"
        more = len(self.notes) - SHOWN
        return report_text(head, self.problems, notes) + f"\nnote      and {more} more" * (more > 0)


def find_pairs(folder: Path | str, check: bool = True) -> PairList:
    """Find pictures and their masks below a folder.

    Parameters
    ----------
    folder : Path or str
        Pictures and masks side by side, or in two folders; subfolders such as `train` become groups. Hidden
        files are ignored.
    check : bool
        Also decode every file, tens of milliseconds for an X-ray of full size. Otherwise only names and
        headers are read, and damaged files and masks of several labels are noticed when they are used.

    Returns
    -------
    PairList
        Pictures with a usable mask or without any; the others are in its `problems`.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If the folder does not exist, or is not a folder.
    ValueError
        If it holds no picture.
    """
    root = Path(folder).expanduser()
    if not root.exists():
        raise FileNotFoundError(f"{root} does not exist; expected a folder with pictures: a typo?")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file; expected a folder with pictures: not unpacked yet?")
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
            detail = f"{path.name} has no image; expected one named {key[-1]}: was it renamed or left behind?"
            problems.append(Problem("/".join(key), path, detail))
    good, more, notes = _examine(pairs, check)
    return PairList(good, root, problems + more, notes)


def find_chest(folder: Path | str, check: bool = True) -> PairList:
    """Find chest X-rays and their lung masks below a folder.

    Parameters
    ----------
    folder : Path or str
        With `CXR_png` and `masks`, or with pictures and masks side by side; see `find_pairs`.
    check : bool
        Also decode every file; a mask that is all 0 or all 1 is then a problem, as every chest has lungs.

    Returns
    -------
    PairList
        `group` is "CHN" or "MCU" by the name, "" otherwise. Images without a mask are in the list, with
        `mask` None.

    Raises
    ------
    FileNotFoundError, NotADirectoryError, ValueError
        As `find_pairs`.
    """
    found = find_pairs(folder, check)
    no_lungs = {note.case_id for note in found.notes}
    problems = [replace(note, message=f"{note.message} Every chest has lungs.") for note in found.notes]
    pairs = []
    for pair in found:
        start = pair.image.stem[:3].upper()
        if pair.id not in no_lungs:
            pairs.append(replace(pair, group=start if start in HOSPITALS else ""))
    return PairList(pairs, found.root, found.problems + problems)


def split_chest(pairs: Sequence[ImagePair], seed: int = 0) -> Split:
    """Split chest X-rays: CHN is for training, one half of MCU for validation, the other half for the test.

    Parameters
    ----------
    pairs : sequence of ImagePair
        From `find_chest`. Those without a mask are left out.
    seed : int
        Draws the halves. Each patient has one image, so no patient is in two parts.

    Returns
    -------
    Split
        Of lists sorted by id. With an odd number of MCU the test half is the larger.

    Raises
    ------
    ValueError
        If a name belongs to neither set, or a part would be empty.
    """
    strange = [pair.id for pair in pairs if pair.group not in HOSPITALS]
    if strange:
        raise ValueError(
            f"{strange[0]} and {len(strange) - 1} more are of neither hospital; expected names that start "
            "with CHNCXR or MCUCXR: split other folders by your own rule"
        )
    masked = sorted((pair for pair in pairs if pair.has_mask), key=lambda pair: pair.id)
    train, held = ([pair for pair in masked if pair.group == group] for group in HOSPITALS)
    if not train or len(held) < 2:
        raise ValueError(
            f"{len(train)} CHN, {len(held)} MCU with mask; expected at least 1 CHN to train and 2 MCU to "
            "validate and test: is the folder whole?"
        )
    drawn = set(np.random.default_rng(seed).permutation(len(held))[: len(held) // 2].tolist())
    return Split(
        train=train,
        val=[pair for number, pair in enumerate(held) if number in drawn],
        test=[pair for number, pair in enumerate(held) if number not in drawn],
    )


def _examine(pairs: Sequence[ImagePair], check: bool) -> tuple[list[ImagePair], list[Problem], list[Problem]]:
    """Return the pairs that can be read, the problems of the others, and notes on what looks odd."""
    good: list[ImagePair] = []
    problems: list[Problem] = []
    notes: list[Problem] = []

    def look(pair: ImagePair) -> tuple[bool, str]:
        try:
            _compare_sizes(pair)
            return True, _decode(pair) if check else ""
        except PictureError as error:
            return False, str(error)

    with ThreadPoolExecutor(THREADS) as pool:
        for pair, (readable, detail) in zip(pairs, pool.map(look, pairs), strict=True):
            if readable:
                good.append(pair)
            if detail:
                (notes if readable else problems).append(Problem(pair.id, pair.mask or pair.image, detail))
    return good, problems, notes


def _compare_sizes(pair: ImagePair) -> None:
    """Raise PictureError if the headers of picture and mask tell different sizes."""
    size = picture_size(pair.image)
    if pair.mask is not None and (other := picture_size(pair.mask)) != size:
        raise PictureError(
            f"{pair.mask.name} has {other[0]} x {other[1]} pixels; expected {size[0]} x {size[1]} as "
            f"{pair.image.name}: was one of them resized or turned alone?"
        )


def _decode(pair: ImagePair) -> str:
    """Decode both files; return a note if the mask is empty or full."""
    pair.load_image()
    if pair.mask is None:
        return ""
    mask = pair.load_mask()
    if mask.any() and not mask.all():
        return ""
    return f"{pair.mask.name} is all {int(mask.any())}; expected some of both: an object missed?"


def _collect(root: Path) -> tuple[dict, dict]:
    """Return images and masks below a folder: dicts from (subfolder, ..., name) to paths."""
    images: dict[tuple, list[Path]] = defaultdict(list)
    masks: dict[tuple, list[Path]] = defaultdict(list)
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
    """Return why images and masks of one name make no pair."""
    what = f"{len(images)} images" if len(images) > 1 else f"{len(masks)} masks"
    detail = ", ".join(f"{path.parent.name}/{path.name}" for path in (*images, *masks))
    return f"{what} share one name ({detail}); expected one image and one mask: which is the copy?"
