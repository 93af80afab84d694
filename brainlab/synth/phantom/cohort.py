"""Make the built-in cohort: many synthetic cases on disk, in parallel, and never half a case.

A case is written into a hidden folder, which gets its name when it is complete. So after a kill, the same
call goes on where it stopped. A case depends on the seed and on its own number only: a cohort of 24 is the
first half of a cohort of 48.
"""

import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from brainlab.data.volume import save_nifti
from brainlab.home import cohort_folder
from brainlab.synth.phantom.defects import (
    DEFECTS,
    FIRST_INDEX,
    defect_of,
    glioblastoma_from,
    spoil_affine,
    spoil_files,
)
from brainlab.synth.phantom.generate import affine_of, generate

VERSION = 3  # raise it when the phantom draws other images; older cases are then made anew
PARTIAL = ".partial-"


class Job(NamedTuple):
    """One case to be made; plain values, because it travels to another process."""

    folder: Path
    seed: int
    index: int
    spacing: int


def case_id(index: int) -> str:
    """Return the name of case number `index`, as in BraTS 2023; real cases have numbers below 10000."""
    return f"BraTS-GLI-{90000 + index}-000"


def write_case(job: Job) -> str:
    """Make one case and write its folder; returns its id. Runs in a worker process."""
    name = case_id(job.index)
    defect = defect_of(job.index)
    subject = job.index if not defect else glioblastoma_from(job.seed, job.index)
    case = generate(job.seed, subject, job.spacing)
    meta = case.pop("meta")
    if defect:
        defect(case)
    partial = job.folder / f"{PARTIAL}{name}-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    affine = spoil_affine(affine_of(job.spacing), job.index)
    for role, array in case.items():
        save_nifti(array, partial / f"{name}-{role}.nii.gz", affine)
    spoil_files(partial, job.index)
    record = {"id": name, "version": VERSION, "seed": job.seed, **meta}
    (partial / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")

    target = job.folder / name
    if is_complete(job):  # another process was faster
        shutil.rmtree(partial)
        return name
    partial.rename(target)
    return name


def read_record(folder: Path) -> dict:
    """Return the record of a case folder, {} if it has none."""
    try:
        return json.loads((folder / f"{folder.name}.json").read_text())
    except (OSError, ValueError):
        return {}


def is_complete(job: Job) -> bool:
    """Return whether the case is there, made by this version of the phantom."""
    return read_record(job.folder / case_id(job.index)).get("version") == VERSION


def make_cohort(
    n: int,
    seed: int = 0,
    folder: Path | str | None = None,
    spacing: int = 1,
    processes: int | None = None,
    defects: bool = False,
    progress: bool = True,
) -> Path:
    """Write `n` synthetic cases in the layout of BraTS 2023; those that are there already are kept.

    Beside the cases stand `cohort.json`, kinds and volumes of all cases, and with `defects` also
    `defects.json`.

    Parameters
    ----------
    n : int
        Good cases.
    seed : int
        Of the cohort; a folder holds one seed.
    folder : path, optional
        Where to write; by default the home of the built-in cohort (`brainlab.home.cohort_folder`), and
        a folder beside it for a cohort with defects.
    spacing : int
        Edge of a voxel in mm: 1 as in BraTS (4 s of CPU and 10 MB a case), or 2 (1 s and 1.5 MB).
    processes : int, optional
        By default one per core; 1 works in this process. In a script, call this under
        `if __name__ == "__main__":`.
    defects : bool
        Also write one case for each known defect, see defects.py.
    progress : bool
        Show a bar.

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
    if not 0 <= n <= FIRST_INDEX:
        raise ValueError(f"n is {n}; expected 0 to {FIRST_INDEX}: larger numbers name the defective cases")
    if folder is None:
        folder = cohort_folder(spacing)
        folder = folder.with_name(f"{folder.name}-defects") if defects else folder
    folder = Path(folder).expanduser()
    claim(folder, seed, spacing)
    indices = [*range(n), *range(FIRST_INDEX, FIRST_INDEX + defects * len(DEFECTS))]
    jobs = [Job(folder, seed, index, spacing) for index in indices]
    missing = [job for job in jobs if not is_complete(job)]
    if missing:
        done = run(missing, processes or default_processes(len(missing), spacing))
        for _ in tqdm(
            done, "synthetic cases", len(missing), disable=not progress, file=sys.stdout, unit="case"
        ):
            pass
    write_manifests(folder, seed, spacing, defects)
    return folder


def claim(folder: Path, seed: int, spacing: int) -> None:
    """Say in the folder which cohort it holds, or raise if it holds another.

    What killed runs left, and cases of an older version of the phantom, are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cohort.json"
    if path.exists():
        found = json.loads(path.read_text())
        if (found["seed"], found["spacing"]) != (seed, spacing):
            raise ValueError(
                f"{folder} holds a cohort of seed {found['seed']} and {found['spacing']} mm; "
                f"expected seed {seed} and {spacing} mm: choose another folder"
            )
        if found["version"] != VERSION:
            for case in folder.glob("BraTS-GLI-9????-000"):
                if read_record(case).get("version", VERSION) != VERSION:
                    shutil.rmtree(case)
    else:
        write_json(path, {"version": VERSION, "seed": seed, "spacing": spacing, "cases": {}})
    for partial in folder.glob(f"{PARTIAL}*"):
        if time.time() - partial.stat().st_mtime > 3600:
            shutil.rmtree(partial, ignore_errors=True)


def write_manifests(folder: Path, seed: int, spacing: int, defects: bool) -> None:
    """Write cohort.json with all complete cases, and defects.json."""
    records = [read_record(path) for path in sorted(folder.glob("BraTS-GLI-9????-000"))]
    cases = {record.pop("id"): record for record in records if record.get("version") == VERSION}
    write_json(folder / "cohort.json", {"version": VERSION, "seed": seed, "spacing": spacing, "cases": cases})
    if defects:
        ids = [case_id(FIRST_INDEX + number) for number in range(len(DEFECTS))]
        table = {
            name: {"defect": d.__name__, "what": d.__doc__} for name, d in zip(ids, DEFECTS, strict=True)
        }
        write_json(folder / "defects.json", table)


def write_json(path: Path, content: dict) -> None:
    """Write a JSON file at once."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=1) + "\n")
    os.replace(temporary, path)


def default_processes(cases: int, spacing: int) -> int:
    """Return one process per usable core, and fewer for few cases: a process takes two seconds to start."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, 8, cases // (1 if spacing == 1 else 4)))


def run(jobs: list[Job], processes: int) -> Iterator[str]:
    """Write the cases, here or in other processes; yields each id when it is done."""
    if processes == 1:
        yield from map(write_case, jobs)
        return
    # "spawn" starts clean processes: forking one that has torch's threads can hang, and Windows and macOS
    # cannot fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(jobs)), mp_context=context, initializer=start_worker)
    try:
        for future in as_completed([pool.submit(write_case, job) for job in jobs]):
            yield future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a process that makes cases died; expected 2 GB of memory for each: is memory short, or does a "
            'script lack if __name__ == "__main__"? Finished cases are kept; processes=1 works in this one'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def start_worker() -> None:
    """Prepare a worker process: it ends with its parent, and finishes its case when the user interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
