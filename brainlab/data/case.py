"""One case: four modalities and, where there is one, a segmentation; and what may be wrong with its voxels.

Only headers are read when a case is found; voxels are read each time they are asked for. To read fast and
often, see `brainlab.data.cache`.

What is unambiguous is fixed: NaN, negative voxels from resampling, a background that is not 0. What needs a
person is a warning: an empty or oddly bright modality, brain masks that differ, an affine that contradicts
the brain. Nothing is ever flipped.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nibabel as nib
import numpy as np

from brainlab.data import kaggle
from brainlab.data.profiles import map_labels
from brainlab.data.volume import Header, orientation, problem, read_volume, voxel_to_mm
from brainlab.labels import MODALITIES

# Thresholds between what intact cases show and the defects seen in real files.
FEW_NEGATIVE = 0.05  # of the brain; resampling leaves up to 1 % of its voxels below 0
OUTLIER = 8.0  # times the median; the brightest vessel of an intact T1c is at 5 to 6
SAME_MASK = 0.98  # of the union; intact cases have .997 or more
BRAIN_MM = 100.0  # smaller objects are not judged as a brain
FRONT = 0.55  # position of the lowest fifth of a brain, from back 0 to front 1: .34 to .36 in intact cases


@dataclass(repr=False)
class Case:
    """One examination of one patient. Make cases with `find_cases`.

    Attributes
    ----------
    id : str
        Name of the case, such as "BraTS-GLI-02063-100".
    patient : str
        Name of the patient, such as "BraTS-GLI-02063". Several time points share it: split by it.
    profile : str
        The data set, a key of `brainlab.data.profiles.PROFILES`: it says what the stored labels mean.
    files : dict of str to Path
        The file of each modality; all the same file in MSD, the first slice in Kaggle's layout.
    seg_path : Path or None
        The file of the segmentation.
    header : Header
        Shape and affine.
    channels : tuple of str
        Only if one file holds all modalities: their order in the file.
    slices : tuple of Path
        Only if there is one file per slice: these, in order of z.
    warnings : list of str
        What was repaired or looks odd; grows as files are read.
    """

    id: str
    patient: str
    profile: str
    files: dict[str, Path]
    seg_path: Path | None
    header: Header
    channels: tuple[str, ...] = ()
    slices: tuple[Path, ...] = ()
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.warn(self.header.notes)

    def __repr__(self) -> str:
        detail = "with" if self.has_seg else "without"
        return f"<Case {self.id}, {self.profile}, {self.shape}, {detail} segmentation>"

    @property
    def has_seg(self) -> bool:
        """Whether there is a segmentation."""
        return self.seg_path is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """(X, Y, Z)."""
        return self.header.shape[:3]

    @property
    def affine(self) -> np.ndarray:
        """(4, 4), voxel to mm in RAS+, as the header has it."""
        return self.header.affine

    @property
    def spacing(self) -> np.ndarray:
        """Voxel size in mm (3,)."""
        return nib.affines.voxel_sizes(self.affine)

    @property
    def sources(self) -> tuple[Path, ...]:
        """Every file that the case is made of, once: a cache is outdated when one of them changes."""
        if self.slices:
            return self.slices
        return tuple(sorted({*self.files.values()} | ({self.seg_path} if self.seg_path else set())))

    def modality(self, name: str) -> np.ndarray:
        """Read one modality, "t1n", "t1c", "t2w" or "t2f": (X, Y, Z) float32, background 0.

        Raises
        ------
        KeyError
            If the name is another one.
        VolumeError
            If the file is damaged.
        """
        if name not in MODALITIES:
            names = "t1 is t1n here, t1ce is t1c, t2 is t2w and flair is t2f"
            raise KeyError(f"modality {name!r}; expected one of {', '.join(MODALITIES)}: {names}")
        ((_, image),) = self._read([name])
        return image

    def image(self) -> np.ndarray:
        """Read all modalities: (4, X, Y, Z) float32, in the order of `MODALITIES`. Raises as `modality`."""
        image = np.empty((len(MODALITIES), *self.shape), np.float32)
        for name, volume in self._read(MODALITIES):
            image[MODALITIES.index(name)] = volume
        self.warn(compare(image, self.header))
        return image

    def seg(self) -> np.ndarray | None:
        """Read the segmentation: (X, Y, Z) uint8, labels as in `brainlab.labels`; None if there is none.

        Raises
        ------
        VolumeError
            If the file is damaged, or holds other labels than its data set has.
        """
        if self.seg_path is None:
            return None
        if self.slices:
            image, raw = kaggle.read_slices(self.slices)
            note = kaggle.order_note(np.moveaxis(image - image.min(axis=(0, 1, 2)), -1, 0), raw)
            self.warn([note] if note else [])
        else:
            raw = self._same_shape(read_volume(self.seg_path), self.seg_path)
        labels, notes = map_labels(raw, self.profile, self.seg_path)
        self.warn(notes)
        return labels

    def warn(self, notes: Iterable[str]) -> None:
        """Add the notes to `warnings` that are not there yet."""
        self.warnings += [note for note in dict.fromkeys(notes) if note not in self.warnings]

    def _read(self, names: Iterable[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the modalities (X, Y, Z) one by one; a file that holds several is read once."""
        together, order = None, self.channels  # (X, Y, Z, 4), and what they are
        if self.slices:
            together, order = kaggle.read_slices(self.slices)[0], kaggle.ORDER
        elif self.channels:
            together = read_volume(self.files[self.channels[0]])
        for name in names:
            if together is None:
                raw = self._same_shape(read_volume(self.files[name]), self.files[name])
            else:
                raw = together[..., order.index(name)]
            image, notes = clean(raw, name)
            self.warn(notes)
            yield name, image

    def _same_shape(self, volume: np.ndarray, path: Path) -> np.ndarray:
        if volume.shape != tuple(self.shape):
            expected = f"{tuple(self.shape)} as the case's other files"
            raise problem(path, f"shape {volume.shape}", expected, "it changed after the folder was read")
        return volume


