"""Small changes to the solutions: graded checks notice them; the exceptions are listed with a reason."""

import pytest
import torch

from courseware.proof import banks as proof
from courseware.proof.banks import accepts, mutate, mutations, survivors
from courseware.proof.mutants import difference, mutants
from grading_tests.gap import Gap, Property, expect

CELL = '''
def shrink(x, steps=1):
    """Keep 1 + 1."""
    start = 5 * 5
    ### BEGIN SOLUTION
    # halve + halve
    for _ in range(steps):
        x = x[1:] - 2  # two
    if x.size > 3:
        raise ValueError(f"size {x.size + 1}")
    print(x, end="")
    return x.mean(axis=0)
    ### END SOLUTION
'''


def lines(changed):
    return {mutant.after for mutant in mutants(CELL) if mutant.before.startswith(changed)}


def test_the_changes_of_one_line():
    assert lines("x = x[1:] - 2  # two") == {
        "pass  # two",
        "x = cut(x[1:] - 2)  # two",
        "x = (x[1:] + 2)  # two",
        "x = (x[1:] * 2)  # two",
        "x = (2 - x[1:])  # two",
        "x = x[1:]  # two",
        "x = 2  # two",
        "x = x - 2  # two",
        "x = x[:] - 2  # two",
        "x = x[0:] - 2  # two",
        "x = x[2:] - 2  # two",
        "x = x[(-1):] - 2  # two",
        "x = x[1 + 1:] - 2  # two",
        "x = x[1 - 1:] - 2  # two",
        "x = x[1:-1] - 2  # two",
        "x = x[1:] - 3  # two",
        "x = x[1:] - 1  # two",
        "x = x[1:] - 0  # two",
        "x = x[1:] - (-2)  # two",
    }


def test_statements_are_left_out_and_exchanged():
    assert "if True:" in lines("if x.size > 3:")
    assert "pass" in lines('print(x, end="")')
    moved = 'print(x, end="")  if x.size > 3:  raise ValueError(f"size {x.size + 1}")'
    assert moved in {mutant.after for mutant in mutants(CELL)}
    assert {"return x.sum(axis=0)", "return x.mean()", "return x.mean(axis=1)"} < lines("return")


def test_only_the_solution_is_changed_and_no_message():
    for mutant in mutants(CELL):
        assert "start = 5 * 5" in mutant.source
        assert "size {x.size + 1}" in mutant.source or "ValueError()" in mutant.source
        compile(mutant.source, "<mutant>", "exec")


def test_no_mutant_comes_twice():
    sources = [mutant.source for mutant in mutants(CELL)]
    assert len(set(sources)) == len(sources) > 40


def test_the_difference_has_no_indentation_and_no_comments():
    assert difference("a\n  b\n  # c\n  d\ne", "a\n  B\n  # c\n  D\ne") == ("b  d", "B  D")


def doubles(answer, rng):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = answer(x)
    expect(y, 2 * x, "two numbers")
    y.sum().backward()


GAP = Gap("g97_double", "double", 1, 1, properties=[Property("the double", doubles)])
DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    y = 2 * x.abs()\n    return y\n    ### END SOLUTION\n"


def test_mutants_that_get_through_are_returned():
    found = mutate(GAP, DOUBLE, {})
    assert {mutant.after for mutant in found.accepted} == {"y = 2 * x"}
    # Off the graph is a mistake where there is a graph: of y and of what is returned.
    assert not accepts(GAP, DOUBLE.replace("return y", "return y.detach()"), {})
    assert found.count > 8


def test_a_solution_that_is_wrong_itself_is_no_proof():
    with pytest.raises(ValueError, match="g97_double: the check rejects the solution itself"):
        mutate(GAP, DOUBLE.replace("2", "3"), {})


def test_cutting_what_is_on_no_graph_is_no_mutant():
    plain = DOUBLE.replace("y = 2 * x.abs()", "z = int(3)\n    y = 2 * x + 0 * z")
    assert not [one for one in mutate(GAP, plain, {}).accepted if "cut(" in one.after]


@pytest.fixture(scope="module")
def found():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield mutations()
    torch.set_num_threads(threads)


def test_every_gap_has_mutants(found):
    assert all(one.count >= 10 for one in found.values())
    assert sum(one.count for one in found.values()) > 1900
    notebooks = {text.stem[:2] for text in proof.sources(proof.REPO)}
    assert set(found) == {gap_id for gap_id in proof.banks() if gap_id[1:3] in notebooks}


def test_accepted_mutants_are_listed_with_a_reason(found):
    listed = {gap_id: pairs_of(ones) for gap_id, ones in survivors().items()}
    for gap_id, one in found.items():
        accepted = {(mutant.before, mutant.after) for mutant in one.accepted}
        known = listed.get(gap_id, set())
        assert accepted == known, (
            f"{gap_id}, see survivors.toml: accepted and not listed {sorted(accepted - known)}, "
            f"listed in vain {sorted(known - accepted)}"
        )


def pairs_of(ones):
    return {(one.before, after) for one in ones for after in one.after}


def test_nearly_all_mutants_that_are_wrong_are_killed(found):
    known = survivors()
    wrong = sum(one.count for one in found.values())
    wrong -= sum(len(one.after) for gap_id in found for one in known.get(gap_id, []) if one.equivalent)
    alive = sum(len(one.after) for gap_id in found for one in known.get(gap_id, []) if not one.equivalent)
    assert alive <= 0.02 * wrong
    # More than one in ten that would make no difference: too easy an excuse.
    assert sum(len(one.accepted) for one in found.values()) <= 0.1 * wrong


def test_survivors_belong_to_gaps():
    assert set(survivors()) <= set(proof.banks())
    assert all(one.reason and one.after for ones in survivors().values() for one in ones)
