"""Of a solution only the numbered comments stay."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from courseware.stubs import GapStubs, steps

NAME = {"nbgrader": {"grade_id": "g99_area", "solution": True}}


def stubbed(source, make=new_code_cell):
    cell = make(source, metadata=NAME)
    assert GapStubs()._replace_solution_region(cell, "python")
    return cell.source


def test_two_regions_and_the_code_between_them():
    source = """class Net:
    def __init__(self):
        ### BEGIN SOLUTION
        self.a = 1
        ### END SOLUTION

    def forward(self, x):
        y = x
        ### BEGIN SOLUTION
        # 1. double it
        if x:
            # 2. only then
            y = 2 * x
        return y
        ### END SOLUTION"""
    stub = 'raise NotImplementedError("g99_area: fill this gap")'
    assert (
        stubbed(source)
        == f"""class Net:
    def __init__(self):
        {stub}

    def forward(self, x):
        y = x
        # 1. double it
        # 2. only then
        {stub}"""
    )


def test_only_numbered_comments_and_their_continuation_stay():
    lines = [
        "    # 1. one",
        "    #    more",
        "    x = 1  # 2. not this",
        "    #    nor this",
        "# 10. ten",
        "# plain",
    ]
    assert steps(lines) == ["# 1. one", "#    more", "# 10. ten"]


def test_a_written_answer_is_replaced_by_an_instruction():
    text = stubbed("Head\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION", new_markdown_cell)
    assert text == "Head\n\nYour answer, in two to four sentences."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "begins inside another one"),
        ("### BEGIN SOLUTION\nx = 1", "begins and never ends"),
        ("### END SOLUTION", "ends that has not begun"),
    ],
)
def test_broken_regions(source, message):
    with pytest.raises(RuntimeError, match=f"g99_area: a solution region {message}"):
        GapStubs()._replace_solution_region(new_code_cell(source, metadata=NAME), "python")
