"""The data sets that brainlab reads: how their files are named, and what the numbers in their masks mean.

A new data set is one `Profile` in `PROFILES`, and one entry in `EXAMPLES` of `tests/data/fake_cases.py`: a
test asks for it. If its files call a modality by a word that `ROLES` lacks, the word is added there.

In brainlab the labels are 0 background, 1 NCR, 2 ED, 3 ET. Label 1 is NCR/NET, necrosis *and* non-enhancing
tumour, in the data of BraTS until 2021, and NCR since 2023. Two classes of other data sets are missing:

- **BraTS 2015's 3, non-enhancing tumour, becomes 1 (NCR/NET).** BraTS itself merged the two in 2017 (Bakas et
  al. 2017, doi:10.1038/sdata.2017.117), so the tumour core {1, 3} stays what it was.
- **The 2024 post-treatment 4, resection cavity, becomes 0 (background).** A cavity is where tumour was taken
  out, and the whole tumour of that challenge leaves it out too (de Verdier et al. 2024, arXiv:2405.18368).
  The case says so in its warnings.

A number that a data set does not have is never guessed at: the error says which data set it would fit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainlab.data.volume import VolumeError, problem

# Words at the end of a file's name -> what is in the file.
ROLES = {
    **dict.fromkeys(("t1n", "t1"), "t1n"),
    **dict.fromkeys(("t1c", "t1ce", "t1gd"), "t1c"),
    **dict.fromkeys(("t2w", "t2"), "t2w"),
    **dict.fromkeys(("t2f", "flair", "fla"), "t2f"),
    **dict.fromkeys(("seg", "segm", "segmentation", "ot"), "seg"),
}


@dataclass(frozen=True)
class Profile:
    """A data set.

    Attributes
    ----------
    name : str
    pattern : str
        Matches a whole case id, ignoring case; its group `patient` matches the id of the patient.
    labels : dict of int to int
        Stored label -> label here, without the background.
    on_atlas : bool
        Whether all cases lie on the BraTS grid of the SRI24 atlas, so that a case elsewhere is suspect.
    folder : str
        A pattern that must occur in the path as well, where two data sets use the same case ids.
    """

    name: str
    pattern: str
    labels: dict[int, int]
    on_atlas: bool = False
    folder: str = ""


UNTIL_2021 = {1: 1, 2: 2, 4: 3}
SINCE_2023 = {1: 1, 2: 2, 3: 3}
PROFILES = {
    profile.name: profile
    for profile in (  # the first one that fits wins
        Profile("brats2015", r"(?P<patient>brats_(2013|tcia)_pat\d+)_\d+", {1: 1, 2: 2, 3: 1, 4: 3}),
        Profile("brats2017", r"(?P<patient>brats1[789]_.+)_\d+", UNTIL_2021, on_atlas=True),  # and 2018, 2019
        Profile("brats2020", r"(?P<patient>brats20_.+)", UNTIL_2021, on_atlas=True),
        Profile("brats2021", r"(?P<patient>brats2021_\d+)", UNTIL_2021, on_atlas=True),
        Profile("brats2024-gli", r"(?P<patient>brats-gli-\d+)-[1-9]\d\d", {1: 1, 2: 2, 3: 3, 4: 0}),
        # 1 enhancing, 2 non-enhancing, 3 cyst, 4 oedema (arXiv:2404.15009); the case ids are those of 2023.
        Profile(
            "brats2024-ped",
            r"(?P<patient>brats-ped-\d+)-\d+",
            {1: 3, 2: 1, 3: 1, 4: 2},
            folder=r"brats-?peds?-?2024|brats-?2024-?peds?",
        ),
        # Also the built-in cohort.
        Profile("brats2023", r"(?P<patient>brats-(gli|met|men|ped|ssa)-\d+)-\d+", SINCE_2023, on_atlas=True),
        Profile("goat", r"(?P<patient>brats-goat-\d+)", SINCE_2023, on_atlas=True),
        Profile("msd", r"(?P<patient>brats_\d+)", {1: 2, 2: 1, 3: 3}),
        Profile("kaggle-h5", r"(?P<patient>volume_\d+)", SINCE_2023),  # the mask's channels, counted from 1
        Profile("tcga", r"(?P<patient>tcga-\w\w-\w{4}).*", UNTIL_2021, on_atlas=True),
        Profile("unknown", r"(?P<patient>.+)", {}),
    )
}


def recognise(case_id: str, folder: Path) -> tuple[str, str]:
    """Return the name of a case's profile and the id of its patient, which time points share."""
    for profile in PROFILES.values():
        match = re.fullmatch(profile.pattern, case_id, re.IGNORECASE)
        if match and re.search(profile.folder, str(folder), re.IGNORECASE):
            return profile.name, match["patient"]
    raise ValueError("a case without a name")


