"""Walk a folder and group its files by case, by their names alone: `brainlab.data.layouts` lists them."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from brainlab.data.volume import SUFFIXES

ROLES = {
    **dict.fromkeys(("t1n", "t1"), "t1n"),
    **dict.fromkeys(("t1c", "t1ce", "t1gd"), "t1c"),
    **dict.fromkeys(("t2w", "t2"), "t2w"),
    **dict.fromkeys(("t2f", "flair", "fla"), "t2f"),
    **dict.fromkeys(("seg", "segm", "segmentation", "ot"), "seg"),
}
NAMED = re.compile(rf"(?:(?P<case>.+)[-_. ])?(?P<role>{'|'.join(ROLES)})(?:_bet|_fused)?", re.IGNORECASE)
BRATS_2015 = re.compile(r"VSD\.Brain.*\.(?:MR_)?(?P<role>Flair|T1|T1c|T2|OT)\.\d+", re.IGNORECASE)
MSD = re.compile(r"BRATS_\d+")
KAGGLE = re.compile(r"volume_(?P<volume>\d+)_slice_(?P<z>\d+)\.h5")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar")


@dataclass
class Found:
    """The files of one case: by role ("t1n" ... "seg", or "all" for one 4D file), or by z for slices."""

    id: str
    folder: Path
    files: dict[str, list[Path]] = field(default_factory=dict)
    slices: dict[int, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, role: str, path: Path) -> None:
        """Add the file of a role; there may be more than one."""
        self.files.setdefault(role, []).append(path)


def collect(root: Path) -> list[Found]:
    """Group the files below `root` by case.

    Raises
    ------
    ValueError
        If no file bears a name of a known layout.
    """
    groups: dict[tuple[Path, str], Found] = {}
    others = Counter()

    def case(folder: Path, case_id: str) -> Found:
        return groups.setdefault((folder, case_id), Found(case_id, folder))

    for path in _walk(root):
        stem = _stem(path.name)
        if match := KAGGLE.fullmatch(path.name):
            case(path.parent, f"volume_{int(match['volume']):03d}").slices[int(match["z"])] = path
        elif stem == path.name:  # not a volume
            others[
                "archives" if path.name.lower().endswith(ARCHIVES) else path.suffix or "without suffix"
            ] += 1
        elif match := BRATS_2015.fullmatch(stem):
            folder = next(parent for parent in path.parents if not parent.name.startswith("VSD."))
            case(folder, folder.name).add(ROLES[match["role"].lower()], path)
        elif MSD.fullmatch(stem) and not path.parent.name.startswith("labels"):
            case(path.parent, stem).add("all", path)
        elif match := NAMED.fullmatch(stem):
            case(path.parent, match["case"] or path.parent.name).add(ROLES[match["role"].lower()], path)
        else:
            others["volumes with other names"] += 1
    if not groups:
        seen = ", ".join(f"{count} {kind}" for kind, count in others.most_common(5)) or "nothing"
        cause = (
            "the archives are not unpacked" if others["archives"] else "another folder, or another data set"
        )
        raise ValueError(
            f"no case in {root}: found {seen}; expected files such as BraTS-GLI-00001-000-t1n.nii.gz or "
            f"BraTS20_Training_001_t1.nii (all layouts: help(brainlab.data.layouts)). Likely cause: {cause}."
        )
    return _adopt_odd_segmentations(list(groups.values()))


def _adopt_odd_segmentations(found: list[Found]) -> list[Found]:
    """Give a segmentation of another name to the one case beside it that lacks its own.

    Case 355 of BraTS 2020 has `W39_1998.09.19_Segm.nii`.
    """
    for odd in [group for group in found if set(group.files) == {"seg"}]:
        beside = [group for group in found if group.folder == odd.folder and group is not odd]
        if len(beside) == 1 and "seg" not in beside[0].files:
            beside[0].files["seg"] = odd.files["seg"]
            beside[0].notes.append(f"the segmentation has the odd name {odd.files['seg'][0].name}")
            found = [group for group in found if group is not odd]
    return found


def _walk(root: Path) -> Iterator[Path]:
    """Yield files, and folders with the name of a modality's file, in order; hidden ones are left out."""
    seen = set()  # links may lead in circles
    for here, folders, files in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        if os.path.realpath(here) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(here))
        as_files = [name for name in folders if _stem(name) != name and NAMED.fullmatch(_stem(name))]
        folders[:] = [name for name in folders if name not in as_files]
        yield from (Path(here, name) for name in sorted(files + as_files) if not name.startswith("."))


def _stem(name: str) -> str:
    """Return the name without the suffix of a volume; unchanged if it has none."""
    return next((name[: -len(suffix)] for suffix in SUFFIXES if name.lower().endswith(suffix)), name)
