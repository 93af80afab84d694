"""What is special to notebook 03; every answer of its bank is tried in test_banks.py."""

import pytest
import torch

from brainlab.losses import exponential_logarithmic_loss
from grading_tests.bank.nb03 import WRONG
from grading_tests.core import grade
from grading_tests.nb03 import GAPS
from grading_tests.nb03_logarithmic import reference


def test_the_notebook_fits_into_two_hours():
    assert len(GAPS) <= 12
    assert sum(gap.minutes for gap in GAPS) <= 90  # the rest is for reading, running and looking
    assert len({gap.id for gap in GAPS}) == len(GAPS)


@pytest.mark.parametrize("gap_id", WRONG)
def test_wrong_answers_stay_wrong_in_other_years(gap_id, monkeypatch):
    points = next(gap.points for gap in GAPS if gap.id == gap_id)
    for year in ("2027", "2028"):
        monkeypatch.setenv("BRAINLAB_GRADE_SEED", year)
        assert [item.name for item in WRONG[gap_id] if grade(gap_id, item.answer) >= points] == []


def test_the_exponential_logarithmic_gap_is_the_library_s_loss_of_one_image():
    """The gap has one Dice for the batch and no class weights; for one image nothing else differs."""
    logits, target = torch.randn(1, 4, 6, 5), torch.randint(0, 4, (1, 6, 5))
    ours = reference(logits, target, 0.6, 0.4, 0.5)
    library = exponential_logarithmic_loss(logits, target, 0.6, 0.4, 0.5, 0.5, weight=torch.ones(4))
    torch.testing.assert_close(ours, library)
