"""The built-in cohort on disk: synthetic cases in the layout of BraTS 2023, and ten with one defect each.

A case is written into a hidden folder, which is renamed when it is complete; after a kill, the same call
continues. A case depends on the seed and on its own number only: a cohort of 24 is the first half of a cohort
of 48. All defects have occurred in real data sets; students look for them in notebook 01.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from brainlab.data.volume import save_nifti
from brainlab.home import cohort_folder
from brainlab.labels import MODALITIES
from brainlab.synth.folder import claim_folder, read_json, run_jobs, usable_cores, write_json
from brainlab.synth.phantom.generate import affine_of, generate
from brainlab.synth.phantom.subject import Fields, draw_subject

VERSION = 4  # raise it when the phantom draws other images; older cases are then made again
PARTIAL = ".partial-"
FIRST_DEFECTIVE = 900  # numbers from here on name the defective cases


def mirrored_images(case: dict[str, np.ndarray]) -> None:
    """Images are flipped left to right, segmentation and affine are not: the mask is on the wrong side."""
    for modality in MODALITIES:
        case[modality] = case[modality][::-1].copy()


def missing_modality(case: dict[str, np.ndarray]) -> None:
    """There is no T2 file: a network with four input channels cannot use the case."""
    del case["t2w"]


def label_four(case: dict[str, np.ndarray]) -> None:
    """Enhancing tumour has the value 4, as until BraTS 2021, in a case named as in 2023, where it is 3."""
    case["seg"][case["seg"] == 3] = 4


def shifted_segmentation(case: dict[str, np.ndarray]) -> None:
    """The segmentation lies 20 % of the image too far to the front: right volume, wrong place."""
    case["seg"] = np.roll(case["seg"], -round(0.2 * case["seg"].shape[1]), axis=1)


def segmentation_of_other_shape(case: dict[str, np.ndarray]) -> None:
    """The segmentation was cropped and the images were not: the shapes differ."""
    case["seg"] = case["seg"][10:-10, 10:-10].copy()


def float_labels(case: dict[str, np.ndarray]) -> None:
    """Labels are floats, 1 is stored as 0.99999994: `seg == 1` finds nothing, a cast to integers gives 0."""
    case["seg"] = np.nextafter(case["seg"].astype(np.float32), np.float32(0))


def empty_segmentation(case: dict[str, np.ndarray]) -> None:
    """The segmentation is zero everywhere, although the images show a tumour."""
    case["seg"][:] = 0


def constant_modality(case: dict[str, np.ndarray]) -> None:
    """The FLAIR has one value in the whole brain: its standard deviation is 0, so a z-score divides by 0."""
    case["t2f"][case["t2f"] > 0] = 300


def wrong_affine(case: dict[str, np.ndarray]) -> None:
    """The affine says that x grows to the right and y to the front; the voxels lie the other way round."""
    case["affine"] = np.abs(case["affine"])


def truncated_file(case: dict[str, np.ndarray]) -> None:
    """The T1c file ends too early, as after a broken download: the header can be read, the voxels cannot."""
    # Done to the written file, see `write_case`.


DEFECTS: tuple[Callable[[dict[str, np.ndarray]], None], ...] = (
    mirrored_images,
    missing_modality,
    label_four,
    shifted_segmentation,
    segmentation_of_other_shape,
    float_labels,
    empty_segmentation,
    constant_modality,
    wrong_affine,
    truncated_file,
)


class Job(NamedTuple):
    """One case to be made; plain values, because it is sent to another process."""

    folder: Path
    seed: int
    number: int
    spacing: int


def case_id(number: int) -> str:
    """Return the name of a case, as in BraTS 2023; real cases have numbers below 10000."""
    return f"BraTS-GLI-{90000 + number}-000"


def defect_of(number: int) -> Callable[[dict[str, np.ndarray]], None] | None:
    """Return the defect of a case, None for a good case."""
    place = number - FIRST_DEFECTIVE
    return DEFECTS[place] if 0 <= place < len(DEFECTS) else None


def ring_enhancing_from(seed: int, number: int) -> int:
    """Return `number`, or the first of +10, +20, ..., whose tumour enhances as a ring and has all labels."""
    while draw_subject(Fields(seed, number)).kind != "ring":
        number += 10
    return number


def write_case(job: Job) -> str:
    """Make one case and write its folder; returns its id. Runs in a worker process."""
    name, defect = case_id(job.number), defect_of(job.number)
    subject = ring_enhancing_from(job.seed, job.number) if defect else job.number
    case = {**generate(job.seed, subject, job.spacing), "affine": affine_of(job.spacing)}
    if defect:
        defect(case)
    meta, affine = case.pop("meta"), case.pop("affine")
    partial = job.folder / f"{PARTIAL}{name}-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for role, array in case.items():
        save_nifti(array, partial / f"{name}-{role}.nii.gz", affine)
    if defect is truncated_file:
        path = partial / f"{name}-t1c.nii.gz"
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    write_json(partial / f"{name}.json", {"id": name, "version": VERSION, "seed": job.seed, **meta})

    if is_complete(job):  # another process was faster
        shutil.rmtree(partial)
    else:
        partial.rename(job.folder / name)
    return name


def read_record(folder: Path) -> dict:
    """Return the record of a case folder, {} if it has none."""
    return read_json(folder / f"{folder.name}.json")


def is_complete(job: Job) -> bool:
    """Return whether the case exists and was made by this version of the phantom."""
    return read_record(job.folder / case_id(job.number)).get("version") == VERSION


def make_cohort(
    n: int,
    seed: int = 0,
    folder: Path | str | None = None,
    spacing: int = 1,
    processes: int | None = None,
    defects: bool = False,
    progress: bool = True,
) -> Path:
    """Write `n` synthetic cases in the layout of BraTS 2023; cases that exist already are kept.

    `cohort.json` in the same folder lists kind, tumour volumes and small lesions of all cases; with
    `defects`, `defects.json` lists the defective ones.

    Parameters
    ----------
    n : int
        Number of good cases, at most 900.
    seed : int
        Of the cohort; a folder holds one seed.
    folder : path, optional
        Where to write; by default the folder of the built-in cohort (`brainlab.home.cohort_folder`), with
        `-defects` appended for a cohort with defects.
    spacing : int
        Edge of a voxel in mm: 1 as in BraTS (4 s of CPU time and 10 MB a case), or 2 (1 s and 1.5 MB).
    processes : int, optional
        By default one per core; 1 works in this process. In a script, call this under
        `if __name__ == "__main__":`.
    defects : bool
        Also write one case for each defect in `DEFECTS`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        The folder, for `find_cases`.

    Raises
    ------
    ValueError
        If n is out of range, or the folder holds a cohort of another seed or spacing.
    RuntimeError
        If a worker process dies.
    """
    if not 0 <= n <= FIRST_DEFECTIVE:
        raise ValueError(
            f"n is {n}; expected 0 to {FIRST_DEFECTIVE}: larger numbers name the defective cases"
        )
    if folder is None:
        folder = cohort_folder(spacing)
        folder = folder.with_name(f"{folder.name}-defects") if defects else folder
    folder = Path(folder).expanduser()
    claim_cohort(folder, seed, spacing)
    numbers = [*range(n), *range(FIRST_DEFECTIVE, FIRST_DEFECTIVE + defects * len(DEFECTS))]
    jobs = [Job(folder, seed, number, spacing) for number in numbers]
    missing = [job for job in jobs if not is_complete(job)]
    if missing:
        # A process takes two seconds to start: use fewer for few or small cases.
        most = min(usable_cores(), 8, len(missing) // (1 if spacing == 1 else 4))
        done = run_jobs(write_case, missing, processes or max(1, most))
        for _ in tqdm(
            done, "synthetic cases", len(missing), disable=not progress, file=sys.stdout, unit="case"
        ):
            pass
    write_manifests(folder, seed, spacing, defects)
    return folder


def claim_cohort(folder: Path, seed: int, spacing: int) -> None:
    """Claim a folder for a cohort (`claim_folder`), and delete what killed calls left there."""

    def delete_outdated() -> None:
        for case in folder.glob("BraTS-GLI-9????-000"):
            if read_record(case).get("version", VERSION) != VERSION:
                shutil.rmtree(case)

    claim_folder(folder / "cohort.json", VERSION, {"seed": seed, "spacing": spacing}, delete_outdated)
    for partial in folder.glob(f"{PARTIAL}*"):
        if time.time() - partial.stat().st_mtime > 3600:
            shutil.rmtree(partial, ignore_errors=True)


def write_manifests(folder: Path, seed: int, spacing: int, defects: bool) -> None:
    """Write cohort.json with all complete cases and, if wanted, defects.json."""
    records = [read_record(path) for path in sorted(folder.glob("BraTS-GLI-9????-000"))]
    cases = {record.pop("id"): record for record in records if record.get("version") == VERSION}
    write_json(folder / "cohort.json", {"version": VERSION, "seed": seed, "spacing": spacing, "cases": cases})
    if defects:
        table = {
            case_id(FIRST_DEFECTIVE + place): {"defect": defect.__name__, "what": defect.__doc__}
            for place, defect in enumerate(DEFECTS)
        }
        write_json(folder / "defects.json", table)
