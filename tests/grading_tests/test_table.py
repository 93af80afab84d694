"""The published table says what the banks and the mutants say."""

import re

import pytest

from benchmarks.grader_table import COLUMNS, PAGE, check_quietly, measured, page, stderr_in_a_file
from courseware.proof.banks import Mutation, Survivor, banks, mutations, survivors
from courseware.proof.rates import Rates

pytestmark = pytest.mark.usefixtures("one_thread")


def without_times(text):
    return re.sub(r"[\d. ]*\|$", "|", text, flags=re.MULTILINE)


def test_the_page_is_up_to_date():
    new = page(measured(), mutations(), survivors(), {})
    old = PAGE.read_text(encoding="utf-8")
    assert without_times(old) == without_times(new), "run python benchmarks/grader_table.py"


def test_the_page_keeps_its_promises():
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(g\d\d_\w+)` \| (.*) \|$", text, flags=re.MULTILINE)
    assert [gap_id for gap_id, _ in rows] == list(banks())
    for gap_id, cells in rows:
        right, wrong, *_, seconds = cells.split(" | ")
        accepted, forms = map(int, right.split(" of "))
        rejected, mistakes = map(int, wrong.split(" of "))
        assert accepted == forms >= 6, gap_id
        assert rejected == mistakes >= 10, gap_id
        assert float(seconds) < 1, gap_id
    words = text.split("Of ", 1)[1].split("|")[0]
    percents = [float(number) for number in re.findall(r"([\d.]+)\s?%", words)]
    assert len(percents) == 5
    assert all(got >= least for got, least in zip(percents, (100, 100, 80, 90, 98), strict=True))


def test_the_page_shows_no_solution():
    text = PAGE.read_text(encoding="utf-8")
    lines = {one.before for ones in survivors().values() for one in ones}
    assert not [line for line in lines if line in text]


def test_a_row_adds_up():
    rates = {"g01_a": Rates(6, 5, 12, 11, 10, 9), "g01_b": Rates(2, 2, 3, 3, 3, 3)}
    known = {"g01_a": [Survivor("x", ["y", "z"], "no matter"), Survivor("x", ["w"], "a pity", False)]}
    text = page(rates, {"g01_a": Mutation(20, [None] * 3)}, known, {"g01_a": 0.123, "g01_b": 0.5})
    assert "| `g01_a` | 5 of 6 | 11 of 12 | 10 | 9 | 17 of 18 | 2 | 1 | 0.12 |" in text
    assert "| `g01_b` | 2 of 2 | 3 of 3 | 3 | 3 | – | – | – | 0.50 |" in text
    assert "| **all** | 7 of 8 | 14 of 15 | 13 | 12 | 17 of 18 | 2 | 1 | 0.50 |" in text
    assert "- `g01_a`\n  - 2 × no matter\n  - 1 × **missed:** a pity\n" in text
    assert len(COLUMNS) == 9


def test_stderr_is_caught_at_the_bottom(capfd):
    import os

    with stderr_in_a_file() as written:
        os.write(2, b"a library in C complains")
        assert written() == b"a library in C complains"
    assert capfd.readouterr().err == ""


def test_a_check_is_timed():
    gap, bank = banks()["g01_blend"]
    assert 0 < check_quietly(gap, bank.RIGHT[gap.id]["where"]) < 1
