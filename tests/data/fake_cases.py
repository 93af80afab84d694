"""Makers of small fake cases for the tests of the readers: arrays, and files named as in any data set."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import h5py
import nibabel as nib
import numpy as np

from brainlab.data import find_cases

SHAPE = (24, 20, 16)
LPS = np.array([[-1.0, 0, 0, 0], [0, -1.0, 0, 19], [0, 0, 1.0, 0], [0, 0, 0, 1.0]])
NAMES_2020 = {"t1n": "t1", "t1c": "t1ce", "t2w": "t2", "t2f": "flair", "seg": "seg"}
GOOD, BAD = "BraTS-GLI-00001-000", "BraTS-GLI-00002-000"
NAMES_2023 = {name: name for name in ("t1n", "t1c", "t2w", "t2f", "seg")}
NAMES_TCGA = {"t1n": "t1_bet", "t1c": "t1c_bet", "t2w": "t2_bet", "t2f": "fla_bet", "seg": "seg_fused"}

# Label here -> label as stored.
TO_2021 = np.array([0, 1, 2, 4], np.uint8)
TO_2023 = np.array([0, 1, 2, 3], np.uint8)
TO_MSD = np.array([0, 2, 1, 3], np.uint8)
TO_PED_2024 = np.array([0, 3, 4, 1], np.uint8)


class Example(NamedTuple):
    """A case as its data set names and stores it: `<folder>/<case_id>/<case_id><separator><name><suffix>`."""

    case_id: str
    patient: str
    names: dict[str, str]
    separator: str
    stored: np.ndarray
    suffix: str = ".nii.gz"
    folder: str = "HGG"


# A case or more for every profile with one file per modality; `OWN_TESTS` have tests of their own.
EXAMPLES = {
    "brats2017": [
        Example("Brats17_TCIA_607_1", "Brats17_TCIA_607", NAMES_2020, "_", TO_2021),
        Example("Brats18_CBICA_AAM_1", "Brats18_CBICA_AAM", NAMES_2020, "_", TO_2021),
        Example("BraTS19_2013_0_1", "BraTS19_2013_0", NAMES_2020, "_", TO_2021, ".nii"),
    ],
    "brats2020": [
        Example("BraTS20_Training_001", "BraTS20_Training_001", NAMES_2020, "_", TO_2021, ".nii"),
        Example("BraTS20_Training_002", "BraTS20_Training_002", NAMES_2020, "_", TO_2021),
    ],
    "brats2021": [Example("BraTS2021_00000", "BraTS2021_00000", NAMES_2020, "_", TO_2021)],
    "brats2023": [
        Example("BraTS-GLI-00027-001", "BraTS-GLI-00027", NAMES_2023, "-", TO_2023),
        Example("BraTS-MET-00110-000", "BraTS-MET-00110", NAMES_2023, "-", TO_2023),
        Example("BraTS-MEN-00004-000", "BraTS-MEN-00004", NAMES_2023, "-", TO_2023),
        Example("BraTS-PED-00002-000", "BraTS-PED-00002", NAMES_2023, "-", TO_2023),
        Example("BraTS-SSA-00002-000", "BraTS-SSA-00002", NAMES_2023, "-", TO_2023),
    ],
    "brats2024-gli": [Example("BraTS-GLI-02063-100", "BraTS-GLI-02063", NAMES_2023, "-", TO_2023)],
    "brats2024-ped": [
        Example(
            "BraTS-PED-00001-000",
            "BraTS-PED-00001",
            NAMES_2023,
            "-",
            TO_PED_2024,
            folder="BraTS-PEDs2024_Training",
        )
    ],
    "goat": [Example("BraTS-GoAT-00000", "BraTS-GoAT-00000", NAMES_2023, "-", TO_2023)],
    "tcga": [Example("TCGA-DU-7294", "TCGA-DU-7294", NAMES_TCGA, "_", TO_2021)],
}
OWN_TESTS = ("brats2015", "msd", "kaggle-h5", "unknown")


def fake_brain(seed: int = 0) -> dict[str, np.ndarray]:
    """Return t1n, t1c, t2w, t2f (int16) and seg (uint8, labels 0 to 3), all of `SHAPE`."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in SHAPE], indexing="ij"))  # (3, X, Y, Z)
    brain = (grid**2).sum(axis=0) < 0.9
    radius = np.sqrt(((grid - 0.2) ** 2).sum(axis=0))
    seg = np.select([radius < 0.2, radius < 0.35, radius < 0.5], [1, 3, 2], 0).astype(np.uint8) * brain
    arrays = {"seg": seg}
    for name, contrast in {"t1n": 0, "t1c": 200, "t2w": 50, "t2f": 100}.items():
        image = rng.integers(300, 600, SHAPE) + contrast * (seg == 3) + 100 * (seg == 2)
        arrays[name] = (image * brain).astype(np.int16)
    return arrays


def write_case(
    folder: Path,
    arrays: dict[str, np.ndarray],
    prefix: str = "",
    names: dict[str, str] = NAMES_2023,
    suffix: str = ".nii.gz",
    affine: np.ndarray = LPS,
) -> dict[str, Path]:
    """Write arrays as `<folder>/<prefix><name><suffix>` and return the paths by role."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {role: folder / f"{prefix}{names[role]}{suffix}" for role in arrays}
    for role, path in paths.items():
        nib.save(nib.Nifti1Image(arrays[role], affine), path)
    return paths


def fake_case(root: Path, case_id: str = "BraTS-GLI-00001-000", seed: int = 0, **changed: np.ndarray | None):
    """Write a BraTS-2023 case to `root`/<case id>, some arrays changed or (None) left out.

    Returns the paths and the arrays, by role.
    """
    arrays = {role: array for role, array in (fake_brain(seed) | changed).items() if array is not None}
    return write_case(root / case_id, arrays, f"{case_id}-"), arrays


def write_kaggle(
    folder: Path, arrays: dict, volume: int = 1, order: tuple = ("t1n", "t1c", "t2w", "t2f")
) -> None:
    """Write slices as on Kaggle: float64, z-scored over the volume with its background; mask one-hot."""
    folder.mkdir(parents=True, exist_ok=True)
    image = np.stack(
        [(a := arrays[name].astype(float)) / a.std() - a.mean() / a.std() for name in order], axis=-1
    )
    mask = np.stack([arrays["seg"] == label for label in (1, 2, 3)], axis=-1).astype(np.uint8)
    for z in range(image.shape[2]):
        with h5py.File(folder / f"volume_{volume}_slice_{z}.h5", "w") as file:
            file["image"], file["mask"] = image[:, :, z], mask[:, :, z]


def spoil_one(root: Path, role: str, spoil: Callable[[Path], None], check: bool = False) -> str:
    """Write a good case, spoil one file of another, and return what `find_cases` says about it."""
    fake_case(root, GOOD, seed=1)
    paths, _ = fake_case(root, BAD, seed=2)
    spoil(paths[role])
    cases = find_cases(root, check=check)
    assert [case.id for case in cases] == [GOOD], "a broken case must not hide the good one"
    (problem,) = cases.problems
    assert problem.case_id == BAD
    assert f"left out  {BAD}: {problem.message}" in cases.report()
    return problem.message


def assert_tells(message, *parts):
    """An error names the file, what was found, what was expected and the likely cause."""
    for part in ("found", "expected", "Likely cause:", *parts):
        assert part in message
