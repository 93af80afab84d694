"""The checks are fair: every gap against its bank of right and wrong answers, through `check` and `grade`."""

import copy
import re
import time

import pytest
from nbformat.v4 import new_code_cell

from courseware.build import build
from courseware.markers import BEGIN
from courseware.proof import banks as proof
from courseware.proof.banks import bank_of, banks, definitions, holds, solutions
from courseware.proof.rates import LENT, rates
from courseware.setup_cell import SETUP
from courseware.source import gaps_of
from courseware.stage import sources
from courseware.stubs import GapStubs
from grading_tests import check, checks, grade
from grading_tests.core import first_problem, seed_of_the_year
from grading_tests.running import outcomes

BANKS = banks()
RIGHT = [(gap_id, name) for gap_id, (_, bank) in BANKS.items() for name in bank.right]
# Every third through the commands of students and instructors; `rates` judges all of them.
WRONG = [
    pytest.param(gap_id, mistake, id=f"{gap_id}-{mistake.name}")
    for gap_id, (_, bank) in BANKS.items()
    for mistake in bank.wrong[::3]
]
TEXTS = sources(proof.REPO)
NUMBERS = [text.stem[:2] for text in TEXTS]

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def plain_notebook(monkeypatch):
    """No validation, no seed of the year."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("BRAINLAB_GRADE_SEED", raising=False)


@pytest.fixture(scope="module", autouse=True)
def warm():
    """Run every reference once: torch imports parts of itself on first use, which is not the check's time."""
    for gap, _ in BANKS.values():
        outcomes(gap, gap.reference, 0, graded=False)


def checked(gap_id, answer, capfd):
    """Check an answer and return the message; it must be quick, silent on stderr and at most four lines long.

    Processor time, and the best of three, because other jobs may be running.
    """
    seconds = []
    while len(seconds) < 3 and min(seconds, default=1) >= 1:
        started = time.process_time()
        check(gap_id, answer)
        seconds.append(time.process_time() - started)
        out, err = capfd.readouterr()
    assert err == ""
    assert min(seconds) < 1, f"{min(seconds):.1f} s"
    assert len(out.strip().split("\n")) <= 4, out
    return out


@pytest.mark.parametrize("gap_id", BANKS)
def test_the_bank_is_large_enough(gap_id):
    _, bank = BANKS[gap_id]
    # The first is the library itself, which is right and earns nothing.
    assert len(bank.right) >= 7
    assert len(bank.wrong) >= 10
    assert len({mistake.name for mistake in bank.wrong}) == len(bank.wrong)
    assert all(mistake.source and mistake.message for mistake in bank.wrong)


def test_a_gap_without_a_bank_is_named():
    with pytest.raises(LookupError, match=r"g01_tripled has no bank: expected .*/bank/nb01/tripled\.py with"):
        bank_of("g01_tripled")


def test_every_bank_belongs_to_a_gap():
    folder = proof.REPO / "grading_tests" / "bank"
    files = {f"g{path.parent.name[2:]}_{path.stem}" for path in folder.glob("nb*/[a-z]*.py")}
    assert files == set(BANKS)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_file_without_a_gap_is_used_by_several(number):
    """Otherwise `GAP = ` was forgotten."""
    folder = proof.REPO / "grading_tests" / "checks" / f"nb{number}"
    files = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("[a-z]*.py")}
    for shared in {stem for stem in files if f"g{number}_{stem}" not in checks.gaps_of(number)}:
        users = [
            stem for stem, text in files.items() if re.search(rf"nb{number}(\.| import ){shared}\b", text)
        ]
        assert len(users) > 1, f"nb{number}/{shared}.py has no GAP, and {users} import it"


@pytest.mark.parametrize("gap_id", BANKS)
def test_the_reference_is_right_but_earns_nothing(gap_id, capfd):
    gap, _ = BANKS[gap_id]
    assert checked(gap_id, gap.reference, capfd).startswith("✓")
    assert not any(outcomes(gap, gap.reference, seed_of_the_year(gap.id), graded=True))
    assert grade(gap_id, gap.reference) == 0


@pytest.mark.parametrize(("gap_id", "name"), RIGHT)
def test_a_right_answer_gets_full_points(gap_id, name, capfd, monkeypatch):
    """In every year; the library's own work passes and earns nothing."""
    gap, bank = BANKS[gap_id]
    answer, lent = bank.right[name], name.startswith(LENT)
    out = checked(gap_id, answer, capfd)
    assert out.startswith("✓")
    assert ("But no points" in out) == lent
    assert grade(gap_id, answer) == (0 if lent else gap.points)
    for year in ["another year"] + [""] * lent:
        monkeypatch.setenv("BRAINLAB_GRADE_SEED", year)
        assert not any(outcomes(gap, answer, seed_of_the_year(gap_id), graded=True))


@pytest.mark.parametrize(("gap_id", "mistake"), WRONG)
def test_a_wrong_answer_gets_less(gap_id, mistake, capfd, monkeypatch):
    """In every year."""
    gap, _ = BANKS[gap_id]
    checked(gap_id, mistake.answer, capfd)
    assert grade(gap_id, mistake.answer) < gap.points
    monkeypatch.setenv("BRAINLAB_GRADE_SEED", "2027")
    assert not holds(gap, mistake.answer, seed_of_the_year(gap_id))


@pytest.mark.parametrize("number", NUMBERS)
def test_most_mistakes_are_seen_at_once_and_named(number, one_thread):
    """All are rejected; at least 80 % fail the visible check; at least 90 % are named as what they are."""
    found = [rates(gap_id) for gap_id in BANKS if gap_id[1:3] == number]
    wrong, seen, named = (sum(getattr(one, name) for one in found) for name in ("wrong", "seen", "named"))
    misses = "\n".join(line for one in found for line in one.misses)
    assert all(one.rejected == one.wrong and one.accepted == one.right for one in found), misses
    assert seen >= 0.8 * wrong, misses
    assert named >= 0.9 * wrong, misses


@pytest.mark.parametrize("gap_id", BANKS)
def test_no_mistake_is_sent_to_another_step(gap_id, one_thread):
    """A message names the step of the mistake (`Mistake.step`) or none, also in the words of the message."""
    assert rates(gap_id).misled == 0, "\n".join(line for line in rates(gap_id).misses if "is sent to" in line)


@pytest.mark.parametrize("gap_id", BANKS)
def test_the_solution_does_what_the_reference_does(gap_id):
    gap, _ = BANKS[gap_id]
    _, space = solutions()[gap_id]
    error, message = first_problem(gap, space[gap.answer])
    assert error is None, message
    assert grade(gap_id, space[gap.answer]) == gap.points


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_the_untouched_gaps_get_nothing(text, capsys):
    notebook = build(text)
    for cell in notebook.cells:
        if cell.cell_type == "code" and BEGIN in cell.source:
            stub = new_code_cell(cell.source, metadata=copy.deepcopy(cell.metadata))
            assert GapStubs()._replace_solution_region(stub, "python")
            cell.source = stub.source
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert SETUP in cells
    space = definitions(cells)
    for gap in gaps_of(text):
        if gap.properties:
            check(gap.id, space[gap.answer])
            assert capsys.readouterr().out == f"○ {gap.id}: not filled in yet.\n"
            assert grade(gap.id, space[gap.answer]) == 0.0
            capsys.readouterr()
