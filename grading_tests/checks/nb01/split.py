"""The split by patient: split_items(patients, val, test, seed)."""

import contextlib
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import torch

from brainlab.data import split_by_patient
from grading_tests.checks.nb01._sessions import called_by_name, depends_on_ties, splits_of_sessions
from grading_tests.checks.nb01.contract import kind_of
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


def items_of(part: object, tried: str) -> list[int]:
    """Return the item numbers of a part, which is a list, a tuple, an array or a tensor."""
    if isinstance(part, list | tuple | np.ndarray | torch.Tensor):
        try:
            array = np.asarray(part)
        except (ValueError, TypeError):
            array = np.zeros((0, 0))  # lists of different lengths
        if array.ndim == 1 and (array.size == 0 or array.dtype.kind in "iu"):
            return array.astype(int).tolist()
        what = f"parts like {kind_of(array)}" if array.ndim == 1 else "parts like lists of lists"
    else:
        what = f"parts like {kind_of(part)}"
    raise Wrong(tried, "lists of item indices", what)


def parts_of(answer, patients: list[str], tried: str, *shares: float, **options: float) -> list[set[str]]:
    """Return the patients of the three parts; raise `Wrong` if the parts do not hold every item once.

    What came is told in words, because every right or wrong answer draws other patients.
    """
    result = answer(list(patients), *shares, **options)
    if not isinstance(result, list | tuple):
        raise Wrong(tried, "three lists: train, val, test", "no tuple")
    parts = [items_of(part, tried) for part in result]
    if len(parts) != 3:
        raise Wrong(tried, "three parts", f"{len(parts)} parts")
    if found := not_once(parts, patients):
        raise Wrong(tried, "every item once", found)
    return [{patients[item] for item in part} for part in parts]


def not_once(parts: list[list[int]], patients: list[str]) -> str | None:
    """Return how the parts fail to hold every item once, in words; None if they do."""
    items = {item for part in parts for item in part}
    if not items <= set(range(len(patients))):
        last = sorted(items - set(range(len(patients))))
        return "item numbers that run from 1" if last == [len(patients)] else "numbers that are no items"
    if items == set(range(len(set(patients)))) and len(items) < len(patients):
        return "the numbers of the patients, not of their items"
    named = list(zip(("train", "val", "test"), parts, strict=True))
    shared = [f"{one[0]} and {two[0]}" for one, two in combinations(named, 2) if set(one[1]) & set(two[1])]
    if shared:
        return f"items that are in two parts: {', '.join(shared)}"
    if any(len(set(part)) < len(part) for part in parts):
        return "items that are in one part twice"
    left = set(range(len(patients))) - items
    if not left:
        return None
    if all(sum(patients[item] == name for item in items) == 1 for name in set(patients)):
        return "one item of each patient; the others are in no part"
    whole = {patients[item] for item in left}.isdisjoint(patients[item] for item in items)
    if len(left) == 1:
        return "one item is in no part"
    return f"{'the items of a patient' if whole else 'some items of a patient'} are in no part"


def no_leak(answer, patients: list[str], tried: str, seed: int) -> None:
    given, result = list(patients), None

    def once(_: list[str], **options: float) -> object:
        nonlocal result
        result = answer(given, **options)
        return result

    try:
        train, val, test = parts_of(once, patients, tried, val=0.2, test=0.2, seed=seed)
        shared = len((train & val) | (train & test) | (val & test))
        if shared:
            many = "most" if shared > len(set(patients)) / 2 else "several" if shared > 2 else "one or two"
            found = f"{many} patients lie in two parts"
            raise Wrong(tried, "no patient in two parts", found)
    except Wrong:
        if given != patients and sorted(given) == sorted(patients):
            found = "the list patients is in another order after the call, and the items belong to that one"
            raise Wrong(tried, "items of the list as it was given", found) from None
        raise


def split_no_leak(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 20)
    no_leak(answer, patients, f"{len(patients)} slices of 20 patients, val = test = 0.2", 1)


