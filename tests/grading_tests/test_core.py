"""check, grade and yours on a made-up gap: messages, points, and what an answer may do to the notebook."""

import os
import random
import sys
import time
import warnings

import numpy as np
import pytest
import torch

from grading_tests import check, core, grade, running, yours
from grading_tests.core import CheckFailed, find_gap, first_problem
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.message import contrast, one_line, shown
from grading_tests.naming import SEED, Known, mark
from grading_tests.running import outcomes


def reference(x):
    return 2 * x


def doubles(answer, rng):
    x = rng.normal(size=3)
    expect(answer(x.copy()), 2 * x, "three numbers", "step 1")


def leaves_input(answer, rng):
    x = rng.normal(size=3)
    before = x.copy()
    answer(x)
    expect(x, before, "the input afterwards")


def squares(x):
    return x**2


def added(x):
    return x + x


GAP = Gap(
    "g98_double",
    "double",
    minutes=2,
    points=4,
    reference=reference,
    properties=[
        Property("the double", doubles, share=3),
        Property("input left unchanged", leaves_input, visible=False),
    ],
)


@pytest.fixture(autouse=True)
def examiner(monkeypatch):
    """Add the gap and the fingerprint of its mistake to those that the checks find."""
    found = core.gaps_of
    monkeypatch.setattr(core, "gaps_of", lambda number: {GAP.id: GAP} if number == "98" else found(number))
    marks = [mark(result) for result in outcomes(GAP, squares, SEED, graded=True)]
    square = Known("square", "it looks like a square.\nTwo lines.", marks, step=2)
    monkeypatch.setattr(
        "grading_tests.naming.known_mistakes", lambda gap_id: [square] if gap_id == GAP.id else []
    )
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def in_place(x):
    x *= 2
    return x


def empty(x):
    raise NotImplementedError("g98_double: fill this gap")


@pytest.mark.parametrize(
    ("answer", "points"), [(added, 4.0), (in_place, 3.0), (squares, 0.0), (empty, 0.0), (None, 0.0)]
)
def test_grade_is_a_plain_float_by_share(answer, points):
    got = grade(GAP.id, answer)
    assert type(got) is float
    assert got == points


def test_without_the_heart_the_rest_earns_nothing():
    # `squares` leaves its input unchanged, which alone would be worth a point.
    assert grade(GAP.id, squares) == 0.0


def test_grade_says_what_was_lost(capsys):
    grade(GAP.id, in_place)
    assert capsys.readouterr().out == "graded: 3 of 4 points. Not yet: input left unchanged.\n"
    grade(GAP.id, empty)
    assert capsys.readouterr().out == "graded: 0 of 4 points.\n"


def test_grade_seed_changes_the_inputs(monkeypatch):
    seen = []

    def spy(x):
        seen.append(x.copy())
        return 2 * x

    grade(GAP.id, spy)
    monkeypatch.setenv("BRAINLAB_GRADE_SEED", "2027")
    grade(GAP.id, spy)
    assert not np.allclose(seen[0], seen[2])


def test_a_passed_check_says_what_was_checked(capsys):
    assert check(GAP.id, added) is None
    text = "✓ g98_double: the double. The graded check also tries: input left unchanged.\n"
    assert capsys.readouterr() == (text, "")


def test_a_failed_check_has_four_lines_and_names_the_mistake(capsys):
    check(GAP.id, squares)
    lines = capsys.readouterr().out.strip().split("\n")
    assert len(lines) == 4
    assert lines[1] == "  tried: three numbers"
    assert "expected: [" in lines[2]
    assert lines[2].endswith("(look at step 2)")
    assert lines[3] == "  likely: it looks like a square. Two lines."


def test_a_failure_that_can_have_one_cause_only_says_it():
    def run(answer, rng):
        expect(answer(1.0), 2.0, "one", idea="two is asked for.")

    gap = Gap("g97_two", "two", 1, 1, None, [Property("a", run)])
    assert first_problem(gap, lambda x: 2.0 * x)[0] is None
    assert first_problem(gap, lambda x: x)[1].endswith("  likely: two is asked for.")


def test_an_unknown_mistake_is_not_named():
    _, message = first_problem(GAP, lambda x: 3 * x)
    assert "likely" not in message
    assert "step" not in message  # the value may be wrong for another reason


def test_an_empty_gap_is_no_error(capsys):
    check(GAP.id, empty)
    assert capsys.readouterr().out == "○ g98_double: not filled in yet.\n"


