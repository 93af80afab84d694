"""Where cases come from: a folder of real data, or the built-in cohort, made when it is first asked for.

Notebooks say `open_cases()`; where the data lies is said once, in the environment variable `BRAINLAB_DATA`.
"""

import os
from pathlib import Path

from brainlab import budgets
from brainlab.data.layouts import CaseList, find_cases
from brainlab.home import home_folder


def cohort_folder(spacing: int = 1) -> Path:
    """Return the folder of the built-in cohort with voxels of `spacing` mm; it need not exist yet.

    It lies in `BRAINLAB_HOME`, by default ~/.cache/brainlab.
    """
    return home_folder() / f"cohort-{spacing}mm"


def open_cases(source: Path | str | None = None, patients: int | None = None, spacing: int = 1) -> CaseList:
    """Open the cases of a folder, or of the built-in cohort.

    Parameters
    ----------
    source : Path or str, optional
        A folder with cases of any layout. By default `BRAINLAB_DATA`; where that is not set, the built-in
        cohort.
    patients : int, optional
        Only the first so many patients, with all their time points. Of a folder: by default all. Of the
        cohort: by default as many as the current budget says; those that are missing are made, in seconds
        each.
    spacing : int
        Voxel size of the built-in cohort in mm. A folder is read as it is.

    Returns
    -------
    CaseList
        With the broken cases in its `problems`.

    Raises
    ------
    ValueError
        If no case can be used, or `patients` is less than 1. FileNotFoundError as `find_cases`.
    """
    if patients is not None and patients < 1:
        raise ValueError(f"patients is {patients}; expected at least 1, or None for all")
    source = source or os.environ.get("BRAINLAB_DATA")
    if not source:
        from brainlab.data import phantom  # needs torch

        patients = patients or budgets.current().patients
        source = phantom.make_cohort(patients, seed=0, folder=cohort_folder(spacing), spacing=spacing)
    cases = find_cases(source)
    if not cases:
        raise ValueError(f"no case can be used.\n{cases.report()}")
    kept = sorted({case.patient for case in cases})[:patients]
    return CaseList((case for case in cases if case.patient in kept), cases.root, cases.problems)