@dataclass(frozen=True)
class Problem:
    """A case that cannot be used, and why."""

    case_id: str
    path: Path
    message: str


class CaseList(list[Case]):
    """What `find_cases` returns: the usable cases, sorted by id, and what is wrong with the others.

    Attributes
    ----------
    root : Path
        Where they were found.
    problems : list of Problem
        The cases that cannot be used; they are not in the list.
    """

    def __init__(
        self, cases: Iterable[Case] = (), root: Path | str = "", problems: Iterable[Problem] = ()
    ) -> None:
        super().__init__(sorted(cases, key=lambda case: case.id))
        self.root, self.problems = Path(root), list(problems)

    def report(self) -> str:
        """Return as text how many cases of which data set there are, what is left out and what looks odd."""
        kinds = Counter(case.profile for case in self)
        detail = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no data set"
        patients, segs = len({case.patient for case in self}), sum(case.has_seg for case in self)
        head = f"{self.root}: {len(self)} cases of {patients} patients ({detail}), {segs} with segmentation"
        return report_text(head, self.problems, ((case.id, note) for case in self for note in case.warnings))


def report_text(head: str, problems: Iterable[Problem], notes: Iterable[tuple[str, str]]) -> str:
    """Return a report: a first line, what is left out, and notes (id, message) on what looks odd."""
    left_out = (f"left out  {problem.case_id}: {problem.message}" for problem in problems)
    return "\n".join([head, *left_out, *(f"note      {name}: {message}" for name, message in notes)])


