"""Right and wrong answers: the split by patient."""

import hashlib
import random

import numpy as np
import torch

from grading_tests.checks.nb01.split import split_items
from grading_tests.gap import Mistake, Survivor

# ---- split by patient


def held_out(patients, val, test, seed):
    """Return the sorted patients, shuffled, and how many of them go to val and to test."""
    names = sorted(set(patients))
    np.random.default_rng(seed).shuffle(names)
    return names, max(1, round(val * len(names))), max(1, round(test * len(names)))


def split_by_loop(patients, val=0.2, test=0.2, seed=0):
    names, n_val, n_test = held_out(patients, val, test, seed)
    parts = ([], [], [])
    for item, name in enumerate(patients):
        place = names.index(name)
        parts[1 if place < n_val else 2 if place < n_val + n_test else 0].append(item)
    return parts


def split_numpy(patients, val=0.2, test=0.2, seed=0):
    patients = np.array(patients)
    names = np.unique(patients)
    order = np.random.RandomState(seed).permutation(len(names))
    n_val, n_test = int(np.ceil(val * len(names))), int(np.ceil(test * len(names)))
    groups = np.split(names[order], [n_val, n_val + n_test])
    val_items, test_items, train_items = (np.flatnonzero(np.isin(patients, group)) for group in groups)
    return train_items, val_items, test_items


def split_torch(patients, val=0.2, test=0.2, seed=0):
    names = list(dict.fromkeys(patients))
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).tolist()
    n_val, n_test = max(1, round(val * len(names))), max(1, round(test * len(names)))
    part = {names[o]: 1 if k < n_val else 2 if k < n_val + n_test else 0 for k, o in enumerate(order)}
    return [[i for i, name in enumerate(patients) if part[name] == p] for p in range(3)]


def split_by_python(patients, val=0.2, test=0.2, seed=0):
    """Without NumPy: a list is shuffled and eaten from its end."""
    names = sorted(set(patients))
    random.Random(seed).shuffle(names)
    shares = [max(1, round(share * len(names))) for share in (val, test)]
    val_names, test_names = ({names.pop() for _ in range(share)} for share in shares)
    items = list(range(len(patients)))
    val_items = [item for item in items if patients[item] in val_names]
    test_items = [item for item in items if patients[item] in test_names]
    return sorted(set(items) - set(val_items) - set(test_items)), val_items, test_items


def split_by_digest(patients, val=0.2, test=0.2, seed=0):
    """Every patient draws a number from its own name and the seed; the smallest are held out."""
    drawn = {name: hashlib.sha256(f"{seed}/{name}".encode()).hexdigest() for name in patients}
    order = sorted(drawn, key=drawn.get)
    ends = np.cumsum([max(1, round(val * len(order))), max(1, round(test * len(order)))])
    part = dict(zip(order, np.searchsorted(ends, np.arange(len(order)), side="right"), strict=True))
    of = np.array([part[name] for name in patients])
    return tuple(np.flatnonzero(of == number) for number in (2, 0, 1))


def split_by_choice(patients, val=0.2, test=0.2, seed=0):
    """Draw validation, then test from the others; both shares are of all patients."""
    rng, names = np.random.default_rng(seed), np.unique(patients)
    first = rng.choice(names, max(1, round(val * len(names))), replace=False)
    others = np.setdiff1d(names, first)
    second = rng.choice(others, max(1, round(test * len(names))), replace=False)
    train = np.setdiff1d(others, second)
    return [torch.tensor(np.flatnonzero(np.isin(patients, part))) for part in (train, first, second)]


def cut(order, val, test):
    n_val, n_test = round(val * len(order)), round(test * len(order))
    return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]


def split_slices(patients, val=0.2, test=0.2, seed=0):
    return cut(np.random.default_rng(seed).permutation(len(patients)), val, test)


def split_blocks(patients, val=0.2, test=0.2, seed=0):
    return cut(np.arange(len(patients)), val, test)


def split_overlapping(patients, val=0.2, test=0.2, seed=0):
    names = sorted(set(patients))
    rng = np.random.default_rng(seed)
    val_names = set(rng.permutation(names)[: round(val * len(names))])
    test_names = set(rng.permutation(names)[: round(test * len(names) + 1)]) | {min(val_names)}
    pick = lambda chosen: [i for i, name in enumerate(patients) if name in chosen]  # noqa: E731
    return pick(set(names) - val_names - test_names), pick(val_names), pick(test_names)


def split_unseeded(patients, val=0.2, test=0.2, seed=0):
    return split_by_loop(patients, val, test, seed=None)


