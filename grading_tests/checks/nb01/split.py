"""The split by patient: split_items(patients, val, test, seed)."""

from types import SimpleNamespace

import numpy as np

from brainlab.data import split_by_patient
from grading_tests.gap import Gap, Property, Wrong


def split_items(patients: list[str], val: float = 0.2, test: float = 0.2, seed: int = 0) -> tuple:
    """Return three lists of item numbers; `split_by_patient` on items that are named by their number."""
    items = [SimpleNamespace(id=f"{number:09d}", patient=name) for number, name in enumerate(patients)]
    parts = split_by_patient(items, val, test, seed)
    return tuple([int(item.id) for item in part] for part in parts)


def slices_of_patients(rng: np.random.Generator, patients: int) -> list[str]:
    """Return the patient of every slice: 12 to 20 slices for each patient, one after the other."""
    names = [f"BraTS-GLI-{number:05d}" for number in rng.permutation(900)[:patients]]
    return [name for name in names for _ in range(rng.integers(12, 20))]


def parts_of(answer, patients: list[str], tried: str, **shares: float) -> list[set[str]]:
    """Return the patients of the three parts; raise `Wrong` if the parts do not hold every item once.

    What came is told in words, because every right or wrong answer draws other patients.
    """
    parts = [np.asarray(part).ravel() for part in answer(list(patients), **shares)]
    if len(parts) != 3:
        raise Wrong(tried, "three parts", f"{len(parts)} parts", "step 4")
    if any(part.size and part.dtype.kind not in "iu" for part in parts):
        raise Wrong(tried, "item numbers", "something else than whole numbers", "step 4")
    items = [int(item) for part in parts for item in part]
    if len(set(items)) < len(items):
        raise Wrong(tried, "every item once", "items that are in two parts", "step 3")
    if sorted(items) != list(range(len(patients))):
        raise Wrong(tried, "every item once", "items that are in no part", "step 4")
    return [{patients[int(item)] for item in part} for part in parts]


def split_no_leak(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 20)
    tried = f"{len(patients)} slices of 20 patients, val = test = 0.2"
    train, val, test = parts_of(answer, patients, tried, val=0.2, test=0.2, seed=1)
    shared = len((train & val) | (train & test) | (val & test))
    if shared:
        got = f"{'most' if shared > 10 else 'a few'} patients lie in two parts"
        raise Wrong(tried, "no patient in two parts", got, "step 1")


def split_sizes(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 40)
    tried = "patients in train, val and test of 40, with val = 0.25, test = 0.3"
    sizes = [len(part) for part in parts_of(answer, patients, tried, val=0.25, test=0.3, seed=2)]
    if max(abs(np.array(sizes) - [18, 10, 12])) > 1:  # rounding up or down is as good
        raise Wrong(tried, [18, 10, 12], sizes, "step 3")


def split_seeds(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 20)
    first = parts_of(answer, patients, "seed 3", val=0.2, test=0.2, seed=3)
    if parts_of(answer, patients, "seed 3 again", val=0.2, test=0.2, seed=3) != first:
        raise Wrong("seed 3 twice", "the same split", "two different splits", "step 2")
    if parts_of(answer, patients, "seed 4", val=0.2, test=0.2, seed=4) == first:
        held = first[1] | first[2]
        orders = (sorted(set(patients)), list(dict.fromkeys(patients)))
        in_order = any(held in (set(order[: len(held)]), set(order[-len(held) :])) for order in orders)
        got = "the same split, in the order of the list" if in_order else "the same split"
        raise Wrong("seeds 3 and 4", "two different splits", got, "step 2")


def split_mixed_order(answer, rng: np.random.Generator) -> None:
    patients = rng.permutation(slices_of_patients(rng, 15)).tolist()
    train, val, test = parts_of(answer, patients, "slices in mixed order", val=0.2, test=0.2, seed=5)
    if (train & val) | (train & test) | (val & test):
        raise Wrong("slices in mixed order", "no patient in two parts", "some are", "step 1")


def split_few(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 4)
    tried = "4 patients, val = test = 0.1: one is the least"
    sizes = [len(part) for part in parts_of(answer, patients, tried, val=0.1, test=0.1, seed=6)]
    if sizes != [2, 1, 1]:
        raise Wrong(tried, [2, 1, 1], sizes, "step 3")


GAP = Gap(
    "g01_split",
    "split_items",
    minutes=10,
    points=4,
    reference=split_items,
    properties=[
        Property("no patient in two parts, no slice lost", split_no_leak, share=2),
        Property("the sizes of the parts", split_sizes),
        Property("same seed, same split; other seed, other split", split_seeds),
        Property("slices in mixed order", split_mixed_order, visible=False),
        Property("four patients", split_few, visible=False),
    ],
)
