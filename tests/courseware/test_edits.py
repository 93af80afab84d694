"""Wrong answers are edits of the solution as it stands in the notebook."""

import pytest

from courseware.proof.edits import defined, edited, solution_code


def test_the_code_of_a_solution_is_without_comments_and_docstring():
    code = solution_code("g02_conv_output_size")
    assert code.startswith("def conv_output_size(")
    assert '"""' not in code
    assert "#" not in code
    assert defined(code, {})(96, 3) == 94


def test_an_unknown_gap_is_named():
    with pytest.raises(LookupError, match="g02_nothing"):
        solution_code("g02_nothing")


def test_an_edit_replaces_all_places_and_must_find_one():
    assert edited("a = b + b", "b", "c", "a", "d") == "d = c + c"
    with pytest.raises(ValueError, match="'x' is not in the code"):
        edited("a = b", "x", "y")


def test_the_last_definition_counts():
    assert defined("def one():\n    return 1\n\ndef two():\n    return one() + other", {"other": 5})() == 6
