"""What is special to notebook 02; every answer of its bank is tried in test_banks.py."""

import pytest
from grading_tests.nb02 import GAPS

from grading_tests.bank.nb02 import WRONG
from grading_tests.core import grade


def test_the_notebook_fits_into_two_hours():
    assert 8 <= len(GAPS) <= 12
    assert sum(gap.minutes for gap in GAPS) <= 90  # the rest is for reading, running and looking
    assert len({gap.id for gap in GAPS}) == len(GAPS)


@pytest.mark.parametrize("gap_id", WRONG)
def test_wrong_answers_stay_wrong_in_other_years(gap_id, monkeypatch):
    points = next(gap.points for gap in GAPS if gap.id == gap_id)
    for year in ("2027", "2028"):
        monkeypatch.setenv("BRAINLAB_GRADE_SEED", year)
        assert [item.name for item in WRONG[gap_id] if grade(gap_id, item.answer) >= points] == []
