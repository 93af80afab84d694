"""Whether a split depends on the order of a set: found for sets, and not for what is sorted or listed."""

import random

import numpy as np
import pytest

from grading_tests.checks.nb01._sessions import (
    Name,
    called_by_name,
    depends_on_ties,
    named_alike,
    splits_of_sessions,
)


def parts_of(ordered, patients):
    """Return the names of three parts, drawn from those in this order."""
    names = list(ordered(patients))
    random.Random(7).shuffle(names)
    cut = len(names) // 3
    return [set(map(str, part)) for part in (names[2 * cut :], names[:cut], names[cut : 2 * cut])]


def items_of(ordered):
    def split(patients, val=0.2, test=0.2, seed=0):
        parts = parts_of(ordered, patients)
        return [[item for item, name in enumerate(patients) if str(name) in part] for part in parts]

    return split


def by_case(names):
    return sorted(names, key=str.lower)


@pytest.mark.parametrize(
    ("ordered", "several"),
    [(set, True), (lambda names: by_case(set(names)), True), (dict.fromkeys, False), (sorted, False)],
)
def test_another_hash_changes_the_order_of_a_set(ordered, several):
    names = [f"{site}-{number:05d}" for site in ("Site", "site") for number in range(20)]
    found = splits_of_sessions(items_of(ordered), names, lambda parts, _: len(parts) == 3)
    assert (found > 1) == several
    assert Name.session == 0


@pytest.mark.parametrize(
    ("ordered", "ties"),
    [
        (lambda names: by_case(set(names)), True),
        (lambda names: by_case(dict.fromkeys(names)), False),  # the list decides
        (lambda names: sorted(set(names), key=lambda name: (name.lower(), name)), False),
        (dict.fromkeys, False),
        (sorted, False),
    ],
)
def test_ties_are_told_from_an_order_that_the_list_gives(ordered, ties):
    assert depends_on_ties(lambda names: parts_of(ordered, names), np.random.default_rng(0)) == ties


def test_names_that_collide_keep_their_order_in_a_set_and_others_do_not():
    names = named_alike(np.random.default_rng(1), ("A", "B"), 3, collide=True)
    for pair in zip(names[::2], names[1::2], strict=True):
        turned = pair[::-1]
        assert [*set(pair)] != [*set(turned)]
    apart = named_alike(np.random.default_rng(1), ("A", "B"), 18, collide=False)
    turned = apart[::-1]
    assert [*set(apart)] == [*set(turned)]


def helper(name):
    return hash(name)


def test_what_a_helper_and_an_enclosing_function_call_is_found():
    def inner(name):
        return helper(name)

    assert "hash" in called_by_name(lambda names: sorted(names, key=inner))
    assert "__hash__" in called_by_name(lambda names: sorted(names, key=lambda name: name.__hash__()))
    assert not called_by_name(lambda case: case.id) & {"id", "hash", "__hash__"}
