"""A mistake is named by its fingerprint: what it does, without its code."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest
import torch

from courseware.fingerprints import common, outdated, steady
from courseware.proof.banks import banks
from courseware.proof.disturbed import change_in_place, disturbed
from courseware.proof.rates import rates
from grading_tests.gap import Gap, Property, Wrong
from grading_tests.naming import FOLDER, UNSTABLE, Known, agree, known_mistakes, mark, name_mistake, outline
from grading_tests.running import outcomes

REPO = Path(__file__).resolve().parents[2]
NUMBERS = sorted({gap_id[1:3] for gap_id in banks()})


@pytest.mark.slow
@pytest.mark.parametrize("gap_id", banks())
def test_the_shipped_fingerprints_are_up_to_date(gap_id, one_thread):
    """If this fails: python -m courseware fingerprints."""
    _, bank = banks()[gap_id]
    marks = rates(gap_id).marks
    found = [
        Known(one.name, one.message, kept, one.step) for one, kept in zip(bank.wrong, marks, strict=True)
    ]
    assert outdated({gap_id: found}) == [], f"{gap_id}: run python -m courseware fingerprints {gap_id[1:3]}"


def test_there_is_one_file_for_each_notebook_and_it_holds_data_only():
    files = sorted(FOLDER.iterdir())
    assert [file.stem for file in files] == [f"nb{number}" for number in NUMBERS]
    for file in files:
        for gap_id, mistakes in json.loads(file.read_text(encoding="utf-8")).items():
            assert re.fullmatch(r"g\d\d_\w+", gap_id)
            for mistake in mistakes:
                assert set(mistake) - {"step"} == {"name", "message", "marks"}


# --- what is kept of a value

VALUES = [
    0.0,
    1.5,
    -1.5,
    True,
    float("nan"),
    [1, 2, 3],
    [1, 3, 2],
    np.arange(12.0).reshape(3, 4),
    np.arange(12.0).reshape(4, 3),
    np.arange(12.0).reshape(3, 4).T.copy(),
    np.where(np.arange(12) == 5, np.nan, np.arange(12.0)),
    torch.tensor([1j, 2.0]),
    np.zeros((0, 3)),
    "left",
    "right",
    "TypeError: 'int' object is not callable",
    "RuntimeError: size 3 must match size 4",
    "RuntimeError: size 4 must match size 4",
    None,
    {"a": 1},
    ("left", 2.0),
    ("left", 3.0),
]


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_an_outline_is_like_itself_and_no_other(number):
    kept = [json.loads(json.dumps(outline(value))) for value in VALUES]
    alike = [other for other, each in enumerate(kept) if agree(each, kept[number])]
    assert alike == [number]


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_rounding_does_not_matter_and_small_changes_do(scale):
    rng = np.random.default_rng(0)
    value = scale * rng.normal(size=(2, 4, 16, 16))
    assert agree(outline(value), outline(value.astype(np.float32)))
    assert agree(outline(value), outline(value * (1 + 1e-6 * rng.normal(size=value.shape))))
    changed = value.copy()
    changed[0, 0, 0, 0] += 0.3 * scale
    assert not agree(outline(value), outline(changed))


def test_axes_of_length_one_do_not_matter():
    assert agree(outline(torch.tensor(2.0)), outline(np.array([[2.0]])))


def test_words_and_numbers_of_an_error_matter_its_names_do_not():
    assert outline("ValueError: 3 rows, not 4") != outline("ValueError: got 3, expected 4")
    assert outline("ValueError: 3 rows, not 4") != outline("ValueError: 4 rows, not 4")
    assert outline("ValueError: 'a' is not in list") == outline("ValueError: 'b' is not in list")
    assert outline("ValueError: crop() wants 2") == outline("ValueError: UNet.crop() wants 2")


def test_words_that_depend_on_the_version_of_python_are_left_out():
    first, second = "local variable 'a' referenced before assignment", "cannot access local variable 'b'"
    assert outline(f"UnboundLocalError: {first}") == outline(f"UnboundLocalError: {second}")


def test_marks():
    assert mark(None) is None
    assert mark(ZeroDivisionError("x")) == "ZeroDivisionError"
    assert mark(Wrong("tried", 1, 2)) != mark(Wrong("tried otherwise", 1, 2))
    assert not agree(mark(Wrong("tried", 1, 2)), mark(Wrong("tried", 1, 3)))


# --- what is the same on every machine


def test_common_parts_of_two_marks():
    first, second = mark(Wrong("row 3", 1.0, [0.5, 2.0])), mark(Wrong("row 4", 1.0, [0.5, 2.0]))
    assert common(first, second) == [UNSTABLE, first[1]]
    assert common(None, first) == UNSTABLE
    assert common("TypeError", "TypeError") == "TypeError"
    moved = mark(Wrong("row 3", 1.0, [0.5, 2.001]))
    assert common(first, moved) == [first[0], UNSTABLE]
    assert common(first, mark(Wrong("row 3", 1.0, [0.5 + 1e-6, 2.0]))) == first
    assert common([UNSTABLE, first[1]], first) == [UNSTABLE, first[1]]


def fails_with(value_of):
    """A gap whose only property always fails; its mark is a value computed from random inputs."""

    def run(answer, rng):
        x = torch.as_tensor(rng.normal(size=20), dtype=torch.get_default_dtype())
        raise Wrong("random numbers", 0.0, value_of(answer(x)))

    return Gap("g97_x", "x", 1, 1, None, [Property("a", run)])


def test_rounding_noise_is_no_mark():
    """The ratio of two numbers near 0 is another on every machine; a sum of large numbers is not."""

    def noise(x):
        return (x.sum() - x.flip(0).sum() + 1e-9) / ((x * 3).sum() - 3 * x.sum() + 1e-9)

    assert steady(fails_with(noise), lambda x: x)[0][1] == UNSTABLE
    assert steady(fails_with(torch.mean), lambda x: x)[0][1] != UNSTABLE


def test_a_tie_is_no_mark():
    """Which of two equal numbers is the larger one is decided by rounding."""

    def place(x):
        sums = torch.stack([x.sum(), x.flip(0).cumsum(0)[-1], x.sort().values.sum()])
        return int(sums.argmax())

    gaps = [disturbed(fails_with(place), seed) for seed in range(12)]
    marks = [mark(result) for gap in gaps for result in outcomes(gap, lambda x: x, 0, graded=True)]
    assert functools.reduce(common, marks) == [mark(Wrong("random numbers", 0, 0))[0], UNSTABLE]


def test_disturbances_are_small_and_leave_exact_and_equal_numbers_alone():
    seen = []

    def run(answer, rng):
        x = rng.uniform(size=5)
        seen.append(x)
        answer(x)

    gap = Gap("g97_x", "x", 1, 1, None, [Property("a", run)])
    for each in (gap, disturbed(gap, 0), disturbed(gap, 1)):
        outcomes(each, lambda x: None, 0, graded=True)
    plain, one, other = seen
    for moved in (one, other):
        assert np.all(moved != plain)
        np.testing.assert_allclose(moved, plain, rtol=3e-6)
    exact, equal = np.array([0.0, 0.25, 1.0, 0.99999997]), np.full(3, 0.3)
    change_in_place([exact, equal, {"w": torch.full((2,), 0.7)}], 3)
    assert exact.tolist() == [0.0, 0.25, 1.0, 0.99999997]
    assert len(set(equal)) == 1
    assert equal[0] != 0.3


# --- how a mistake is found

NOTHING = Gap("g97_x", "x", 1, 1, None, [Property("a", print), Property("b", print, visible=False)])


def test_the_visible_check_compares_the_visible_marks_only(monkeypatch):
    failed = Wrong("tried", 1, 2)
    known = Known("two", "you say two", [mark(failed), "TypeError"])
    monkeypatch.setattr("grading_tests.naming.known_mistakes", {"g97_x": [known]}.get)
    assert name_mistake(NOTHING, [failed]) is known
    assert name_mistake(NOTHING, [failed, TypeError()]) is known
    assert name_mistake(NOTHING, [failed, None]) is None
    assert name_mistake(NOTHING, [Wrong("tried", 1, 3)]) is None


def test_unstable_parts_agree_with_everything_but_name_nothing(monkeypatch):
    failed = Wrong("tried", 1, 2)
    vague, exact = [UNSTABLE, mark(failed)[1]], mark(failed)
    known = [Known("vague", "", [vague, UNSTABLE]), Known("exact", "", [exact, None])]
    monkeypatch.setattr("grading_tests.naming.known_mistakes", lambda gap_id: known)
    assert name_mistake(NOTHING, [failed, None]).name == "exact"
    assert name_mistake(NOTHING, [Wrong("other", 1, 2), TypeError()]).name == "vague"
    known[:] = [Known("nothing", "", [[exact[0], UNSTABLE], UNSTABLE])]
    assert name_mistake(NOTHING, [failed, None]) is None


MANY = Gap("g97_x", "x", 1, 1, None, [Property(name, print) for name in "abcde"])


def test_an_answer_that_fails_first_as_a_known_mistake_and_nearly_in_the_same_places_is_named(monkeypatch):
    """The same idea, written otherwise: it returns another type, or stops with another error."""
    failed, other = Wrong("tried", 1, 2), Wrong("tried", 1, 3)
    known = Known("two", "you say two", [None, mark(failed), None, mark(failed), None])
    monkeypatch.setattr("grading_tests.naming.known_mistakes", {"g97_x": [known]}.get)
    assert name_mistake(MANY, [None, failed, None, TypeError(), None]) == known
    assert name_mistake(MANY, [None, failed, None, None, None]) == known
    assert name_mistake(MANY, [None, other, None, failed, None]) is None
    assert name_mistake(MANY, [failed, failed, None, failed, None]) is None
    assert name_mistake(MANY, [None, failed, other, other, other]) is None
    assert name_mistake(MANY, [None, TypeError(), None, failed, None]) is None
    assert name_mistake(MANY, [None] * 5) is None


def test_fingerprints_of_another_version_of_a_gap_are_left_out(monkeypatch):
    known = Known("two", "you say two", ["TypeError"])
    monkeypatch.setattr("grading_tests.naming.known_mistakes", {"g97_x": [known]}.get)
    assert name_mistake(NOTHING, [TypeError()]) is None


def test_a_gap_without_fingerprints_has_no_known_mistakes():
    assert known_mistakes("g96_nothing") == []
    assert known_mistakes("g03_nothing") == []


# --- on another machine

ELSEWHERE = """
import json, sys
from courseware.proof.banks import banks, holds
from grading_tests.naming import SEED, name_mistake
from grading_tests.running import outcomes

