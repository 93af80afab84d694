"""The first cell of every notebook: budget, device, seed and data source, decided once and printed."""

import os
import platform
import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import matplotlib
import numpy as np
import torch

import brainlab
from brainlab import budgets
from brainlab.data.case import Case, CaseList
from brainlab.data.layouts import find_cases
from brainlab.guesses import predicted
from brainlab.home import cohort_folder
from brainlab.synth.phantom import make_cohort

__all__ = ["Lab", "open_cases", "predicted", "setup"]


def open_cases(source: Path | str | None = None, patients: int | None = None, spacing: int = 1) -> CaseList:
    """Open the cases of a folder, or of the built-in cohort.

    Parameters
    ----------
    source : Path or str, optional
        A folder with cases of any layout. By default `BRAINLAB_DATA`; where that is not set, the built-in
        cohort.
    patients : int, optional
        Keep only the first N patients, with all their time points. By default all patients of a folder, or
        as many of the cohort as the current budget says; missing ones are generated, in seconds each.
    spacing : int
        Voxel size of the built-in cohort in mm; ignored for a folder.

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
        patients = patients or budgets.current().patients
        source = make_cohort(patients, seed=0, folder=cohort_folder(spacing), spacing=spacing)
    cases = find_cases(source)
    if not cases:
        raise ValueError(f"no case can be used.\n{cases.report()}")
    kept = sorted({case.patient for case in cases})[:patients]
    return CaseList((case for case in cases if case.patient in kept), cases.root, cases.problems)


@dataclass
class Lab:
    """The settings of a notebook, and its cases.

    Attributes
    ----------
    budget : Budget
        How much to compute.
    device : str
        `"cuda"`, `"mps"` or `"cpu"`.
    seed : int
        The seed that was set.
    source : str
        `"cohort"` (built in) or the folder of the data.
    """

    budget: budgets.Budget
    device: str
    seed: int
    source: str

    def open(self, patients: int | None = None, spacing: int | None = None) -> list[Case]:
        """Return the cases of the source; missing ones of the built-in cohort are generated.

        Parameters
        ----------
        patients : int, optional
            At most so many; by default as the budget says.
        spacing : int, optional
            Voxel size of the built-in cohort in mm.
        """
        source = None if self.source == "cohort" else self.source
        return open_cases(source, patients or self.budget.patients, spacing or self.budget.spacing)

    @cached_property
    def cases(self) -> list[Case]:
        """The cases of the source, as many as the budget says."""
        return self.open()


def setup(data: str | None = None, budget: str | None = None, seed: int = 0) -> Lab:
    """Seed everything, choose budget, device and data, and print the choice.

    Parameters
    ----------
    data : str, optional
        Folder with BraTS cases; by default `BRAINLAB_DATA`, or else the built-in cohort. Ignored while
        nbgrader grades.
    budget : str, optional
        `quick`, `lesson` or `full`; see `brainlab.budgets`.
    seed : int
        For Python, NumPy and torch.

    Raises
    ------
    ValueError
        If the budget is unknown.
    FileNotFoundError
        If `data` is not a folder.
    """
    chosen = budgets.current(budget)
    # A path on the student's machine does not exist where the notebook is graded.
    grading = os.environ.get("NBGRADER_EXECUTION") == "autograde"
    source = (None if grading else data) or os.environ.get("BRAINLAB_DATA") or "cohort"
    if source != "cohort" and not os.path.isdir(source):
        raise FileNotFoundError(f"data is {source!r}; expected a folder of BraTS cases: is the path right?")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - students use the old interface too
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}"
    print(f"brainlab {brainlab.__version__} · {versions}, matplotlib {matplotlib.__version__}")
    print(f"device {device} · budget {chosen.name} · seed {seed} · data: {describe(source)}")
    return Lab(chosen, device, seed, source)


def describe(source: str) -> str:
    """Return a description of the data source."""
    return "the built-in synthetic cohort" if source == "cohort" else source
