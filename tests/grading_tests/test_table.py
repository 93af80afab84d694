"""The published table says what the banks and the mutants say."""

import re

import pytest

from benchmarks.grader_table import COLUMNS, PAGE, check_quietly, page, reasons, stderr_in_a_file
from courseware.proof.banks import Mutation, banks, mutation
from courseware.proof.rates import Rates, rates
from grading_tests.gap import Survivor

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


def rows(text):
    """Return the table as gap -> numbers, without the times."""
    found = re.findall(r"^\| `?(g\d\d_\w+|\*\*all\*\*)`? \| (.*) \| [\d.]* ?\|$", text, flags=re.MULTILINE)
    return {name: [int(number) for number in re.findall(r"\d+", cells)] for name, cells in found}


def test_the_page_is_up_to_date():
    """The sizes of banks exactly; what floating point decides may differ by one in a gap, 1 % in all."""
    new = rows(page({gap_id: rates(gap_id) for gap_id in banks()}, {one: mutation(one) for one in banks()}))
    old = rows(PAGE.read_text(encoding="utf-8"))
    hint = "run python benchmarks/grader_table.py"
    assert list(old) == list(new), hint
    for name, numbers in new.items():
        slack = 1 if name.startswith("g") else 0.01 * numbers[3]
        (_, right, _, wrong, *measured), (_, old_right, _, old_wrong, *old_measured) = numbers, old[name]
        assert (right, wrong) == (old_right, old_wrong), f"{name}: {hint}"
        assert len(measured) == len(old_measured) == 6
        assert all(abs(a - b) <= slack for a, b in zip(measured, old_measured, strict=True)), (name, hint)


def test_the_page_gives_the_reasons():
    assert PAGE.read_text(encoding="utf-8").endswith(reasons()), "run python benchmarks/grader_table.py"


def test_the_page_keeps_its_promises():
    text = PAGE.read_text(encoding="utf-8")
    table = rows(text)
    assert [name for name in table if name.startswith("g")] == list(banks())
    for name, (accepted, right, rejected, wrong, *_) in table.items():
        assert accepted == right >= 6, name
        assert rejected == wrong >= 10, name
    assert all(float(seconds) < 1 for seconds in re.findall(r"\| (\d\.\d\d) \|$", text, flags=re.MULTILINE))
    words = text.split("Of ", 1)[1].split("|")[0]
    percents = [float(number) for number in re.findall(r"([\d.]+)\s?%", words)]
    assert len(percents) == 5
    assert all(got >= least for got, least in zip(percents, (100, 100, 80, 90, 98), strict=True))


def test_the_page_shows_no_solution():
    text = PAGE.read_text(encoding="utf-8")
    lines = {one.before for _, bank in banks().values() for one in bank.survivors}
    assert not [line for line in lines if line in text]


def test_a_row_adds_up(monkeypatch):
    known = [Survivor("x", ["y", "z"], "no matter"), Survivor("x", ["w"], "a pity", equivalent=False)]
    made_up = {"g01_a": known, "g01_b": []}
    monkeypatch.setattr("benchmarks.grader_table.survivors", lambda: made_up)
    found = {"g01_a": Rates(6, 5, 12, 11, 10, 9), "g01_b": Rates(2, 2, 3, 3, 3, 3)}
    mutants = {"g01_a": Mutation(20, [("x", "y")] * 3), "g01_b": Mutation(4, [])}
    text = page(found, mutants, {"g01_a": 0.123, "g01_b": 0.5})
    assert "| `g01_a` | 5 of 6 | 11 of 12 | 10 | 9 | 17 of 18 | 2 | 1 | 0.12 |" in text
    assert "| `g01_b` | 2 of 2 | 3 of 3 | 3 | 3 | 4 of 4 | 0 | 0 | 0.50 |" in text
    assert "| **all** | 7 of 8 | 14 of 15 | 13 | 12 | 21 of 22 | 2 | 1 | 0.50 |" in text
    assert "- `g01_a`\n  - 2 × no matter\n  - 1 × **missed:** a pity\n" in text
    assert len(COLUMNS) == 9


def test_stderr_is_caught_at_the_bottom(capfd):
    import os

    with stderr_in_a_file() as written:
        os.write(2, b"a library in C complains")
        assert written() == b"a library in C complains"
    assert capfd.readouterr().err == ""


def test_a_check_is_timed():
    _, bank = banks()["g01_blend"]
    assert check_quietly("g01_blend", bank.right["where"]) > 0