def sizes_are(answer, patients: list[str], val: float, test: float, right: list[int], more: str = "") -> None:
    tried = f"patients in train, val and test of {sum(right)}{more}, with val = {val}, test = {test}"
    sizes = [len(part) for part in parts_of(answer, patients, tried, val=val, test=test, seed=2)]
    if sizes != right:
        others = [parts_of(answer, patients, tried, val=val, test=test, seed=seed) for seed in (0, 1, 3, 4)]
        if any([len(part) for part in parts] != sizes for parts in others):
            raise Wrong(
                tried, "rounded shares, the same sizes for every seed", "sizes that vary with the seed"
            )
        raise Wrong(tried, right, sizes)


def split_sizes(answer, rng: np.random.Generator) -> None:
    sizes_are(answer, slices_of_patients(rng, 40), 0.25, 0.3, [18, 10, 12])


def split_rounded(answer, rng: np.random.Generator) -> None:
    """Halves may be rounded either way, so none is tried."""
    for patients, val, test, right in (
        (19, 0.2, 0.3, [9, 4, 6]),  # 3.8 and 5.7
        (33, 0.2, 0.1, [23, 7, 3]),  # 6.6 and 3.3
        (33, 0.1, 0.2, [23, 3, 7]),
        (9, 0.3, 0.2, [4, 3, 2]),  # 2.7 and 1.8
    ):
        sizes_are(answer, slices_of_patients(rng, patients), val, test, right)


def split_unequal(answer, rng: np.random.Generator) -> None:
    names = [f"BraTS-GLI-{number:05d}" for number in rng.permutation(900)[:10]]
    patients = [name for number, name in enumerate(names) for _ in range(150 if number < 2 else 3)]
    sizes_are(answer, patients, 0.2, 0.3, [5, 2, 3], " (two of which have nearly all slices)")


def split_few(answer, rng: np.random.Generator) -> None:
    sizes_are(answer, slices_of_patients(rng, 4), 0.1, 0.1, [2, 1, 1])
    sizes_are(answer, slices_of_patients(rng, 3), 0.2, 0.2, [1, 1, 1])


def split_seeds(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 20)
    seeds, found = (3, 4, 0, 1, 2, 5, 42, 256, 1000, 65536, 1000000, 2000000), []
    for seed in seeds:
        parts = parts_of(answer, patients, f"seed {seed}", val=0.2, test=0.2, seed=seed)
        if seed in (3, 0) and parts_of(answer, patients, "again", val=0.2, test=0.2, seed=seed) != parts:
            raise Wrong(f"seed {seed} twice", "the same split", "two different splits")
        if parts not in found:
            found.append(parts)
    if len(found) < len(seeds):
        held = found[0][1] | found[0][2]
        orders = (sorted(set(patients)), list(dict.fromkeys(patients)))
        in_order = any(held in (set(order[: len(held)]), set(order[-len(held) :])) for order in orders)
        more = ", in the order of the list" if in_order and len(found) == 1 else ""
        got = f"one split for all{more}" if len(found) == 1 else "some seeds have the same split"
        raise Wrong(
            f"{len(seeds)} seeds: {', '.join(map(str, seeds))}", f"{len(seeds)} different splits", got
        )


def split_sessions(answer, rng: np.random.Generator) -> None:
    """The order of a set of texts changes from session to session, and so does `hash`."""
    expected = "the same split in every session of Python"
    if called_by_name(answer) & {"hash", "id", "__hash__"}:
        got = "hash() and id() of a text differ from session to session"
        raise Wrong("the names used in the function", expected, got)
    tried = "patients with one scan each, listed in two orders"
    got = "a split that depends on the order of a set"

    def split(patients: list[str]) -> list[set[str]]:
        return parts_of(answer, patients, tried, val=0.4, test=0.3, seed=7)

    def whole(parts: list, patients: list[str]) -> bool:
        parts = [items_of(part, tried) for part in parts]
        return len(parts) == 3 and all(parts) and not_once(parts, patients) is None

    names = [f"BraTS-GLI-{number:05d}" for number in rng.permutation(90000)[:400]]
    if splits_of_sessions(answer, names[:60], whole) > 1:
        raise Wrong(tried, expected, got)
    first = split(names)
    for _ in range(3):
        # A split of sorted names is the same, and one of names in their order of appearance another one.
        # One of `list(set(...))` is nearly the same: only names whose hashes collide change places.
        other = split(rng.permutation(names).tolist())
        same = sum(len(one & two) for one, two in zip(first, other, strict=True))
        if 240 < same < len(names):
            raise Wrong(tried, expected, got)
    if depends_on_ties(split, rng):
        got = "a split by a sort with ties: equal names keep the order of the set"
        raise Wrong(
            "names that differ only in their capitals, or in what is before the number", expected, got
        )