def clean(raw: np.ndarray, name: str) -> tuple[np.ndarray, list[str]]:
    """Return a modality (X, Y, Z) as float32 with background 0, and notes on what was fixed or looks odd."""
    image, notes = raw.astype(np.float32), []
    broken = ~np.isfinite(image)
    if broken.any():
        image[broken] = 0
        notes.append(f"{name}: {broken.sum():,} voxels that are not numbers set to 0")
    corners = image[:: image.shape[0] - 1 or 1, :: image.shape[1] - 1 or 1, :: image.shape[2] - 1 or 1]
    background = corners.flat[0]
    if background != 0 and (corners == background).all() and background <= image.min():
        image -= background
        notes.append(f"{name}: background was {background:.3g}, now 0: it was normalised with its background")
    negative = image < 0
    if negative.any():
        if negative.sum() < FEW_NEGATIVE * np.count_nonzero(image):
            detail = f"{negative.sum():,} negative voxels (lowest {image.min():.4g})"
            notes.append(f"{name}: {detail} set to 0: traces of resampling")
            image[negative] = 0
        else:
            notes.append(f"{name}: many negative voxels (lowest {image.min():.4g}) left: already normalised?")
    sample = image[::2, ::2, ::2]  # an eighth is enough for a median
    bright = sample[sample > 0]
    if not bright.size:
        empty = "nearly empty" if image.any() else "empty, no voxel differs from the background"
        notes.append(f"{name}: {empty}")
    elif (times := image.max() / np.median(bright)) > OUTLIER:
        detail = f"the brightest voxel is {times:.0f} times the median"
        notes.append(f"{name}: {detail}; use percentiles to scale a display")
    return image, notes


def compare(image: np.ndarray, header: Header) -> list[str]:
    """Return notes on how the modalities (4, X, Y, Z) of one case fit each other and the affine."""
    brain = image != 0
    union = brain.any(axis=0)  # (X, Y, Z)
    whole = np.count_nonzero(union)
    if not whole:
        return []
    notes = []
    shares = [np.count_nonzero(mask) / whole for mask in brain]
    if np.count_nonzero(brain.all(axis=0)) < SAME_MASK * whole and min(shares) > 0:
        detail = ", ".join(f"{name} {share:.0%}" for name, share in zip(MODALITIES, shares, strict=True))
        notes.append(f"the brain masks differ ({detail} of their union): skull stripped one by one?")
    front = lowest_part_in_front(union, header.affine)
    if front is not None and front > FRONT:
        notes.append(
            f"the affine says {orientation(header.affine)}, but then the cerebellum lies in front: "
            "the affine does not fit the voxels, so left and right cannot be trusted"
        )
    return notes


def lowest_part_in_front(brain: np.ndarray, affine: np.ndarray) -> float | None:
    """Return the position of the lowest fifth of a brain mask (X, Y, Z) from back (0) to front (1).

    In a head the lowest fifth is mostly cerebellum and lies at the back. None if the mask is too small.
    """
    mm = voxel_to_mm(np.argwhere(brain[::2, ::2, ::2]) * 2, affine)  # (N, 3)
    if not len(mm) or (np.ptp(mm, axis=0) < BRAIN_MM).any():
        return None
    (_, back, bottom), (_, front, top) = mm.min(axis=0), mm.max(axis=0)
    low = mm[mm[:, 2] < bottom + 0.2 * (top - bottom)]
    return float((low[:, 1].mean() - back) / (front - back))


def atlas_note(header: Header) -> str | None:
    """Return a note if a 240 x 240 x 155 volume of 1 mm does not lie where all BraTS volumes since 2017 lie.

    The grid is that of the SRI24 atlas (Rohlfing et al. 2010, doi:10.1002/hbm.20906) in LPS order. Correct
    reorientation keeps the box in mm; a wrong affine moves it.
    """
    if tuple(header.shape[:3]) != (240, 240, 155):
        return None
    ends = voxel_to_mm(np.array([(0, 0, 0), [n - 1 for n in header.shape[:3]]]), header.affine)
    low, high = ends.min(axis=0), ends.max(axis=0)
    if np.allclose([low, high], [(-239, 0, 0), (0, 239, 154)], atol=1):
        return None
    box = ", ".join(f"{axis} {a:.0f} to {b:.0f}" for axis, a, b in zip("xyz", low, high, strict=True))
    return (
        f"the affine ({orientation(header.affine)}) puts the volume at {box} mm; the BraTS grid is x -239 "
        "to 0, y 0 to 239, z 0 to 154: left and right cannot be trusted (array or affine turned alone?)"
    )