def test_validate_raises_with_the_message_alone(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(CheckFailed) as caught:
        check(GAP.id, squares)
    assert caught.value._render_traceback_() == str(caught.value).split("\n")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    check(GAP.id, squares)


def leaves(x):
    sys.exit("bye")


def warns(x):
    warnings.warn("careful", stacklevel=1)
    print("hello")
    print("hello", file=sys.stderr)
    return 2 * x


def test_an_answer_that_exits_does_not_end_the_notebook(capsys):
    check(GAP.id, leaves)
    assert "your code stopped with SystemExit: bye" in capsys.readouterr().out


def test_nothing_that_an_answer_prints_gets_through(capfd):
    check(GAP.id, warns)
    out, err = capfd.readouterr()
    assert err == ""
    assert out.startswith("✓")
    assert grade(GAP.id, warns) == 4.0


def test_an_endless_answer_is_stopped(monkeypatch, capsys):
    monkeypatch.setattr(running, "LONGEST_SECONDS", 0.1)

    def endless(x):
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # as in a student's loop that retries for ever
                continue

    started = time.perf_counter()
    check(GAP.id, endless)
    assert grade(GAP.id, endless) == 0.0
    assert time.perf_counter() - started < 10  # without the limit it would never end
    assert "endless loop?" in capsys.readouterr().out


def test_the_users_interrupt_comes_through():
    def interrupted(x):
        raise KeyboardInterrupt

    state = np.random.get_state()[1].copy()  # noqa: NPY002
    with pytest.raises(KeyboardInterrupt):
        check(GAP.id, interrupted)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("call", [check, grade, yours])
def test_random_numbers_go_on_as_if_nothing_was_checked(call):
    def seeds(x):
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        torch.manual_seed(1)
        return 2 * x

    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    expected = draw()
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    call(GAP.id, seeds)
    assert draw() == expected


def test_yours_keeps_a_right_answer_and_lends_for_a_wrong_one(capsys):
    assert yours(GAP.id, in_place) is in_place
    assert yours(GAP.id, squares) is reference
    assert "brainlab's own double is used" in capsys.readouterr().out


def test_a_lent_answer_earns_nothing(capsys):
    double = yours(GAP.id, empty)
    assert grade(GAP.id, double) == 0.0
    assert "lent by yours" in capsys.readouterr().out


def test_unknown_gap():
    with pytest.raises(LookupError, match="there is no gap 'g98_triple'"):
        find_gap("g98_triple")
    with pytest.raises(LookupError, match="there is no gap 'g97_x'"):
        find_gap("g97_x")


class Unprintable:
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.14159265, "3.1416"),
        (torch.tensor([1.5]), "1.5"),
        ([1, 2], "[1, 2]"),
        (np.zeros((4, 4)), "shape (4, 4), mean 0"),
        (np.full((4, 4), np.nan), "shape (4, 4), no number"),
        (np.zeros((0, 3)), "nothing, shape (0, 3)"),
        ("a\nb", "a b"),
        (ValueError(Unprintable()), "a ValueError that cannot be shown"),
        (Unprintable(), "a Unprintable"),
    ],
)
def test_values_are_shown_on_one_line(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("expected", "got", "texts"),
    [
        (np.zeros((3, 4)), np.eye(3, 4), ("0 at [0, 0]", "1 there (3 of 12 places differ, shape (3, 4))")),
        (torch.zeros(2, 1, 6), torch.zeros(2, 6), ("(2, 1, 6)", "(2, 6)")),
        (1.0, 1.0000001, ("1", "1.0000001")),
        ([0.25, 0.5], [0.25, 0.50001], ("[0.25, 0.5 ]", "[0.25 , 0.50001]")),
        (
            0.3,
            torch.tensor([[0.3]], dtype=torch.float64),
            ("number (float)", "tensor of shape (1, 1), float64"),
        ),
        ({"a": 1, "b": [1, "x"]}, {"a": 1, "b": [1, "y"]}, ("['b'] [1] x", "y")),
        (np.zeros(3), np.zeros(2), ("shape (3,): [0., 0., 0.]", "shape (2,): [0., 0.]")),
        ("left", "right", ("left", "right")),
    ],
)
def test_expected_and_got_differ_where_the_values_do(expected, got, texts):
    """Two equal means or two equal roundings would tell nothing."""
    found = contrast(expected, got)
    assert found[0] != found[1]
    assert all(text in one for text, one in zip(texts, found, strict=True)), found


def test_long_text_is_cut():
    assert len(one_line("x" * 1000)) == 160


def test_wrong_carries_what_came():
    wrong = Wrong("tried", 1, 2, "step 3")
    assert (wrong.tried, wrong.expected, wrong.got, wrong.step) == ("tried", 1, 2, "step 3")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no alarms here")
def test_the_alarm_is_put_back():
    import signal

    before = signal.getsignal(signal.SIGALRM)
    check(GAP.id, reference)
    assert signal.getsignal(signal.SIGALRM) is before
