"""Plain nbgrader on the toy course: many kinds of damaged submissions, graded in one batch."""

import copy
import csv
import io
import json
import re

import pytest

STEM = "99_toy"

pytestmark = pytest.mark.slow


def cell_with(notebook: dict, grade_id: str) -> dict:
    """Return the cell with this grade_id."""
    return next(
        cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def cells_of(course) -> tuple[dict, dict]:
    """Return the solution and the untouched release."""
    solution = json.loads((course.root / "solutions" / f"{STEM}.ipynb").read_text())
    release = json.loads((course.root / "course" / f"{STEM}.ipynb").read_text())
    return solution, release


def half_done(solution, release):
    """The first gap is filled, with a warning that must not cost points."""
    cell_with(release, "g99_double")["source"] = (
        "import warnings\n"
        "warnings.warn('loud')\n"
        "def double(x):\n"
        "    warnings.warn('louder')\n"
        "    return x * 2"
    )
    return release


def cut_up(solution, release):
    """A duplicate gap whose first copy is wrong, a retyped gap, a deleted check and a deleted question."""
    cells = solution["cells"]
    place = cells.index(cell_with(solution, "g99_double"))
    wrong = copy.deepcopy(cells[place]) | {"source": "def double(x):\n    return 0"}
    cells.insert(place, wrong)
    check = cell_with(solution, "g99_area_check")
    cells.remove(check)
    cells.remove(cell_with(solution, "g99_words"))
    retyped = cell_with(solution, "g99_area")
    retyped["metadata"] = {}
    retyped["id"] = "typed-anew"
    # The library's version further down must not be graded in place of the student's.
    cells.append(code('area = yours("g99_area", area)'))
    return solution


def stripped(solution, release):
    """All metadata and ids are lost, tags would skip the checks, and the second answer is wrong."""
    for number, cell in enumerate(solution["cells"]):
        cell["metadata"] = {"tags": ["skip-execution"]}
        cell["id"] = f"new{number}"
        if "total += width" in "".join(cell["source"]):
            cell["source"] = "def area(width, height):\n    return width + height"
    return solution


def mad(solution, release):
    """Metadata of wrong types, and points that were never given."""
    for cell, metadata in zip(
        solution["cells"], ["text", ["list"], {"nbgrader": "text"}, None], strict=False
    ):
        cell["metadata"] = metadata
    cell_with_later = cell_in(solution, "g99_area_check")
    cell_with_later["metadata"]["nbgrader"] |= {"schema_version": 99, "points": 4000, "task": "yes"}
    cell_in(solution, "g99_words")["cell_type"] = "raw"
    return solution


def cell_in(notebook, grade_id):
    """Return the cell with this grade_id, among cells with any metadata."""
    return next(
        cell
        for cell in notebook["cells"]
        if isinstance(cell["metadata"], dict) and grade_id in str(cell["metadata"].get("nbgrader"))
    )


def moved(solution, release):
    """A wrong first answer, and the cell with the library's version moved above the check."""
    gap = cell_with(solution, "g99_double")
    gap["source"] = "def double(x):\n    return 0"
    place = solution["cells"].index(gap)
    solution["cells"].insert(place + 1, code('double = yours("g99_double", double)'))
    return solution


def code(source):
    """Return a code cell without id and metadata of its own."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}


SUBMISSIONS = {
    "solution": (lambda solution, release: solution, 5),
    "half_done": (half_done, 2),
    "cut_up": (cut_up, 5),
    "stripped": (stripped, 2),
    "mad": (mad, 5),
    "moved": (moved, 3),
    "empty": (lambda solution, release: "", 0),
}


@pytest.fixture(scope="module")
def graded(toy_course):
    """Return the toy course after autograde, feedback and export, the log, and the rows of the export."""
    for student, (make, _) in SUBMISSIONS.items():
        made = make(*cells_of(toy_course))
        toy_course.submit(student, STEM, made if isinstance(made, str) else json.dumps(made))
    log = toy_course.run("nbgrader", "autograde", STEM)
    toy_course.run("nbgrader", "generate_feedback", STEM)
    toy_course.run("nbgrader", "export")
    rows = csv.DictReader(io.StringIO((toy_course.root / "grades.csv").read_text()))
    return toy_course, log, {row["student_id"]: row for row in rows}


def feedback(course, student):
    """Return the feedback page of a student as text without tags."""
    page = (course.root / "feedback" / student / STEM / f"{STEM}.html").read_text()
    return re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_points(graded, student):
    _, _, rows = graded
    assert float(rows[student]["score"]) == SUBMISSIONS[student][1]
    assert float(rows[student]["max_score"]) == 7


def test_an_unreadable_file_is_reported_in_one_line_and_in_the_feedback(graded):
    course, log, _ = graded
    lines = [line for line in log.split("\n") if "cannot be read" in line]
    assert len(lines) == 1
    assert "submitted/empty/99_toy/99_toy.ipynb cannot be read (the file is empty)" in lines[0]
    assert "Traceback" not in log
    assert "This file could not be read: the file is empty." in feedback(course, "empty")


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_feedback_hides_the_graded_tests(graded, student):
    course, _, _ = graded
    text = feedback(course, student)
    assert "HIDDEN" not in text
    assert "grade(" not in text
    assert "from grading_tests import grade" not in text
    assert "secret_sum" not in text or student not in ("half_done", "empty")


def test_feedback_shows_the_messages_of_the_checks(graded):
    course, _, _ = graded
    text = feedback(course, "half_done")
    assert "✓ g99_double: a positive number." in text
    assert "graded: 2 of 2 points." in text
    assert "○ g99_area: not filled in yet." in text
    assert "graded: 0 of 3 points.\n" in text
    assert "lent by yours" in feedback(course, "moved")


def test_a_deleted_cell_is_reported_in_the_log(graded):
    _, log, _ = graded
    assert "cut_up: cell g99_area_check was missing and has been restored" in log


def test_an_explanation_is_graded_by_hand(graded):
    from nbgrader.api import Gradebook

    course, _, _ = graded
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        waiting = {
            row.student.id for row in gradebook.find_assignment(STEM).submissions if row.needs_manual_grade
        }
        assert waiting >= {"solution", "stripped"}
        assert "empty" not in waiting
        gradebook.find_grade("g99_words", STEM, STEM, "solution").manual_score = 2
        gradebook.db.commit()
        assert gradebook.find_submission(STEM, "solution").score == 7


def test_validate_reports_the_gaps_and_nothing_else(toy_course):
    output = toy_course.run("nbgrader", "validate", f"course/{STEM}.ipynb", f"solutions/{STEM}.ipynb")
    assert "not filled in yet" in output
    assert "VALIDATION FAILED ON 3 CELL(S)" in output
    assert "Success! Your notebook passes all the tests." in output
