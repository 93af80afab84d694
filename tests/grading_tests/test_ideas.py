"""Ideas that the checks of notebook 04 find themselves: by rival formulas, and by the words of an error."""

import pytest
import torch

from grading_tests.checks.nb04.ideas import attempt, expect_rival, idea_of_error, rival_of
from grading_tests.gap import Wrong

RIVALS = {"half of it": lambda: 2.0, "a root": (lambda: 1 / 0, lambda: 16.0), "the same": lambda: 4.0}


@pytest.mark.parametrize(("got", "idea"), [(2.0, "half of it"), (16.0, "a root"), (4.0, ""), (7.0, "")])
def test_the_rival_with_the_returned_value_is_found(got, idea):
    assert rival_of(got, 4.0, RIVALS) == idea


def test_two_ideas_for_one_value_are_none():
    assert rival_of(2.0, 4.0, RIVALS | {"minus 2": lambda: 2.0}) == ""


def test_a_wrong_value_says_its_idea():
    with pytest.raises(Wrong) as caught:
        expect_rival(2.0, 4.0, "a number", rivals=RIVALS)
    assert caught.value.idea == "half of it"
    expect_rival(4.0, 4.0, "a number", rivals=RIVALS)


def test_a_known_exception_says_its_idea():
    with pytest.raises(Wrong) as caught:
        attempt("a permuted tensor", "a view", lambda: torch.ones(2, 3).T.view(6))
    assert "reshape" in caught.value.idea
    assert idea_of_error("ValueError: something else") == ""
