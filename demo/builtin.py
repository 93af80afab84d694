"""The synthetic patients that everybody has: drawn when they are first asked for."""

from brainlab.data import find_cases
from brainlab.data.case import Case
from brainlab.home import cohort_folder
from brainlab.synth import make_cohort
from brainlab.synth.phantom.cohort import case_id

BUILT_IN = tuple(f"synthetic patient {number}" for number in range(1, 7))


def open_built_in(number: int) -> Case:
    """Return synthetic patient `number`, from 0; 4 s to draw it and each one before that is not there.

    Raises
    ------
    ValueError
        If there is no such number.
    """
    if not 0 <= number < len(BUILT_IN):
        raise ValueError(f"synthetic patient {number}; expected 0 to {len(BUILT_IN) - 1}")
    # One process: in a kernel there is no main script that another one could import.
    folder = make_cohort(number + 1, folder=cohort_folder(1), spacing=1, processes=1, progress=False)
    return find_cases(folder / case_id(number))[0]
