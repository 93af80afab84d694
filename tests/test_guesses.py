"""A prediction beside what came: how it is compared, and that the printed line can be read back."""

import numpy as np
import pytest
import torch

from brainlab import guesses as predict
from brainlab.guesses import Said, compare_numbers, number_in, predicted, read_lines


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    monkeypatch.setattr(predict, "_FIRST", {})


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (90, 90),
        ("90", 90),
        ("about 90 rows", 90),
        ("1/16", 0.0625),
        ("0,93", 0.93),
        (".5", 0.5),
        ("-2e-3", -0.002),
        (np.float32(2), 2),
        (torch.tensor([3.0]), 3),
        ("2 or 3", None),
        ("none", None),
        ("1/0", None),
        ([1, 2], None),
        (float("nan"), None),
        (torch.ones(2), None),
    ],
)
def test_the_one_number_in_what_is_typed(value, number):
    assert number_in(value) == pytest.approx(number)


@pytest.mark.parametrize(
    ("guess", "truth", "verdict"),
    [
        (88, 88, "correct"),
        (0.333, 1 / 3, "correct"),
        (92, 88, "within 10 %"),
        (30, 90, "a factor of 3 too small"),
        (1.77e7, 1, "a factor of 18,000,000 too large"),
        (-4, -1, "a factor of 4 too large"),
        (0, 1e-7, "off by 1e-07"),
        (0.01, -0.02, "off by 0.03 and of the other sign"),
        (0, 0, "correct"),
    ],
)
def test_how_near_in_words(guess, truth, verdict):
    assert compare_numbers(guess, truth) == verdict


@pytest.mark.parametrize("said", [97, 0.97, "97 %", "97%", ".97"])
def test_a_share_may_be_typed_in_percent(said, capsys):
    predicted("accuracy", said, torch.tensor(0.9712), ".1%")
    assert capsys.readouterr().out == f"▸ accuracy: you said {said}, it was 97.1%: correct\n"


def test_half_a_percent_is_no_half(capsys):
    predicted("share", "0.5 %", 0.5, ".0%")
    predicted("rare", 0.5, 0.005, ".1%")
    first, second = capsys.readouterr().out.strip().split("\n")
    assert first.endswith("a factor of 100 too small")
    assert second.endswith("correct")


@pytest.mark.parametrize("nothing", ["?", "", " ? "])
def test_no_prediction_is_no_mistake(nothing, capsys):
    predicted("rows", nothing, 88)
    out = capsys.readouterr().out
    assert out == "▸ rows: it was 88 (no prediction)\n"
    assert read_lines(out) == []


def test_words_are_correct_or_left_to_people(capsys):
    predicted("the nose points", "to the Left", "left")
    predicted("the rarest class", "ED", "NCR")
    predicted("by size", "ED, ET, NCR", "ED, NCR, ET")
    first, second, third = capsys.readouterr().out.strip().split("\n")
    assert third == "▸ by size: you said ED, ET, NCR, it was ED, NCR, ET"
    assert first == "▸ the nose points: you said to the Left, it was left: correct"
    assert second == "▸ the rarest class: you said ED, it was NCR"


def test_a_prediction_typed_after_the_result_is_shown_as_such(capsys):
    predicted("rows", "?", 88)
    predicted("rows", 50, 88)
    predicted("rows", 88, 88)
    out = capsys.readouterr().out
    assert "you said 88 (first 50), it was 88: correct" in out
    assert [line.said for line in read_lines(out)] == ["50", "50"]


@pytest.mark.parametrize("said", [92, "92: or so", "a, it was b", "two\nlines", "x" * 500])
def test_the_line_can_be_read_back(said, capsys):
    predicted("rows", said, 88)
    (line,) = read_lines(f"some text\n{capsys.readouterr().out}▸ other text\n")
    assert line.what == "rows"
    assert line.said[0] == str(said)[0]


def test_whole_numbers_may_be_asked_for(capsys):
    predicted("pieces", 3, torch.tensor(4), "d")
    assert capsys.readouterr().out == "▸ pieces: you said 3, it was 4: a factor of 1.3 too small\n"


def test_what_is_read_back(capsys):
    predicted("share of zeros", 50, 0.82, ".0%")
    assert read_lines(capsys.readouterr().out) == [
        Said("share of zeros", "50", "82%", "a factor of 1.6 too small")
    ]


LOSSES = ("Dice", "soft Dice", "cross-entropy", "focal")


@pytest.mark.parametrize(
    ("said", "was", "options", "correct"),
    [
        ("TC", "TC", ("WT", "TC", "ET"), True),
        ("the tc, I think", "TC", ("WT", "TC", "ET"), True),
        ("WT and TC", "TC", ("WT", "TC", "ET"), False),
        ("not TC", "TC", ("WT", "TC", "ET"), False),
        ("ETC", "TC", ("WT", "TC", "ET"), False),
        ("ET, WT", "WT and ET", ("WT", "TC", "ET"), True),
        ("Cross entropy", "cross-entropy", LOSSES, True),
        ("crossentropy", "cross-entropy", LOSSES, True),
        ("soft-dice", "soft Dice", LOSSES, True),
        ("Dice", "soft Dice", LOSSES, False),
        ("soft Dice", "Dice", LOSSES, False),
        ("none of them", "none", ("T1", "T2", "none"), True),
        ("T1", "T1", ("T1", "T1c"), True),  # a name with a number in it is no number
        ("T1c", "T1", ("T1", "T1c"), False),
        ("something else", "TC", ("WT", "TC", "ET"), False),
    ],
)
def test_a_choice_is_correct_if_exactly_the_right_options_are_named(said, was, options, correct, capsys):
    predicted("which", said, was, options=options)
    line = f"▸ which: you said {said}, it was {was}{': correct' * correct}\n"
    assert capsys.readouterr().out == line
