"""Find the cases in a folder, whatever data set it holds and however it was unpacked.

BraTS 2015
    `brats_2013_pat0001_1/VSD.Brain.XX.O.MR_Flair.54512/VSD.Brain.XX.O.MR_Flair.54512.mha`, ...; `OT` is the
    segmentation
BraTS 2017 to 2021
    `BraTS19_X_1/BraTS19_X_1_{flair,t1,t1ce,t2,seg}.nii.gz`, also `.nii`, also a `.nii` in a folder named
    `.nii`
BraTS 2023 and 2024, GoAT, the built-in cohort
    `BraTS-GLI-00027-000/BraTS-GLI-00027-000-{t1n,t1c,t2w,t2f,seg}.nii.gz`
MSD Task01
    `imagesTr/BRATS_001.nii.gz` with four volumes, and `labelsTr/BRATS_001.nii.gz`
BraTS 2020 as h5 from Kaggle
    `volume_1_slice_0.h5`, ...
TCGA
    `TCGA-DU-7294_{fla_bet,t1_bet,t1c_bet,t2_bet,seg_fused}.nii.gz`

Cases are recognised by the names of their files, not of the folders above: any depth and any mixture works.
Which data set a name belongs to, and what its labels mean, is the table in `brainlab.data.profiles`: that is
the place to enter a new data set with one file per modality.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from brainlab.data import kaggle
from brainlab.data.case import Case, CaseList, Problem, atlas_note
from brainlab.data.profiles import PROFILES, ROLES, recognise
from brainlab.data.volume import SUFFIXES, Header, VolumeError, affine_gap, orientation, problem, read_header
from brainlab.labels import MODALITIES

NAMED = re.compile(rf"(?:(?P<case>.+)[-_. ])?(?P<role>{'|'.join(ROLES)})(?:_bet|_fused)?", re.IGNORECASE)
BRATS_2015 = re.compile(r"VSD\.Brain.*\.(?:MR_)?(?P<role>Flair|T1|T1c|T2|OT)\.\d+", re.IGNORECASE)
MSD = re.compile(r"BRATS_\d+")
KAGGLE = re.compile(r"volume_(?P<volume>\d+)_slice_(?P<z>\d+)\.h5")
MSD_CHANNELS = ("t2f", "t1n", "t1c", "t2w")
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
        If no file has a name of a known layout.
    """
    groups: dict[tuple[Path, str], Found] = {}
    others: Counter[str] = Counter()

    def case(folder: Path, case_id: str) -> Found:
        return groups.setdefault((folder, case_id), Found(case_id, folder))

    for path in _walk(root):
        stem = _stem(path.name)
        if match := KAGGLE.fullmatch(path.name):
            case(path.parent, f"volume_{int(match['volume']):03d}").slices[int(match["z"])] = path
        elif stem == path.name:  # not a volume
            kind = "archives" if path.name.lower().endswith(ARCHIVES) else path.suffix or "without suffix"
            others[kind] += 1
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
        cause = "archives not unpacked" if others["archives"] else "another folder, or another data set"
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


def find_cases(root: Path | str, check: bool = False, profile: str | None = None) -> CaseList:
    """Find all cases below `root`, or in it if it is the folder of one case.

    Names and headers are read, not voxels: about a millisecond a file. Missing modalities, pointer files, cut
    downloads and volumes that do not fit each other are found at once; wrong labels only when they are read.

    Parameters
    ----------
    root : Path or str
        A folder. Hidden files in it are ignored.
    check : bool
        Also read every voxel: about half a second a case.
    profile : str, optional
        The data set that all cases belong to, whatever their names say: a key of
        `brainlab.data.profiles.PROFILES`.

    Returns
    -------
    CaseList
        The usable cases; the broken ones are in its `problems`.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If `root` does not exist, or is not a folder.
    ValueError
        If nothing below `root` looks like a case, or the profile is unknown.
    """
    root = Path(root).expanduser()
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"profile {profile!r} is unknown; expected one of {', '.join(PROFILES)}")
    if not root.exists():
        above = next(parent for parent in root.absolute().parents if parent.exists())
        raise FileNotFoundError(f"{root} does not exist, only {above} does: a typo, a drive not mounted?")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file; expected the folder of the cases: not unpacked yet?")
    cases: dict[str, Case] = {}
    problems = []
    for found in collect(root):
        try:
            case = _build(found, profile)
            if case.id in cases:
                expected = f"it in {cases[case.id].sources[0].parent} only"
                raise problem(found.folder, f"{case.id} again", expected, "two copies of the data set")
            if check:
                case.image()
                case.seg()
            cases[case.id] = case
        except VolumeError as error:
            problems.append(Problem(found.id, found.folder, str(error)))
    return CaseList(cases.values(), root, problems)


