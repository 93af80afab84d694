"""Notebook 02's checks, held against the bank: right answers pass, wrong ones fail and are named."""

import time

import pytest
import torch

from grading_tests.bank.nb02 import RIGHT, WRONG
from grading_tests.core import alike, find_gap, first_problem, grade
from grading_tests.nb02 import GAPS
from grading_tests.running import outcomes

CODE_GAPS = [gap for gap in GAPS if gap.properties]
RIGHT_ANSWERS = [(gap_id, name) for gap_id, answers in RIGHT.items() for name in answers]
MISTAKES = [
    pytest.param(gap_id, item, id=f"{gap_id}: {item.name}") for gap_id in WRONG for item in WRONG[gap_id]
]


def test_the_notebook_fits_into_two_hours():
    assert 8 <= len(GAPS) <= 12
    assert sum(gap.minutes for gap in GAPS) <= 90  # the rest is for reading, running and looking
    assert len({gap.id for gap in GAPS}) == len(GAPS)


@pytest.mark.parametrize("gap", CODE_GAPS, ids=lambda gap: gap.id)
def test_every_gap_has_its_bank(gap):
    assert len(RIGHT[gap.id]) >= 3
    assert len(WRONG[gap.id]) >= 5
    assert all(item.source and item.message for item in WRONG[gap.id])


@pytest.mark.parametrize("gap", CODE_GAPS, ids=lambda gap: gap.id)
def test_the_library_answers_its_own_question(gap):
    assert grade(gap.id, gap.reference) == gap.points


@pytest.mark.parametrize(("gap_id", "name"), RIGHT_ANSWERS)
def test_right_answers_pass(gap_id, name):
    gap = find_gap(gap_id)
    assert outcomes(gap, RIGHT[gap_id][name], 0, graded=False) == [None] * sum(
        p.visible for p in gap.properties
    )
    assert grade(gap_id, RIGHT[gap_id][name]) == gap.points


@pytest.mark.parametrize(("gap_id", "mistake"), MISTAKES)
def test_wrong_answers_lose_points(gap_id, mistake):
    assert grade(gap_id, mistake.answer) < find_gap(gap_id).points


@pytest.mark.parametrize("gap", CODE_GAPS, ids=lambda gap: gap.id)
def test_a_wrong_answer_is_told_within_a_second(gap):
    start = time.perf_counter()
    first_problem(gap, WRONG[gap.id][-1].answer)  # the last one: all others are compared with it first
    assert time.perf_counter() - start < 3  # 0.1 to 0.5 s on an idle machine; test machines are loaded


def test_most_wrong_answers_fail_the_visible_check_and_are_named():
    seen, named = [], []
    for gap_id, mistakes in WRONG.items():
        gap = find_gap(gap_id)
        visible = [outcomes(gap, item.answer, 0, graded=False) for item in mistakes]
        graded = [outcomes(gap, item.answer, 0, graded=True) for item in mistakes]
        seen += [any(results) for results in visible]
        # As `name_mistake` does: the first one that behaves alike gives the name.
        firsts = [next(i for i, other in enumerate(graded) if alike(mine, other)) for mine in graded]
        named += [first == number for number, first in enumerate(firsts)]
    assert sum(seen) >= 0.8 * len(seen)
    assert sum(named) >= 0.9 * len(named)


def test_other_seeds_agree(monkeypatch):
    """The inputs change from year to year; the verdict does not."""
    for salt in ("2027", "2028"):
        monkeypatch.setenv("BRAINLAB_GRADE_SEED", salt)
        for gap in CODE_GAPS:
            assert grade(gap.id, next(iter(RIGHT[gap.id].values()))) == gap.points
            assert all(grade(gap.id, item.answer) < gap.points for item in WRONG[gap.id])


def test_checks_leave_the_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    for gap in CODE_GAPS:
        grade(gap.id, gap.reference)
    assert torch.equal(torch.rand(2), expected)
