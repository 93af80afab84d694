"""The synthetic patients of the demo; each is generated when it is first opened."""

from brainlab.data import find_cases
from brainlab.data.case import Case
from brainlab.home import cohort_folder
from brainlab.synth import make_cohort
from brainlab.synth.phantom.cohort import case_id

BUILT_IN = tuple(f"synthetic patient {number}" for number in range(1, 7))


def open_built_in(number: int) -> Case:
    """Return synthetic patient `number`, counted from 0; generating missing ones takes 4 s each.

    Raises
    ------
    ValueError
        If there is no such patient.
    """
    if not 0 <= number < len(BUILT_IN):
        raise ValueError(f"synthetic patient {number}; expected 0 to {len(BUILT_IN) - 1}")
    # One process: a kernel has no main script that a spawned process could import.
    folder = make_cohort(number + 1, folder=cohort_folder(1), spacing=1, processes=1, progress=False)
    return find_cases(folder / case_id(number))[0]
