"""Right and wrong answers: the split by patient."""

import hashlib
import random

import numpy as np
import torch

from grading_tests.bank.nb01._common import returning
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
    n_val, n_test = (max(1, int(np.rint(share * len(names)))) for share in (val, test))
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
    "numpy": split_numpy,
    "torch": split_torch,
    "without NumPy": split_by_python,
    "digest of the name": split_by_digest,
    "drawn one after the other": split_by_choice,
}


def split_with(change=list, n_val=None, n_test=None, names_of=lambda patients: sorted(set(patients))):
    """Return a split that differs from the right one in the names, their order or the sizes of the parts.

    `change(names, seed)` shuffles; `n_val` and `n_test` take (share, number of patients).
    """

    def rounded(share, number):
        return max(1, round(share * number))

    def run(patients, val=0.2, test=0.2, seed=0):
        names = change(names_of(patients), seed)
        first = (n_val or rounded)(val, len(names))
        second = (n_test or rounded)(test, len(names))
        groups = names[first + second :], names[:first], names[first : first + second]
        return tuple([i for i, name in enumerate(patients) if name in group] for group in groups)

    return run


def shuffled(names, seed):
    return np.random.default_rng(seed).permutation(names).tolist()


def sizes(n_val, n_test=None):
    return split_with(shuffled, n_val, n_test or n_val)


def split_by_hash(patients, val=0.2, test=0.2, seed=0):
    names = sorted(set(patients), key=lambda name: hash((name, seed)))
    first, second = max(1, round(val * len(names))), max(1, round(test * len(names)))
    groups = names[first + second :], names[:first], names[first : first + second]
    return tuple([i for i, name in enumerate(patients) if name in group] for group in groups)


def split_by_slices(patients, val=0.2, test=0.2, seed=0):
    """Fill validation, then test, until they have their share of the items."""
    parts: tuple = ([], [], [])
    for name in shuffled(sorted(set(patients)), seed):
        items = [i for i, other in enumerate(patients) if other == name]
        full = [len(parts[1]) >= val * len(patients), len(parts[2]) >= test * len(patients)]
        parts[1 if not full[0] else 2 if not full[1] else 0].extend(items)
    return parts


def split_each_alone(patients, val=0.2, test=0.2, seed=0):
    rng = np.random.default_rng(seed)
    part = {name: rng.choice(3, p=[1 - val - test, val, test]) for name in sorted(set(patients))}
    return tuple([i for i, name in enumerate(patients) if part[name] == number] for number in range(3))


def split_by_part_of_name(patients, val=0.2, test=0.2, seed=0):
    names = shuffled(sorted(set(patients)), seed)
    first, second = max(1, round(val * len(names))), max(1, round(test * len(names)))
    groups = [",".join(g) for g in (names[first + second :], names[:first], names[first : first + second])]
    return tuple([i for i, name in enumerate(patients) if name in group] for group in groups)


def split_runs(patients, val=0.2, test=0.2, seed=0):
    """A new patient begins wherever the name changes."""
    runs = np.cumsum([i > 0 and name != patients[i - 1] for i, name in enumerate(patients)])
    return split_by_loop(runs.tolist(), val, test, seed)


def split_of_changed_names(change):
    return lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(
        list(map(change, patients)), val, test, seed
    )


def split_sorting(patients, val=0.2, test=0.2, seed=0):
    patients.sort()
    return split_by_loop(patients, val, test, seed)


def split_shuffling(patients, val=0.2, test=0.2, seed=0):
    parts = split_by_loop(patients, val, test, seed)
    random.Random(seed).shuffle(patients)
    return parts


def split_without_defaults(patients, val, test, seed):
    return split_by_loop(patients, val, test, seed)


def split_with_other_defaults(patients, val=0.1, test=0.1, seed=0):
    return split_by_loop(patients, val, test, seed)


def split_random_by_default(patients, val=0.2, test=0.2, seed=None):
    return split_by_loop(patients, val, test, seed)