def relabel(seg: np.ndarray, table: Mapping[int, int]) -> np.ndarray:
    """Return the labels that a table gives to the numbers in a segmentation.

    Parameters
    ----------
    seg : ndarray
        Any shape. Floats are rounded: a file may hold 0.99999997 for 1.
    table : mapping of int to int
        Stored number -> label here, 0 included.

    Returns
    -------
    ndarray
        uint8, of the same shape.

    Raises
    ------
    ValueError
        If a number is not in the table: nobody should guess what it means.
    """
    whole = seg if seg.dtype.kind in "iu" else np.rint(seg).astype(int)
    unknown = set(np.unique(whole).tolist()) - set(table)
    if unknown:
        detail = f"the segmentation holds {sorted(unknown)}; expected only {sorted(table)}"
        raise ValueError(f"{detail}: is this the table of another data set?")
    labels = np.zeros(seg.shape, np.uint8)
    for old, new in table.items():
        # Compared with `whole`, not with `labels`: the order of the table does not matter.
        labels[whole == old] = new
    return labels


# Rounding errors of compression are far below this; linear interpolation of a mask is far above.
WHOLE = 1e-3


def map_labels(raw: np.ndarray, profile: str, path: Path) -> tuple[np.ndarray, list[str]]:
    """Turn a segmentation as stored (X, Y, Z) into labels 0 to 3: `relabel`, with messages about the file.

    Parameters
    ----------
    raw : numpy.ndarray
        (X, Y, Z), of any type of number; values such as 0.99999997 are rounded.
    profile : str
        A key of `PROFILES`. With "unknown" the numbers themselves decide: {1, 2, 4} or {1, 2, 3}.
    path : pathlib.Path
        The file, for the messages.

    Returns
    -------
    labels : numpy.ndarray
        (X, Y, Z) uint8.
    notes : list of str
        What was repaired or is worth knowing.

    Raises
    ------
    VolumeError
        If values are not whole, or not among the profile's labels.
    """
    stored, notes = _whole_numbers(raw, path)
    present = set(np.unique(stored).tolist()) - {0}
    table = PROFILES[profile].labels
    if profile == "unknown":
        table = UNTIL_2021 if 4 in present else SINCE_2023
        notes.append(f"data set not recognised by its names: labels {_list(present)} read as {table}")
    if present - table.keys():
        raise _unexpected(present, table, profile, path)
    labels = relabel(stored, {0: 0, **table})
    cavity = np.count_nonzero(labels == 0) - np.count_nonzero(stored == 0)
    if cavity:
        notes.append(f"label 4, the resection cavity, became background ({cavity:,} voxels)")
    if not present:
        notes.append("the segmentation is empty")
    elif not any(table[value] == 3 for value in present):
        notes.append("no enhancing tumour in the segmentation, as in most low-grade gliomas")
    return labels, notes


def _whole_numbers(raw: np.ndarray, path: Path) -> tuple[np.ndarray, list[str]]:
    if raw.dtype == np.uint8:
        return raw, []
    rounded, notes = raw, []
    if raw.dtype.kind == "f":
        rounded = np.rint(raw)
        off = np.abs(raw - rounded).max(initial=0)
        if not off <= WHOLE:  # also true for NaN
            odd = raw[~(np.abs(raw - rounded) <= WHOLE)]
            found = f"labels that are no whole numbers, such as {odd[0]:.4g} ({odd.size:,} voxels)"
            cause = "a mask resampled with linear interpolation (use nearest neighbour), or probabilities"
            raise problem(path, found, "whole numbers", cause)
        if off > 0:
            notes.append(f"labels were up to {off:.1g} off whole numbers and were rounded")
    if rounded.min(initial=0) < 0 or rounded.max(initial=0) > 255:
        found = f"labels from {rounded.min():g} to {rounded.max():g}"
        raise problem(path, found, "labels from 0 to 4", "an image in the place of the segmentation")
    return rounded.astype(np.uint8), notes


def _unexpected(present: set[int], table: dict[int, int], profile: str, path: Path) -> VolumeError:
    fits = ""
    if 4 in present and 4 not in table:
        if "-ped-" in path.name.lower():
            cause, fits = "BraTS-PEDs 2024, whose labels are others", "brats2024-ped"
        elif 3 in present:
            cause, fits = "post-treatment data, where 4 is the resection cavity", "brats2024-gli"
        else:
            cause, fits = "labels as up to BraTS 2021, where 4 is the enhancing tumour", "brats2021"
    elif 3 in present and 3 not in table:
        cause, fits = "labels converted to those of BraTS 2023, where 3 is the enhancing tumour", "brats2023"
        if 4 in present:
            cause, fits = "BraTS 2015 labels, where 3 is the non-enhancing tumour", "brats2015"
    elif 255 in present:
        cause = "a mask of 0 and 255 in the place of the segmentation"
    else:
        cause = "a file that is not the segmentation of this data set"
    if fits:
        cause += f"; if so, call find_cases(root, profile={fits!r})"
    return problem(path, f"labels {_list({0} | present)}", f"{_list({0, *table})} as in {profile}", cause)


def _list(values: set[int]) -> str:
    return " ".join(str(value) for value in sorted(values))