def split_mixed_order(answer, rng: np.random.Generator) -> None:
    patients = rng.permutation(slices_of_patients(rng, 15)).tolist()
    no_leak(answer, patients, "slices in mixed order", 5)


def split_names(answer, rng: np.random.Generator) -> None:
    """Names of several lengths, of which one is the beginning of another, and names without numbers."""
    numbered = [f"P{number}" for number in (1, 10, 11, 100, 2, 20, 12, 3, 30, 31)]
    named = ["Anna", "Ann", "Anna-Maria", "Bo", "Bodil", "BO", "anna", "Maria", "site-1/Bo", "site-2/Bo"]
    padded = ["7", "07", "007", "70", "1", "10", "01", "2", "02", "7 "]
    for names in (numbered, named, padded):
        patients = rng.permutation([name for name in names for _ in range(4)]).tolist()
        try:
            no_leak(answer, patients, f"the patients {', '.join(names)}", 5)
            sizes_are(answer, patients, 0.2, 0.3, [5, 2, 3])
        except Wrong:
            together: list[str] = []
            with contextlib.suppress(Wrong):
                together = always_together(answer, patients)
            if together:
                found = f"always in the same part: {', '.join(together)}"
                raise Wrong(f"the patients {', '.join(names)}", "each by itself", found) from None
            raise


def always_together(answer, patients: list[str]) -> list[str]:
    """Return the patients that are in one part with the same others for twenty seeds."""
    parts: dict[str, list[int]] = {name: [] for name in sorted(set(patients))}
    for seed in range(20):
        split = parts_of(answer, patients, "", val=0.2, test=0.3, seed=seed)
        for name, found in parts.items():
            found.append(next(number for number, part in enumerate(split) if name in part))
    listed = list(parts.values())
    return [name for name, found in parts.items() if listed.count(found) > 1]


def split_defaults(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 20)
    given = parts_of(answer, patients, "val = test = 0.2, seed = 0", 0.2, 0.2, 0)
    for options in ({}, {"seed": 0}, {"val": 0.2, "seed": 0}, {"test": 0.2}):
        told = ", ".join(f"{name} = {value}" for name, value in options.items()) or "nothing"
        tried = f"given besides the patients: {told}"
        got = parts_of(answer, patients, tried, **options)
        if got != given:
            again = parts_of(answer, patients, tried, **options) == got
            what = "another split" if again else "another split in every call"
            raise Wrong(tried, "the split with val = 0.2, test = 0.2, seed = 0", what)


def split_unchanged(answer, rng: np.random.Generator) -> None:
    patients = rng.permutation(slices_of_patients(rng, 8)).tolist()
    given = list(patients)
    answer(given, val=0.2, test=0.2, seed=3)
    if given != patients:
        raise Wrong("the list of patients after the call", "as before", "patients has changed")


GAP = Gap(
    "g01_split",
    "split_items",
    minutes=10,
    points=4,
    reference=split_items,
    shortcuts=(split_by_patient,),
    properties=[
        Property("no patient in two parts, no slice lost", split_no_leak, share=2),
        Property("the sizes of the parts", split_sizes),
        Property("same seed, same split; other seed, other split", split_seeds),
        Property("slices in mixed order", split_mixed_order),
        Property("rounded sizes", split_rounded, share=0.5),
        Property("patients with many and with few slices", split_unequal, share=0.5),
        Property("three and four patients", split_few),
        Property("other names", split_names, share=0.5),
        Property("values by default", split_defaults, share=0.5),
        Property("the same in every session", split_sessions),
        Property("patients unchanged", split_unchanged, share=0.5),
    ],
)