def digits_of(name):
    return int("".join(letter for letter in name if letter.isdigit()) or 0)


def parts_by(names, patients, n_val, n_test):
    """Return the items of the patients in this order: first val, then test, then train."""
    groups = names[n_val + n_test :], names[:n_val], names[n_val : n_val + n_test]
    return tuple([item for item, name in enumerate(patients) if name in group] for group in groups)


def numbers(names, val, test):
    return max(1, round(val * len(names))), max(1, round(test * len(names)))


def by_key(key, patients, val, test, seed):
    names = sorted(set(patients), key=key)
    random.Random(seed).shuffle(names)
    return parts_by(names, patients, *numbers(names, val, test))


def split_by_count(patients, val=0.2, test=0.2, seed=0):
    names, n_val, n_test = held_out(patients, val, test, seed)
    parts = []
    for group in (names[n_val + n_test :], names[:n_val], names[n_val : n_val + n_test]):
        firsts = [(patients.index(name), patients.count(name)) for name in group]
        parts.append([item for first, count in firsts for item in range(first, first + count)])
    return parts


def split_same_start(patients, val=0.2, test=0.2, seed=0):
    names, n_val, n_test = held_out(patients, val, test, seed)
    groups = names[max(n_val, n_test) :], names[:n_val], names[:n_test]
    return [[item for item, name in enumerate(patients) if name in group] for group in groups]


def without_last(parts):
    return [list(parts[0])[:-1], *parts[1:]]


def split_many_times(patients, val=0.2, test=0.2, seed=0):
    order = np.random.default_rng(seed).permutation(sorted(patients)).tolist()
    return parts_by(list(dict.fromkeys(order)), patients, *numbers(patients, val, test))


