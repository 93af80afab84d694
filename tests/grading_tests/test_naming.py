"""A mistake is named by its fingerprint: what it does, without its code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from courseware.fingerprints import outdated, take
from grading_tests.gap import Gap, Property, Wrong
from grading_tests.naming import FOLDER, Known, agree, known_mistakes, mark, name_mistake, outline

REPO = Path(__file__).resolve().parents[2]
BANKS = sorted(path.stem for path in (REPO / "grading_tests" / "bank").glob("nb[0-9][0-9].py"))


@pytest.mark.parametrize("bank", BANKS)
def test_the_shipped_fingerprints_are_up_to_date(bank):
    """If this fails: python -m courseware fingerprints."""
    assert outdated(take(bank)) == []


def test_there_is_one_file_for_each_bank_and_it_holds_data_only():
    files = sorted(FOLDER.iterdir())
    assert [file.stem for file in files] == BANKS
    for file in files:
        for gap_id, mistakes in json.loads(file.read_text(encoding="utf-8")).items():
            assert re.fullmatch(r"g\d\d_\w+", gap_id)
            for mistake in mistakes:
                assert set(mistake) == {"name", "message", "marks"}


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


def test_words_of_an_error_do_not_matter_its_numbers_do():
    assert outline("ValueError: 3 rows, not 4") == outline("ValueError: got 3, expected 4")
    assert outline("ValueError: 3 rows, not 4") != outline("ValueError: 4 rows, not 4")


def test_marks():
    assert mark(None) is None
    assert mark(ZeroDivisionError("x")) == "ZeroDivisionError"
    assert mark(Wrong("tried", 1, 2)) != mark(Wrong("tried otherwise", 1, 2))
    assert not agree(mark(Wrong("tried", 1, 2)), mark(Wrong("tried", 1, 3)))


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


def test_fingerprints_of_another_version_of_a_gap_are_left_out(monkeypatch):
    known = Known("two", "you say two", ["TypeError"])
    monkeypatch.setattr("grading_tests.naming.known_mistakes", {"g97_x": [known]}.get)
    assert name_mistake(NOTHING, [TypeError()]) is None


def test_a_gap_without_fingerprints_has_no_known_mistakes():
    assert known_mistakes("g96_nothing") == []
    assert known_mistakes("g03_nothing") == []


WITHOUT_THE_BANK = """
import importlib, sys, torch
torch.set_num_threads(int(sys.argv[1]))
from grading_tests.gap import Wrong
from grading_tests.naming import SEED, mark, name_mistake
from grading_tests.running import outcomes
from courseware.fingerprints import take

# The answers as objects; from here on there is no bank, as on a student's machine.
banks = {name: importlib.import_module(f"grading_tests.bank.{name}").WRONG for name in sys.argv[2:]}
for name in [name for name in sys.modules if name.startswith("grading_tests.bank")]:
    sys.modules[name] = None
wrong = named = 0
for name, bank in banks.items():
    for gap in importlib.import_module(f"grading_tests.{name}").GAPS:
        for mistake in bank.get(gap.id, []):
            results = outcomes(gap, mistake.answer, SEED, graded=False)
            if not any(results):
                results = outcomes(gap, mistake.answer, SEED, graded=True)
            found = name_mistake(gap, results)
            wrong, named = wrong + 1, named + (found is not None and found.name == mistake.name)
print(wrong, named)
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_mistakes_are_named_without_the_bank_and_on_any_number_of_threads(threads):
    command = [sys.executable, "-c", WITHOUT_THE_BANK, str(threads), *BANKS]
    # Waiting threads sleep: on a machine with other work to do they would stand in its way, and their own.
    settings = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    settings["PYTHONPATH"] = str(REPO)
    done = subprocess.run(command, cwd=REPO, env=settings, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    wrong, named = map(int, done.stdout.split())
    print(f"{threads} threads: {named} of {wrong} named")
    assert named >= 0.9 * wrong