def _build(found: Found, profile: str | None) -> Case:
    """Make a case of the files that were found; VolumeError if they do not make one."""
    by_name, patient = recognise(found.id, found.folder)
    make = _from_slices if found.slices else _from_one_file if "all" in found.files else _from_files
    return make(found, patient, profile or by_name)


def _from_files(found: Found, patient: str, profile: str) -> Case:
    """One file for each modality."""
    missing = [name for name in MODALITIES if name not in found.files]
    if missing:
        cause = "an interrupted download, or a file with an unusual name"
        there = f"{', '.join(found.files)} of {found.id}, no {', '.join(missing)}"
        raise problem(found.folder, there, "all four", cause)
    files = {role: _one(found, role) for role in (*MODALITIES, "seg") if role in found.files}
    headers = {role: read_header(path) for role, path in files.items()}
    first = headers["t1n"]
    for role, header in headers.items():
        _must_fit(files[role], header, first, files["t1n"])
        gap = affine_gap(header.affine, first.affine, first.shape)
        if gap > 0.5:
            found.notes.append(
                f"{role} lies {gap:.1f} mm off t1n by its affine; taken as aligned voxel by voxel"
            )
        found.notes += [f"{role}: {note}" for note in header.notes]
    if PROFILES[profile].on_atlas and (note := atlas_note(first)):
        found.notes.append(note)
    seg_path = files.pop("seg", None)
    header = Header(first.shape, first.affine)
    return Case(found.id, patient, profile, files, seg_path, header, warnings=found.notes)


def _from_one_file(found: Found, patient: str, profile: str) -> Case:
    """All modalities in one 4D file, the segmentation in the folder of labels beside (MSD)."""
    path = _one(found, "all")
    header = read_header(path)
    if len(header.shape) != 4 or header.shape[3] != len(MSD_CHANNELS):
        expected = "(X, Y, Z, 4) with FLAIR, T1w, T1gd, T2w"
        raise problem(path, f"shape {header.shape}", expected, "a segmentation, or another task than Task01")
    seg_path = path.parent.parent / path.parent.name.replace("images", "labels") / path.name
    has_seg = seg_path != path and (seg_path.exists() or seg_path.is_symlink())
    if has_seg:
        _must_fit(seg_path, read_header(seg_path), header, path)
    files = dict.fromkeys(MODALITIES, path)
    seg = seg_path if has_seg else None
    return Case(found.id, patient, profile, files, seg, header, MSD_CHANNELS, warnings=found.notes)


def _from_slices(found: Found, patient: str, profile: str) -> Case:
    """One file for each slice (Kaggle's h5)."""
    missing = sorted(set(range(max(found.slices))) - found.slices.keys())
    if missing:
        detail = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
        raise problem(found.folder, f"no slice {detail} of {found.id}", "all from 0", "interrupted unpacking")
    slices = tuple(path for _, path in sorted(found.slices.items()))
    files = dict.fromkeys(MODALITIES, slices[0])
    return Case(found.id, patient, profile, files, slices[0], kaggle.slice_header(slices), slices=slices)


def _must_fit(path: Path, header: Header, first: Header, first_path: Path) -> None:
    """Raise VolumeError unless the file has the grid of the case's first."""
    if header.shape != first.shape[:3] and header.shape != first.shape:
        expected = f"{first.shape[:3]} as {first_path.name}"
        raise problem(path, f"shape {header.shape}", expected, "a file of another case, or one not resampled")
    ours, theirs = orientation(header.affine), orientation(first.affine)
    if ours != theirs:
        cause = (
            "one file was reoriented or lost its affine (nibabel.as_closest_canonical aligns correct ones)"
        )
        raise problem(path, f"orientation {ours}", f"{theirs} as {first_path.name}", cause)


def _one(found: Found, role: str) -> Path:
    """Return the file of a role: of several the first; of a folder in its place the volume in it."""
    path = found.files[role][0]
    if len(found.files[role]) > 1:
        found.notes.append(f"{role} is there {len(found.files[role])} times; {path.name} is read")
    if not path.is_dir():
        return path
    names = (name for name in sorted(os.listdir(path)) if not name.startswith("."))
    inside = [path / name for name in names if name.lower().endswith(SUFFIXES)]
    if len(inside) != 1:
        cause = "an archive unpacked in part, or twice"
        expected = "a file, or a folder with one volume"
        raise problem(path, f"a folder with {len(inside)} volumes", expected, cause)
    return inside[0]