def split_rounded_together(patients, val=0.2, test=0.2, seed=0):
    names, n_val, _ = held_out(patients, val, test, seed)
    return parts_by(names, patients, n_val, max(1, round((val + test) * len(names)) - n_val))


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
    Mistake(
        "rounded down",
        "a common slip: int() for round()",
        "you round the number of patients down; round it to the nearest.",
        sizes(lambda share, number: max(1, int(share * number))),
        3,
    ),
    Mistake(
        "rounded up",
        "a common slip: ceil() for round()",
        "you round the number of patients up; round it to the nearest.",
        sizes(lambda share, number: max(1, int(np.ceil(share * number)))),
        3,
    ),
    Mistake(
        "validation rounded down",
        "a common slip: int() for round()",
        "too few validation patients: val and test are rounded to the nearest, train has the rest.",
        split_with(shuffled, lambda share, number: max(1, int(share * number))),
        3,
    ),
    Mistake(
        "test rounded down",
        "a common slip: int() for round()",
        "too few test patients: val and test are rounded to the nearest, train has the rest.",
        split_with(shuffled, None, lambda share, number: max(1, int(share * number))),
        3,
    ),
    Mistake(
        "rounded to nothing",
        "a common slip: max(1, ...) is forgotten",
        "with few patients a part is empty: give every part at least one patient.",
        sizes(lambda share, number: round(share * number)),
        3,
    ),
    Mistake(
        "validation rounded to nothing",
        "a common slip: max(1, ...) is forgotten",
        "with few patients validation is empty: give every part at least one patient.",
        split_with(shuffled, lambda share, number: round(share * number)),
        3,
    ),
    Mistake(
        "test rounded to nothing",
        "a common slip: max(1, ...) is forgotten",
        "with few patients the test part is empty: give every part at least one patient.",
        split_with(shuffled, None, lambda share, number: round(share * number)),
        3,
    ),
    Mistake(
        "at least two",
        "misconception: a part needs several patients",
        "with few patients one is the least, not two.",
        sizes(lambda share, number: max(2, round(share * number))),
        3,
    ),
    Mistake(
        "one more",
        "a common slip: + 1",
        "your parts have a patient too many.",
        sizes(lambda share, number: max(1, round(share * number)) + 1),
        3,
    ),
    Mistake(
        "one patient each",
        "misconception: at least one means one",
        "your parts have one patient each: use the shares.",
        sizes(lambda share, number: 1),
        3,
    ),
    Mistake(
        "a fifth, always",
        "a common slip: the value by default written down",
        "your parts always have a fifth of the patients: use the arguments.",
        sizes(lambda share, number: max(1, round(0.2 * number))),
        3,
    ),
    Mistake(
        "validation's share for the test",
        "a common slip: val for test",
        "your test part has the share of the validation part.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(patients, val, val, seed),
        3,
    ),
    Mistake(
        "shares exchanged",
        "a common slip: test for val",
        "your validation part has the share of the test part, and the reverse.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(patients, test, val, seed),
    ),
    Mistake(
        "test is a share of the rest",
        "misconception: the second split takes its share of what is left",
        "your test part is a share of what validation left; both are shares of all patients.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(patients, val, test * (1 - val), seed),
        3,
    ),
    Mistake(
        "test is what is left",
        "misconception: what is left over is as good",
        "you round training and validation and leave the rest to the test; round val and test instead.",
        split_with(
            shuffled,
            lambda share, number: max(1, round(share * number)),
            lambda share, number: number - round(0.7 * number) - max(1, round(0.2 * number)),
        ),
        3,
    ),
    Mistake(
        "shares of the slices",
        "misconception: 20 % of the data is 20 % of the slices",
        "your parts have their share of the slices; asked for are shares of the patients.",
        split_by_slices,
        3,
    ),
    Mistake(
        "every patient drawn alone",
        "misconception: a probability of 0.2 gives a share of 0.2",
        "each patient is drawn by itself, so the sizes vary by chance: cut a shuffled list.",
        split_each_alone,
        3,
    ),
    Mistake(
        "order of a set",
        "Python salts the hashes of texts in every session",
        "the order of a set of texts changes from session to session, and the split with it: sort the names.",
        split_with(shuffled, names_of=lambda patients: list(set(patients))),
        1,
    ),
    Mistake(
        "hash of the name",
        "Python salts the hashes of texts in every session",
        "hash() of a text changes from session to session, and the split with it.",
        split_by_hash,
    ),
    Mistake(
        "two seeds only",
        "a common slip: the seed decides whether the list is turned round",
        "several seeds give the same split: make the generator from the seed itself.",
        split_with(lambda names, seed: shuffled(names, seed % 2)),
        2,
    ),
    Mistake(
        "order of appearance",
        "ivadomed/ivadomed#402: the order of the centres decided the split",
        "you take the patients in the order of the list, which often follows hospitals. Shuffle first.",
        split_with(lambda names, seed: names, names_of=lambda patients: list(dict.fromkeys(patients))),
        2,
    ),
    Mistake(
        "part of a name",
        "misconception: `in` compares whole names, also in a text",
        "`in` finds P1 in the text P10, too: keep the names in a list or a set.",
        split_by_part_of_name,
        4,
    ),
    Mistake(
        "a new patient at each change",
        "misconception: the items of a patient stand together",
        "the items of a patient need not stand together, so one patient counts several times.",
        split_runs,
        1,
    ),
    Mistake(
        "names cut off",
        "a common slip: name[:8] of BraTS names",
        "you shorten the names, so that several patients become one.",
        split_of_changed_names(lambda name: name[:3]),
        1,
    ),
    Mistake(
        "number in the name",
        "a common slip: int(name.split('-')[-1]), as BraTS names allow",
        "you take a number from the name; names may be any text.",
        split_of_changed_names(lambda name: int(name.split("-")[-1])),
        1,
    ),
    Mistake(
        "two parts",
        "misconception: test and validation are the same",
        "you return two parts; asked for are train, val and test.",
        returning(split_by_loop, lambda parts: (parts[0], parts[1] + parts[2])),
        4,
    ),
    Mistake(
        "test in training, too",
        "misconception: training uses all data",
        "the test items are in training as well.",
        returning(split_by_loop, lambda parts: (parts[0] + parts[2], parts[1], parts[2])),
        3,
    ),
    Mistake(
        "a patient lost",
        "a common slip: a bound that is one too small",
        "the items of one patient are in no part.",
        split_with(shuffled, names_of=lambda patients: sorted(set(patients))[:-1]),
    ),
    Mistake(
        "a mask for each part",
        "misconception: a mask and a list of numbers are the same",
        "you return True and False for every item; asked for are the indices of the items.",
        lambda patients, val=0.2, test=0.2, seed=0: tuple(
            [i in part for i in range(len(patients))] for part in split_by_loop(patients, val, test, seed)
        ),
        4,
    ),
    Mistake(
        "sets",
        "misconception: a set is a list",
        "you return sets; asked for are lists, tuples or arrays.",
        returning(split_by_loop, lambda parts: tuple(map(set, parts))),
        4,
    ),
    Mistake(
        "a list for each patient",
        "a common slip: append for extend",
        "your parts hold one list per patient; asked for is one list of items.",
        returning(split_by_loop, lambda parts: tuple([part[:3], part[3:]] for part in parts)),
        4,
    ),
    Mistake(
        "a dictionary",
        "habit from data sets that are dictionaries of splits",
        "you return a dictionary; asked for is a tuple of three lists.",
        returning(split_by_loop, lambda parts: dict(zip(("train", "val", "test"), parts, strict=True))),
        4,
    ),
    Mistake(
        "values by default left out",
        "a common slip: the first line of the function was changed",
        "val, test and seed need the values by default of the task: 0.2, 0.2 and 0.",
        split_without_defaults,
    ),
    Mistake(
        "other values by default",
        "a common slip: the first line of the function was changed",
        "val and test have other values by default; the task has 0.2 for both.",
        split_with_other_defaults,
    ),
    Mistake(
        "no seed by default",
        "habit from NumPy, where seed=None is chance",
        "without a seed every call gives another split; the value by default is 0.",
        split_random_by_default,
    ),
    Mistake(
        "list sorted",
        "a common slip: patients.sort() sorts the list that was given",
        "you sort or shuffle the list that you were given, and the indices belong to that order: copy it.",
        split_sorting,
        1,
    ),
    Mistake(
        "list shuffled",
        "a common slip: shuffle changes the list that was given",
        "your function changes its input patients: shuffle a copy.",
        split_shuffling,
    ),
    Mistake(
        "nothing for the test",
        "a common slip: nothing for the test",
        "the test part is empty: give every part at least one patient.",
        returning(split_by_loop, lambda parts: (parts[0] + parts[2], parts[1], [])),
        3,
    ),
    Mistake(
        "capital letters ignored",
        "a common slip: capital letters ignored",
        "you ignore capital letters; two names that differ in them are two patients.",
        split_of_changed_names(str.lower),
        1,
    ),
    Mistake(
        "an array of lists",
        "a common slip: an array of lists",
        "you return an array; asked for is a tuple or a list of three parts.",
        returning(split_by_loop, lambda parts: np.array([*parts, None], dtype=object)[:3]),
        4,
    ),
    Mistake(
        "items as floats",
        "a common slip: items as floats",
        "your item indices are floats; asked for are whole numbers.",
        returning(split_by_loop, lambda parts: tuple([float(i) for i in part] for part in parts)),
        4,
    ),
    Mistake(
        "validation first",
        "a common slip: validation first",
        "your parts are in the order val, train, test; asked for is train, val, test.",
        returning(split_by_loop, lambda parts: (parts[1], parts[0], parts[2])),
        4,
    ),
    Mistake(
        "validation a fifth, always",
        "a common slip: validation a fifth, always",
        "your validation part always has a fifth of the patients: use the argument.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(patients, 0.2, test, seed),
        3,
    ),
    Mistake(
        "test a fifth, always",
        "a common slip: test a fifth, always",
        "your test part always has a fifth of the patients: use the argument.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(patients, val, 0.2, seed),
        3,
    ),
    Mistake(
        "sorted with ties",
        "a common slip: a sort by the number, or without capital letters",
        "your sort leaves ties, and equal ones keep the order of the set: sort by the whole name.",
        lambda patients, val=0.2, test=0.2, seed=0: by_key(str.casefold, patients, val, test, seed),
        1,
    ),
    Mistake(
        "digits of the name",
        "misconception: the number is the patient",
        "you take the digits for the patient; names may be any text.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(
            [str(digits_of(name)) for name in patients], val, test, seed
        ),
    ),
    Mistake(
        "items taken for blocks",
        "misconception: the items of a patient stand together",
        "you take as many items as a patient has from its first one on; they need not stand together.",
        split_by_count,
        4,
    ),
    Mistake(
        "everything in training",
        "a common slip: training is not cut",
        "your training part holds all items; those of val and test must not be in it.",
        lambda patients, val=0.2, test=0.2, seed=0: [
            list(range(len(patients))),
            *split_by_loop(patients, val, test, seed)[1:],
        ],
        3,
    ),
    Mistake(
        "validation in the test, too",
        "a common slip: names[:n_test] for names[n_val : n_val + n_test]",
        "both val and test begin at the first patient: the test begins where val ends.",
        split_same_start,
        3,
    ),
    Mistake(
        "one item lost",
        "a common slip: [:-1]",
        "one item is in no part: every item occurs exactly once.",
        lambda patients, val=0.2, test=0.2, seed=0: without_last(split_by_loop(patients, val, test, seed)),
        4,
    ),
    Mistake(
        "numbers of patients",
        "a common slip: the places of the patients for those of the items",
        "you return the numbers of the patients; asked for are those of their items.",
        lambda patients, val=0.2, test=0.2, seed=0: cut(
            np.random.default_rng(seed).permutation(len(set(patients))), val, test
        ),
        4,
    ),
    Mistake(
        "counted from one",
        "habit: the first item is number 1",
        "your item numbers begin at 1; the first item is number 0.",
        lambda patients, val=0.2, test=0.2, seed=0: [
            [item + 1 for item in part] for part in split_by_loop(patients, val, test, seed)
        ],
        4,
    ),
    Mistake(
        "items of the sorted list",
        "a common slip: enumerate(sorted(patients))",
        "the item numbers are those of a sorted list: number the items of the list as it is.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(sorted(patients), val, test, seed),
        4,
    ),
    Mistake(
        "items cut in the order of the patients",
        "misconception: sorted by patient, the items can be cut anywhere",
        "you cut the items, sorted by patient: the patients at the cuts are on both sides. Cut the patients.",
        lambda patients, val=0.2, test=0.2, seed=0: cut(
            sorted(range(len(patients)), key=lambda item: patients[item]), val, test
        ),
    ),
    Mistake(
        "patients counted once for each item",
        "a common slip: the set is left out",
        "you count a patient once for each item, so the numbers are too large: every patient once.",
        split_many_times,
        1,
    ),
    Mistake(
        "rounded together",
        "a common slip: round((val + test) n)",
        "you round val and test together; each of them is rounded by itself.",
        split_rounded_together,
        3,
    ),
    Mistake(
        "seed 0 replaced",
        "a common slip: seed or None",
        "seed 0 is a seed, too: `or` takes it for missing.",
        lambda patients, val=0.2, test=0.2, seed=0: split_by_loop(patients, val, test, seed or None),
        2,
    ),
    Mistake(
        "validation rounded up",
        "a common slip: validation rounded up",
        "you round the number of validation patients up; round it to the nearest.",
        split_with(shuffled, lambda share, number: max(1, int(np.ceil(share * number)))),
        3,
    ),
]

SURVIVORS: list[Survivor] = []
