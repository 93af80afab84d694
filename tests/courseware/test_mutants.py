"""Small changes of the solutions: the graded checks reject them; exceptions are listed with a reason."""

import pytest
import torch

from courseware.proof.banks import accepts, banks, mutate, mutation
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
    assert {after for _, after in found.accepted} == {"y = 2 * x"}
    # Off the graph is a mistake where there is a graph: of y and of what is returned.
    assert not accepts(GAP, DOUBLE.replace("return y", "return y.detach()"), {})
    assert found.count > 8


def test_a_solution_that_is_wrong_itself_is_no_proof():
    with pytest.raises(ValueError, match="g97_double: the check rejects the solution itself"):
        mutate(GAP, DOUBLE.replace("2", "3"), {})


def test_cutting_what_is_on_no_graph_is_no_mutant():
    plain = DOUBLE.replace("y = 2 * x.abs()", "z = int(3)\n    y = 2 * x + 0 * z")
    assert not [after for _, after in mutate(GAP, plain, {}).accepted if "cut(" in after]


# --- changes that cannot make a difference are not made


@pytest.mark.parametrize(
    ("line", "without"),
    [
        ("x.sum(dim=(2, 3))", "(-2)"),
        ("x.shape[-2:]", "shape[2:]"),
        ("(x - y).square()", "((y - x))"),
        ("np.maximum(x, y)", "maximum(y, x)"),
        ("labels > 0", "!= 0"),
        ("n % 2", "(-2)"),
        ("np.stack([x, x, x])", "(x, x, x)"),
        ("np.zeros(3, dtype=float)", "np.zeros(3)"),
        ("next(n for n in range(9, 100) if n > 3)", "101"),
        ("x.clamp_min(1e-6)", "2e-06"),
        ("tuple(x)", "return (x)"),
    ],
)
def test_equivalent_changes_are_left_out(line, without):
    cell = f"def f(x, y, n, labels):\n    ### BEGIN SOLUTION\n    return {line}\n    ### END SOLUTION\n"
    made = [mutant.after for mutant in mutants(cell)]
    assert made
    assert not [after for after in made if without in after]


def test_the_same_changes_are_made_where_they_matter():
    cell = "def f(x, y, n):\n    ### BEGIN SOLUTION\n    return {}\n    ### END SOLUTION\n"
    for line, wanted in [
        ("x + 2", "(-2)"),
        ("x - y", "(y - x)"),
        ("x > 0", "(x != 0)"),
        ("f(x, y)", "f(y, x)"),
    ]:
        made = [mutant.after for mutant in mutants(cell.format(line))]
        assert [after for after in made if wanted in after], (line, made)


def test_statements_that_do_not_affect_each_other_are_not_exchanged():
    cell = """def step(model, optimizer, loss):
    ### BEGIN SOLUTION
    model.train()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    ### END SOLUTION
"""
    made = {mutant.after for mutant in mutants(cell)}
    assert "loss.backward()  optimizer.zero_grad()" in made
    assert "optimizer.step()  loss.backward()" in made
    assert "optimizer.zero_grad()  model.train()" not in made


# --- the mutants of all solutions


@pytest.mark.slow
@pytest.mark.parametrize("gap_id", banks())
def test_accepted_mutants_are_listed_with_a_reason(gap_id, one_thread):
    _, bank = banks()[gap_id]
    found = mutation(gap_id)
    assert found.count >= 10
    accepted = set(found.accepted)
    known = {(one.before, after) for one in bank.survivors for after in one.after}
    assert all(one.reason and one.after for one in bank.survivors)
    assert accepted == known, (
        f"{gap_id}, see SURVIVORS in its bank: accepted and not listed {sorted(accepted - known)}, "
        f"listed in vain {sorted(known - accepted)}"
    )


@pytest.mark.slow
def test_nearly_all_mutants_that_are_wrong_are_rejected(one_thread):
    found = [mutation(gap_id) for gap_id in banks()]
    listed = [one for _, bank in banks().values() for one in bank.survivors]
    count = sum(one.count for one in found)
    wrong = count - sum(len(one.after) for one in listed if one.equivalent)
    assert wrong > 1900
    assert sum(len(one.after) for one in listed if not one.equivalent) <= 0.02 * wrong
    # More than one in 25 that make no difference: too easy an excuse.
    assert sum(len(one.accepted) for one in found) <= 0.04 * wrong
