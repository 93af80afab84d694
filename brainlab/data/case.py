"""One case: four modalities and, where there is one, a segmentation, whatever the files look like.

Only headers are read when a case is found; voxels are read each time they are asked for. To read fast and
often, see `brainlab.data.cache`.

What `find_cases` returns: the good cases, and what is wrong with the others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nibabel as nib
import numpy as np

from brainlab.data import kaggle
from brainlab.data import voxel_checks as checks
from brainlab.data.profiles import map_labels
from brainlab.data.volume import Header, problem, read_volume
from brainlab.labels import MODALITIES


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
        Only if one file holds all modalities: their order in it.
    slices : tuple of Path
        Only if there is one file per slice: these, in order of z.
    warnings : list of str
        What was repaired or looks odd. Grows as things are read.
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
        told = "with" if self.has_seg else "without"
        return f"<Case {self.id}, {self.profile}, {self.shape}, {told} segmentation>"

    @property
    def has_seg(self) -> bool:
        """Whether there is a segmentation."""
        return self.seg_path is not None

    @property
    def shape(self) -> tuple[int, int, int]:
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
        """Every file that the case is made of, once: what a cache must watch."""
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
            raise KeyError(
                f"modality {name!r}; expected one of {', '.join(MODALITIES)}: t1 is t1n here, t1ce is t1c, "
                "t2 is t2w and flair is t2f"
            )
        ((_, image),) = self._read([name])
        return image

    def image(self) -> np.ndarray:
        """Read all modalities: (4, X, Y, Z) float32, in the order of `MODALITIES`. Raises as `modality`."""
        image = np.empty((len(MODALITIES), *self.shape), np.float32)
        for name, volume in self._read(MODALITIES):
            image[MODALITIES.index(name)] = volume
        self.warn(checks.compare(image, self.header))
        return image

    def seg(self) -> np.ndarray | None:
        """Read the segmentation: (X, Y, Z) uint8, 0 background, 1 NCR, 2 ED, 3 ET; None if there is none.

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
        """Add to `warnings` what is not there yet."""
        self.warnings += [note for note in dict.fromkeys(notes) if note not in self.warnings]

    def _read(self, names: Iterable[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Yield modalities (X, Y, Z) one by one; a file that holds several is read once."""
        together = None  # (X, Y, Z, 4)
        if self.slices:
            together, order = kaggle.read_slices(self.slices)[0], kaggle.ORDER
        elif self.channels:
            together, order = read_volume(self.files[self.channels[0]]), self.channels
        for name in names:
            if together is None:
                raw = self._same_shape(read_volume(self.files[name]), self.files[name])
            else:
                raw = together[..., order.index(name)]
            image, notes = checks.clean(raw, name)
            self.warn(notes)
            yield name, image

    def _same_shape(self, volume: np.ndarray, path: Path) -> np.ndarray:
        if volume.shape != tuple(self.shape):
            cause = "the file changed after the folder was read"
            raise problem(
                path, f"shape {volume.shape}", f"{tuple(self.shape)} as the case's other files", cause
            )
        return volume


@dataclass(frozen=True)
class Problem:
    """A case that cannot be used, and why."""

    case_id: str
    path: Path
    message: str


class CaseList(list[Case]):
    """A list of cases, sorted by id, that also knows what could not be used.

    Attributes
    ----------
    root : Path
        Where they were found.
    problems : list of Problem
        The broken cases, which are not in the list.
    """

    def __init__(
        self, cases: Iterable[Case] = (), root: Path | str = "", problems: Iterable[Problem] = ()
    ) -> None:
        super().__init__(sorted(cases, key=lambda case: case.id))
        self.root, self.problems = Path(root), list(problems)

    def report(self) -> str:
        """Say in words how many cases of which data set there are, what is broken and what looks odd."""
        kinds = Counter(case.profile for case in self)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no data set"
        patients, segs = len({case.patient for case in self}), sum(case.has_seg for case in self)
        return "\n".join(
            [
                f"{self.root}: {len(self)} cases of {patients} patients ({told}), {segs} with segmentation",
                *(f"left out  {problem.case_id}: {problem.message}" for problem in self.problems),
                *(f"note      {case.id}: {note}" for case in self for note in case.warnings),
            ]
        )