found = banks()
# The answers are there as objects; the bank itself is not, as on a student's machine.
for name in [name for name in sys.modules if name.startswith("grading_tests.bank")]:
    sys.modules[name] = None
for gap_id, (gap, bank) in found.items():
    for name, answer in bank.right.items():
        if not holds(gap, answer):
            print(gap_id, name, "rejected", sep=": ")
    for mistake in bank.wrong:
        results = outcomes(gap, mistake.answer, SEED, graded=True)
        visible = [result for item, result in zip(gap.properties, results) if item.visible]
        known = name_mistake(gap, visible if any(visible) else results)
        verdict = "named " + str(known and known.name) if any(results) else "accepted"
        print(gap_id, mistake.name, verdict, sep=": ")
"""


@pytest.mark.slow
def test_another_processor_judges_and_names_the_same():
    """The oldest instruction set, other libraries, two threads, and no bank: nothing depends on last digits.

    The other settings are those under which `courseware fingerprints` takes the fingerprints.
    """
    here = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPO)}
    there = here | {"OMP_NUM_THREADS": "2", "MKL_CBWR": "COMPATIBLE"}
    there |= {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}
    command = [sys.executable, "-c", ELSEWHERE]
    runs = [
        subprocess.Popen(command, cwd=REPO, env=one, stdout=PIPE, stderr=PIPE, text=True)
        for one in (here, there)
    ]
    found = []
    for run in runs:
        out, err = run.communicate()
        assert run.returncode == 0, err
        assert [line for line in out.splitlines() if ": named " not in line] == []
        found.append(out.splitlines())
    differ = [pair for pair in zip(*found, strict=True) if pair[0] != pair[1]]
    assert len(differ) <= 0.01 * len(found[0]), differ
