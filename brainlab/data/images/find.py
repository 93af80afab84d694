"""Find the pictures and masks of a folder.

A file is a mask if its name ends in `mask` (`1-mask.png`, `3000_mask.png`) or if it lies in a folder `masks`.
It belongs to the picture of the same name in the same folder, where folders such as `images`, `CXR_png` and
`masks` count as one.
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

from brainlab.data.caselist import Problem
from brainlab.data.images.pairs import ImagePair, PairList
from brainlab.data.images.picture import SUFFIXES
from brainlab.data.images.sound import decode, examine, measure

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