def split_fixed(patients, val=0.2, test=0.2, seed=0):
    return split_by_loop(patients, val, test, seed=42)


def split_in_order(patients, val=0.2, test=0.2, seed=0):
    names = sorted(set(patients))
    train, val_names, test_names = cut(names, val, test)
    return [[i for i, name in enumerate(patients) if name in part] for part in (train, val_names, test_names)]


def split_rest(patients, val=0.2, test=0.2, seed=0):
    return split_by_loop(patients, val * (1 - test), test, seed)


def split_names(patients, val=0.2, test=0.2, seed=0):
    return cut(held_out(patients, val, test, seed)[0], val, test)


def split_other_order(patients, val=0.2, test=0.2, seed=0):
    train, val_items, test_items = split_by_loop(patients, val, test, seed)
    return val_items, test_items, train


def split_first_slices(patients, val=0.2, test=0.2, seed=0):
    first = {name: item for item, name in reversed(list(enumerate(patients)))}
    return [[first[name] for name in part] for part in split_names(patients, val, test, seed)]


def split_rounded_down(patients, val=0.2, test=0.2, seed=0):
    names, _, _ = held_out(patients, val, test, seed)
    n_val, n_test = int(val * len(names)), int(test * len(names))
    place = {name: k for k, name in enumerate(names)}
    part = [1 if place[p] < n_val else 2 if place[p] < n_val + n_test else 0 for p in patients]
    return [[i for i, number in enumerate(part) if number == p] for p in range(3)]


RIGHT = {
    "library": split_items,
    "loop": split_by_loop,
    "numpy, rounded up": split_numpy,
    "torch": split_torch,
    "without NumPy": split_by_python,
    "digest of the name": split_by_digest,
    "drawn one after the other": split_by_choice,
}

WRONG = [
    Mistake(
        "slices shuffled",
        "frankkramer-lab/MIScnn#34: 2D slices are put into training and validation at random",
        "you shuffle slices: nearly every patient is on both sides. Shuffle patients.",
        split_slices,
    ),
    Mistake(
        "blocks of slices",
        "UCSD-AI4H/COVID-CT#11: p23 appears in train, validation and test",
        "you cut the list of slices; the patients at the cuts are on both sides. Cut the list of patients.",
        split_blocks,
    ),
    Mistake(
        "val and test drawn apart",
        "TensorAuto/OpenTau#498: two draws, so what one holds out another trains on",
        "you draw validation and test independently, so they overlap: cut one shuffled list into three.",
        split_overlapping,
    ),
    Mistake(
        "seed not used",
        "jspunda/prostatex#44: add a random seed for the split",
        "each call gives another split: make the generator from the seed.",
        split_unseeded,
    ),
    Mistake(
        "seed written down",
        "apple/turicreate#774: do not fix the seed, make it a parameter",
        "another seed gives the same split: use the argument.",
        split_fixed,
    ),
    Mistake(
        "not shuffled",
        "ivadomed/ivadomed#402: the order of the centres decided the split",
        "you take the patients in order of their names; numbers often follow hospitals. Shuffle first.",
        split_in_order,
    ),
    Mistake(
        "share of the rest",
        "misconception: the second split takes its share of what is left",
        "your validation part is a share of what the test left; both are shares of all patients.",
        split_rest,
    ),
    Mistake(
        "names for items",
        "misconception: the split is a list of patients",
        "you return patients; the task asks for the numbers of their items.",
        split_names,
    ),
    Mistake(
        "parts in another order",
        "misconception: order of the result",
        "the sizes belong to other parts: return train, val, test in this order.",
        split_other_order,
    ),
    Mistake(
        "one slice a patient",
        "misconception: np.unique(return_index=True) finds all slices",
        "only one item of each patient is left: collect all items whose patient is in the part.",
        split_first_slices,
    ),
    Mistake(
        "rounded down to nothing",
        "misconception: int(0.8) is nearly 1",
        "with few patients a part is empty: give every part at least one patient.",
        split_rounded_down,
    ),
]

SURVIVORS = [
    Survivor(
        "names = sorted(set(patients))",
        ["names = list(set(patients))"],
        "the order of a set of strings changes from session to session (Python salts its hashes); a check "
        "sees one session",
        equivalent=False,
    ),
    Survivor(
        "n_val, n_test = max(1, round(val * len(names))), max(1, round(test * len(names)))",
        [
            "n_val, n_test = max(1, int(val * len(names))), max(1, round(test * len(names)))",
            "n_val, n_test = max(1, round(val * len(names))), max(1, int(test * len(names)))",
        ],
        "rounding down is accepted too",
    ),
]
