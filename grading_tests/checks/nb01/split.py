"""The split by patient: split_items(patients, val, test, seed)."""

import builtins
import dis
import inspect
from collections.abc import Iterator
from types import CodeType, SimpleNamespace

import numpy as np
import torch

from brainlab.data import split_by_patient
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
    items = [item for part in parts for item in part]
    if len(set(items)) < len(items):
        raise Wrong(tried, "every item once", "items that are in two parts")
    if sorted(items) != list(range(len(patients))):
        raise Wrong(tried, "every item once", "items that are in no part")
    return [{patients[item] for item in part} for part in parts]


def no_leak(answer, patients: list[str], tried: str, seed: int) -> None:
    train, val, test = parts_of(answer, patients, tried, val=0.2, test=0.2, seed=seed)
    shared = len((train & val) | (train & test) | (val & test))
    if shared:
        got = f"{'most' if shared > len(set(patients)) / 2 else 'a few'} patients lie in two parts"
        raise Wrong(tried, "no patient in two parts", got)


def split_no_leak(answer, rng: np.random.Generator) -> None:
    patients = slices_of_patients(rng, 20)
    no_leak(answer, patients, f"{len(patients)} slices of 20 patients, val = test = 0.2", 1)


def sizes_are(answer, patients: list[str], val: float, test: float, right: list[int], more: str = "") -> None:
    tried = f"patients in train, val and test of {sum(right)}{more}, with val = {val}, test = {test}"
    sizes = [len(part) for part in parts_of(answer, patients, tried, val=val, test=test, seed=2)]
    if sizes != right:
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
    seeds, found = (3, 4, 0, 1, 2, 5, 42, 1000, 123456), []
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
        got = f"{len(found)} different split{'s' * (len(found) > 1)}{more}"
        raise Wrong(
            f"{len(seeds)} seeds: {', '.join(map(str, seeds))}", f"{len(seeds)} different splits", got
        )


def split_sessions(answer, rng: np.random.Generator) -> None:
    """The order of a set of texts changes from session to session, and with the order in which it was filled.

    A split of sorted names does not depend on the order of the items at all, and one of names in their order
    of appearance depends on it throughout. One of `list(set(...))` is nearly the same: only names whose
    hashes collide change places.
    """
    expected = "the same split in every session of Python"
    if names_in(answer) & {"hash", "id"}:
        got = "hash() and id() of a text differ from session to session"
        raise Wrong("the names used in the function", expected, got)
    names = [f"BraTS-GLI-{number:05d}" for number in rng.permutation(90000)[:400]]
    tried = "400 patients with one scan each, listed in two orders"
    first = parts_of(answer, names, tried, val=0.4, test=0.3, seed=7)
    for _ in range(3):
        other = parts_of(answer, rng.permutation(names).tolist(), tried, val=0.4, test=0.3, seed=7)
        same = sum(len(one & two) for one, two in zip(first, other, strict=True))
        if 240 < same < len(names):
            raise Wrong(tried, expected, "a split that depends on the order of a set")


def names_in(answer) -> set[str]:
    """Return the built-in functions that a function's own code calls by name."""
    function = inspect.unwrap(answer)

    def of(code: CodeType) -> Iterator[str]:
        loaded = (step for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
        yield from (step.argval for step in loaded)  # not the names of attributes, such as `case.id`
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from of(constant)

    code = getattr(function, "__code__", None)
    own = getattr(function, "__globals__", {})
    return {name for name in of(code) if hasattr(builtins, name) and name not in own} if code else set()


def split_mixed_order(answer, rng: np.random.Generator) -> None:
    patients = rng.permutation(slices_of_patients(rng, 15)).tolist()
    no_leak(answer, patients, "slices in mixed order", 5)


def split_names(answer, rng: np.random.Generator) -> None:
    """Names of several lengths, of which one is the beginning of another, and names without numbers."""
    numbered = [f"P{number}" for number in (1, 10, 11, 100, 2, 20, 12, 3, 30, 31)]
    named = ["Anna", "Ann", "Anna-Maria", "Bo", "Bodil", "BO", "anna", "Maria", "site-1/Bo", "site-2/Bo"]
    for names in (numbered, named):
        patients = rng.permutation([name for name in names for _ in range(4)]).tolist()
        no_leak(answer, patients, f"the patients {', '.join(names)}", 5)
        sizes_are(answer, patients, 0.2, 0.3, [5, 2, 3])


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
