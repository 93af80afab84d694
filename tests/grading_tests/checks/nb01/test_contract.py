"""What several gaps of notebook 01 ask: right answers have a property, and its mistake has not."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grading_tests.checks.nb01.contract import (
    alike,
    called_again,
    decimals_of,
    expect_array,
    expect_error,
    expect_numbers,
    indices_in_words,
    kind_of,
    numbers_of,
    steady,
    unchanged,
)
from grading_tests.gap import Wrong, expect

REPO = Path(__file__).resolve().parents[4]


def cases(rng):
    return [(kind, (rng.integers(1, 9, 4).astype(kind), {"a": 1})) for kind in ("int64", "float64")]


def doubled(values, table):
    return 2 * values


def compare(got, arguments, tried):
    expect(got, 2 * arguments[0], tried)


def run(item, answer):
    item(answer, np.random.default_rng(0))


def test_an_answer_that_writes_into_its_inputs_is_named_with_their_types():
    run(unchanged(cases, ("values", "table")), doubled)

    def writing(values, table):
        if values.dtype == float:
            values *= 2
        return values

    with pytest.raises(Wrong) as caught:
        run(unchanged(cases, ("values", "table")), writing)
    assert caught.value.got == "values has changed (float64)"

    with pytest.raises(Wrong, match="inputs") as caught:
        run(unchanged(cases, ("values", "table")), lambda values, table: table.update(b=2))
    assert caught.value.got == "table has changed (int64, float64)"


def test_a_later_call_may_neither_depend_on_an_earlier_one_nor_change_its_result():
    item = called_again(cases, compare)
    run(item, doubled)
    kept, buffer = [], np.zeros(4)

    def of_first(values, table):
        kept.append(values)
        return 2 * kept[0]

    def one_buffer(values, table):
        buffer[:] = 2 * values
        return buffer

    with pytest.raises(Wrong, match="another call"):
        run(item, of_first)
    with pytest.raises(Wrong, match="first result"):
        run(item, one_buffer)


def test_inputs_are_alike_in_type_shape_and_value():
    array = np.array([1.0, np.nan])
    assert alike(array, array.copy())
    assert not alike(array, array.astype(np.float32))
    assert not alike(array, array[:1])
    assert not alike(np.array([1, 2]), np.array([1, 3]))
    assert not alike({0: 1}, {0: 1, 2: 0})
    assert not alike((1, 2), [1, 2])


@pytest.mark.parametrize(
    ("got", "right"),
    [
        (np.zeros((2, 3)), True),
        (np.zeros((2, 3), np.float32), True),
        (np.zeros((3, 2)), False),
        (np.zeros((2, 3), int), False),
        (np.zeros((2, 3)).tolist(), False),
        (None, False),
    ],
)
def test_the_form_of_an_array(got, right):
    if right:
        expect_array(got, (2, 3), "f", "x")
    else:
        with pytest.raises(Wrong, match="of the result"):
            expect_array(got, (2, 3), "f", "x")


@pytest.mark.parametrize("got", [np.arange(3), [0, 1, 2], (0, 1, 2), [np.int64(0), 1, 2]])
def test_numbers_may_be_an_array_a_list_or_a_tuple(got):
    expect_numbers(got, 3, "iu", "x")


@pytest.mark.parametrize("got", [{0, 1, 2}, [0.0, 1, 2], np.zeros((3, 1), int), (np.arange(3),), "012", None])
def test_other_things_are_no_numbers(got):
    with pytest.raises(Wrong, match="of the result"):
        expect_numbers(got, 3, "iu", "x")


def test_only_a_value_error_counts():
    def raising(error):
        def answer(_):
            raise error

        return answer

    expect_error(raising(ValueError("x")), (1,), "x")
    for error in (KeyError("x"), AssertionError(), IndexError()):
        with pytest.raises(Wrong) as caught:
            expect_error(raising(error), (1,), "x")
        assert type(error).__name__ in caught.value.got
    with pytest.raises(Wrong):
        expect_error(lambda _: 3, (1,), "x")
    with pytest.raises(NotImplementedError):
        expect_error(raising(NotImplementedError()), (1,), "x")


def test_kinds_in_words():
    assert kind_of(np.zeros(3, bool)) == "an array of Booleans"
    assert kind_of(None) == "None"
    assert kind_of(3.5) == "a number"
    assert kind_of([1]) == "a list"


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("decimals", [0, 2, 4, 8])
def test_rounded_numbers_are_told_from_others(kind, decimals):
    values = np.random.default_rng(0).uniform(0.1, 9, 20)
    assert decimals_of(values.astype(kind), values) is None
    if decimals < 5 or kind is np.float64:
        assert decimals_of(np.round(values, decimals).astype(kind), values) == decimals
    assert decimals_of(np.full(3, 0.25), np.full(3, 0.25)) is None  # has no more digits itself


def test_no_numbers_are_named_by_their_kind():
    assert numbers_of((1, 2.5), "x").tolist() == [1, 2.5]
    for got, found in (
        (None, "None"),
        ({"x": 1}, "a dictionary"),
        (["1.0"], "an array of texts, in a list"),
        (np.zeros(2, np.float16), "float16"),
    ):
        with pytest.raises(Wrong) as caught:
            numbers_of(got, "x")
        assert caught.value.got == found


def test_a_memory_is_seen_in_a_second_call():
    def growing(value, kept=[]):  # noqa: B006
        kept.append(value)
        return list(kept)

    first: list = []

    def first_only(value):
        first.append(value)
        return first[0]

    assert steady(lambda value: 2 * value, 3, other=(4,)) == 6
    with pytest.raises(Wrong, match="made twice"):
        steady(growing, 1)
    with pytest.raises(Wrong, match="other inputs"):
        steady(first_only, 1, other=(2,))


def test_slice_numbers_in_words():
    assert indices_in_words(np.array([[1.0, 2.0]])[0]) == "[1, 2]"
    assert indices_in_words([]) == "[]"
    assert indices_in_words(range(20)) == "20 numbers"
    assert indices_in_words(None) == "None"


SESSION = """
from grading_tests.bank.nb01.split import RIGHT, WRONG
from grading_tests.checks.nb01.split import GAP
from grading_tests.running import outcomes
number = [item.name for item in GAP.properties].index("the same in every session")
wrong = {mistake.name: mistake.answer for mistake in WRONG}
for answer in RIGHT.values():
    assert all(outcomes(GAP, answer, seed, True)[number] is None for seed in range(3))
for name in ("order of a set", "hash of the name"):
    assert all(outcomes(GAP, wrong[name], seed, True)[number] is not None for seed in range(3)), name
"""


@pytest.mark.parametrize("seed", ["0", "1", "77"])
def test_an_order_that_changes_from_session_to_session_is_seen_in_each(seed):
    settings = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(REPO)}
    done = subprocess.run([sys.executable, "-c", SESSION], env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
