"""No patient is on two sides of a split, whatever the cases and their order."""

from typing import NamedTuple

import numpy as np
import pytest

from brainlab.data.split import split_by_patient


class Visit(NamedTuple):
    id: str
    patient: str


def cohort(patients, visits=1):
    return [Visit(f"p{p:03d}-{v}", f"p{p:03d}") for p in range(patients) for v in range(visits)]


def names(part):
    return {case.patient for case in part}


@pytest.mark.parametrize("patients", [3, 4, 5, 7, 10, 32, 101])
@pytest.mark.parametrize("visits", [1, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_patient_is_shared_and_no_case_is_lost(patients, visits, seed):
    cases = cohort(patients, visits)
    train, val, test = split_by_patient(cases, seed=seed)
    assert train
    assert val
    assert test
    assert not names(train) & names(val)
    assert not names(train) & names(test)
    assert not names(val) & names(test)
    assert sorted(train + val + test) == cases


@pytest.mark.parametrize(("val", "test"), [(0.2, 0.2), (0.1, 0.3), (0.25, 0.0), (0.0, 0.1), (0.0, 0.0)])
@pytest.mark.parametrize("patients", [10, 33, 200])
def test_shares_are_those_asked_for(patients, val, test):
    split = split_by_patient(cohort(patients), val=val, test=test)
    for part, share in ((split.val, val), (split.test, test), (split.train, 1 - val - test)):
        assert abs(len(part) - share * patients) <= 1


def test_a_share_of_0_leaves_the_part_empty():
    split = split_by_patient(cohort(5), val=0.2, test=0)
    assert (len(split.train), len(split.val), len(split.test)) == (4, 1, 0)


@pytest.mark.parametrize(("val", "test"), [(0.45, 0.45), (0.9, 0.05), (0.05, 0.9), (0.01, 0.01)])
@pytest.mark.parametrize("patients", [3, 4, 5])
def test_with_few_patients_every_part_still_has_one(patients, val, test):
    split = split_by_patient(cohort(patients), val=val, test=test)
    assert all(len(part) >= 1 for part in split)


def test_the_order_of_the_input_does_not_matter():
    cases = cohort(20, visits=2)
    shuffled = [cases[i] for i in np.random.default_rng(0).permutation(len(cases))]
    assert split_by_patient(shuffled) == split_by_patient(cases)


def test_the_split_is_the_same_in_every_process():
    # Sets of strings have another order in every process: this fails if one is shuffled unsorted.
    _, val, test = split_by_patient(cohort(8), seed=0)
    assert (names(val), names(test)) == ({"p003", "p006"}, {"p002", "p004"})


def test_seeds_differ_and_repeat():
    cases = cohort(20)
    assert split_by_patient(cases, seed=4) == split_by_patient(cases, seed=4)
    assert split_by_patient(cases, seed=4) != split_by_patient(cases, seed=5)


def test_it_works_on_cached_cases(cached_trio):
    split = split_by_patient(cached_trio)
    assert sorted(case.id for part in split for case in part) == sorted(case.id for case in cached_trio)


def test_errors_say_what_to_do():
    with pytest.raises(
        ValueError, match="4 cases of 2 patients; expected at least 3 patients, one for each part"
    ):
        split_by_patient(cohort(2, visits=2))
    with pytest.raises(ValueError, match=r"val=0.5, test=0.5; expected shares from 0, together below 1"):
        split_by_patient(cohort(9), val=0.5, test=0.5)
    with pytest.raises(ValueError, match="expected shares from 0"):
        split_by_patient(cohort(9), val=-0.1)
