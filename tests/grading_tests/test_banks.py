"""The proof that the examiner is fair: every gap against its bank of right and wrong answers."""

import ast
import copy
import importlib
import time
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from courseware.build import build
from courseware.markers import BEGIN
from courseware.setup_cell import SETUP
from courseware.stage import sources
from courseware.stubs import GapStubs
from grading_tests import check, grade
from grading_tests.core import first_problem, seed_of_the_year
from grading_tests.naming import SEED, name_mistake
from grading_tests.running import outcomes

REPO = Path(__file__).resolve().parents[2]
BANKS = sorted(path.stem for path in (REPO / "grading_tests" / "bank").glob("nb[0-9][0-9].py"))
GAPS = {
    gap.id: (gap, importlib.import_module(f"grading_tests.bank.{name}"))
    for name in BANKS
    for gap in importlib.import_module(f"grading_tests.{name}").GAPS
    if gap.properties
}
RIGHT = [(gap_id, name) for gap_id, (_, bank) in GAPS.items() for name in bank.RIGHT.get(gap_id, {})]
WRONG = [
    pytest.param(gap_id, mistake, id=f"{gap_id}-{mistake.name}")
    for gap_id, (_, bank) in GAPS.items()
    for mistake in bank.WRONG.get(gap_id, [])
]


@pytest.fixture(autouse=True)
def plain_notebook(monkeypatch):
    """No validation, no seed of the year."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("BRAINLAB_GRADE_SEED", raising=False)


@pytest.fixture(scope="module", autouse=True)
def warm():
    """Run every reference once: torch imports parts of itself on first use, which is not the check's time."""
    for gap, _ in GAPS.values():
        outcomes(gap, gap.reference, 0, graded=False)


def timed_check(gap_id, answer, capfd):
    """Check an answer; it must be quick and silent. CPU time, because CI machines are loaded."""
    started = time.process_time()
    check(gap_id, answer)
    seconds = time.process_time() - started
    out, err = capfd.readouterr()
    assert err == ""
    assert seconds < 1, f"{seconds:.1f} s"
    assert len(out.strip().split("\n")) <= 4, out
    return out


@pytest.mark.parametrize("gap_id", GAPS)
def test_the_bank_is_large_enough(gap_id):
    _, bank = GAPS[gap_id]
    # The first is the library itself, which is right and earns nothing.
    assert len(bank.RIGHT.get(gap_id, {})) >= 7
    wrong = bank.WRONG.get(gap_id, [])
    assert len(wrong) >= 10
    assert len({mistake.name for mistake in wrong}) == len(wrong)
    assert all(mistake.source and mistake.message for mistake in wrong)


def assert_right(gap, answer, capfd, monkeypatch):
    """Both checks accept the answer; the graded one refuses it only if the library does the work."""
    out = timed_check(gap.id, answer, capfd)
    assert out.startswith("✓")
    for year in ("", "another year"):
        monkeypatch.setenv("BRAINLAB_GRADE_SEED", year)
        assert not any(outcomes(gap, answer, seed_of_the_year(gap.id), graded=True))
    points = grade(gap.id, answer)
    assert points == (0 if "But no points" in out else gap.points)
    return points


@pytest.mark.parametrize("gap_id", GAPS)
def test_the_reference_is_right_but_no_answer(gap_id, capfd, monkeypatch):
    gap, _ = GAPS[gap_id]
    assert assert_right(gap, gap.reference, capfd, monkeypatch) == 0


@pytest.mark.parametrize(("gap_id", "name"), RIGHT)
def test_a_right_answer_gets_full_points(gap_id, name, capfd, monkeypatch):
    gap, bank = GAPS[gap_id]
    points = assert_right(gap, bank.RIGHT[gap_id][name], capfd, monkeypatch)
    assert points == (0 if name.startswith(("library", "oracle")) else gap.points)


@pytest.mark.parametrize(("gap_id", "mistake"), WRONG)
def test_a_wrong_answer_gets_less(gap_id, mistake, capfd):
    gap, _ = GAPS[gap_id]
    timed_check(gap_id, mistake.answer, capfd)
    assert any(outcomes(gap, mistake.answer, seed_of_the_year(gap_id), graded=True))
    assert grade(gap_id, mistake.answer) < gap.points


@pytest.mark.parametrize("bank", BANKS)
def test_most_mistakes_are_seen_at_once_and_named(bank):
    """At least 80 % fail the visible check; at least 90 % are named as what they are."""
    wrong, seen, named, missed = 0, 0, 0, []
    for gap_id, (gap, module) in GAPS.items():
        if module.__name__ != f"grading_tests.bank.{bank}":
            continue
        for mistake in module.WRONG.get(gap_id, []):
            results = outcomes(gap, mistake.answer, SEED, graded=False)
            visible = any(results)
            if not visible:
                results = outcomes(gap, mistake.answer, SEED, graded=True)
            found = name_mistake(gap, results)
            right = found is not None and found.name == mistake.name
            wrong, seen, named = wrong + 1, seen + visible, named + right
            if not visible or not right:
                missed.append(
                    f"{gap_id} {mistake.name}: visible {visible}, named {found.name if found else None}"
                )
    print(f"{bank}: {wrong} mistakes, {seen / wrong:.0%} visible, {named / wrong:.0%} named")
    assert seen >= 0.8 * wrong, "\n".join(missed)
    assert named >= 0.9 * wrong, "\n".join(missed)


def definitions(notebook):
    """Run only the imports, functions and classes of a notebook, and return what they define.

    A gap's cell may use what the cells before it import or define, but needs no data.
    """
    space = {"__name__": "notebook"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
                    exec(compile(ast.Module([node], []), "<notebook>", "exec"), space)
    return space


TEXTS = sources(REPO)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_the_solution_cells_do_what_the_references_do(text):
    space = definitions(build(text))
    for gap_id, (gap, bank) in GAPS.items():
        if bank.__name__.endswith(f"nb{text.stem[:2]}"):
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
    assert SETUP in [cell.source for cell in notebook.cells]
    space = definitions(notebook)
    for gap_id, (gap, bank) in GAPS.items():
        if bank.__name__.endswith(f"nb{text.stem[:2]}"):
            check(gap_id, space[gap.answer])
            assert capsys.readouterr().out == f"○ {gap_id}: not filled in yet.\n"
            assert grade(gap_id, space[gap.answer]) == 0.0
            capsys.readouterr()
