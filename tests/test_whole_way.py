"""The whole way of the real notebooks: build, release, three students, autograde, feedback, export."""

import copy
import csv
import io
import json
import re
from pathlib import Path

import nbformat
import pytest
from course_folder import REPO, Course
from filelock import FileLock
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from brainlab.budgets import BUDGETS
from brainlab.synth.phantom import make_cohort
from courseware.build import build
from courseware.execute import readable
from courseware.proof.banks import banks
from courseware.source import gaps_of
from courseware.stage import sources

TEXTS = sources(REPO)
STUDENTS = ("solution", "untouched", "half_done")
# The solution trains as nbgrader lets it. The two others train the same networks: theirs are cut short.
SETUP_CALL = "lab = setup(data=None, budget=None)"
SHORT = f"""{SETUP_CALL}
from dataclasses import replace
from brainlab.budgets import IMAGES, SUPERRES
lab = replace(lab, budget=replace(lab.budget, epochs=1))
IMAGES["quick"] = replace(IMAGES["quick"], epochs=1)
SUPERRES["quick"] = replace(SUPERRES["quick"], psnr_epochs=2, gan_epochs=2, unet_epochs=1)"""
# The last cell of the solution: the checks must judge as they do in a new kernel.
AFTERWARDS = """from courseware.proof.banks import banks
from courseware.proof.rates import rates

for gap_id in banks():
    if gap_id.startswith("g{number}"):
        of = rates(gap_id, every=2)
        print(gap_id, of.right - of.accepted, of.wrong - of.rejected, of.misled, of.wrong, of.named)
"""

pytestmark = pytest.mark.slow


class Walk:
    """One notebook, built, released, submitted by three students and graded in a course of its own."""

    def __init__(self, text: Path, folder: Path, home: Path) -> None:
        self.text, self.stem, self.course = text, text.stem, Course(folder / "course")
        course, stem = self.course, self.stem
        (course.root / "solutions" / text.name).write_bytes(text.read_bytes())
        course.run("courseware", "build", "--no-execute")
        release = nbformat.read(course.root / "course" / f"{stem}.ipynb", as_version=4)
        solution = readable(build(text))
        solution.cells.append(new_code_cell(AFTERWARDS.format(number=stem[:2])))
        submitted = (solution, shortened(release), shortened(half_done(solution, release)))
        for student, notebook in zip(STUDENTS, submitted, strict=True):
            course.submit(student, stem, nbformat.writes(notebook))
        settings = {"BRAINLAB_HOME": str(home), "BRAINLAB_BUDGET": "quick", "BRAINLAB_DATA": ""}
        self.log = course.run("nbgrader", "autograde", stem, **settings)
        course.run("nbgrader", "generate_feedback", stem)
        grade_by_hand(course, text)
        course.run("nbgrader", "export")

    def expected_points(self) -> dict[str, float]:
        """Return the points that each student deserves, with the written answers of the solution."""
        gaps = gaps_of(self.text)
        filled = [gap for gap in gaps if gap.properties][::2]
        return {
            "solution": sum(gap.points for gap in gaps),
            "untouched": 0,
            "half_done": sum(gap.points for gap in filled),
        }

    def feedback(self, student: str) -> str:
        """Return the feedback page as text without tags."""
        page = (self.course.root / "feedback" / student / self.stem / f"{self.stem}.html").read_text()
        return re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", "", page, flags=re.DOTALL)

    def grades(self) -> dict[str, dict]:
        """Return the exported grades by student."""
        table = csv.DictReader(io.StringIO((self.course.root / "grades.csv").read_text()))
        return {row["student_id"]: row for row in table}

    def graded(self, student: str) -> nbformat.NotebookNode:
        """Return the student's notebook as nbgrader ran it."""
        path = self.course.root / "autograded" / student / self.stem / f"{self.stem}.ipynb"
        return nbformat.read(path, as_version=4)


def shortened(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook with short trainings: an edit of the setup cell, which students may edit."""
    notebook = copy.deepcopy(notebook)
    (setup,) = [cell for cell in notebook.cells if SETUP_CALL in cell.source]
    setup.source = setup.source.replace(SETUP_CALL, SHORT)
    return notebook


def half_done(solution: nbformat.NotebookNode, release: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the release with every second gap filled."""
    notebook = copy.deepcopy(release)
    answers = {cell.id: cell.source for cell in solution.cells}
    gaps = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for cell in [cell for cell in gaps if cell.cell_type == "code"][::2]:
        cell.source = answers[cell.id]
    return notebook


def grade_by_hand(course: Course, text: Path) -> None:
    """Give the written answers of the solution full points, as an instructor would in formgrader."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        for gap in gaps_of(text):
            if not gap.properties:
                grade = gradebook.find_grade(gap.id, text.stem, text.stem, "solution")
                assert grade.needs_manual_grade
                grade.manual_score, grade.needs_manual_grade = gap.points, False
        gradebook.db.commit()


@pytest.fixture(scope="session")
def home(shared_folder) -> Path:
    """Return a home folder with the cohort of the quick budget, which all walks use."""
    home, quick = shared_folder / "home", BUDGETS["quick"]
    cohort = home / f"cohort-{quick.spacing}mm"
    with FileLock(shared_folder / "home.lock"):
        if not cohort.exists():
            make_cohort(quick.patients, folder=cohort, spacing=quick.spacing, progress=False)
    return home


@pytest.fixture(scope="module", params=TEXTS, ids=[text.stem for text in TEXTS])
def walk(request, tmp_path_factory, home) -> Walk:
    """The walk of one notebook."""
    return Walk(request.param, tmp_path_factory.mktemp("whole_way"), home)


@pytest.mark.parametrize("student", STUDENTS)
def test_points(walk, student):
    row, expected = walk.grades()[student], walk.expected_points()
    assert float(row["score"]) == pytest.approx(expected[student])
    assert float(row["max_score"]) == expected["solution"]


@pytest.mark.parametrize("student", STUDENTS)
def test_the_notebook_runs_without_an_error(walk, student):
    outputs = [output for cell in walk.graded(student).cells for output in cell.get("outputs", [])]
    assert [f"{one.ename}: {one.evalue}" for one in outputs if one.output_type == "error"] == []


def test_checks_are_as_fair_after_the_whole_notebook_as_before(walk):
    """In a used kernel, too, no right answer is rejected, no wrong one accepted or sent to another step."""
    outputs = walk.graded("solution").cells[-1].outputs
    assert {output.get("name") for output in outputs} == {"stdout"}
    rows = [line.split() for output in outputs for line in output.text.splitlines()]
    assert [row[0] for row in rows] == [gap_id for gap_id in banks() if gap_id[1:3] == walk.stem[:2]]
    assert all(row[1:4] == ["0", "0", "0"] for row in rows), rows
    wrong, named = (sum(int(row[column]) for row in rows) for column in (4, 5))
    # As in a new kernel: tests/grading_tests/test_banks.py.
    assert named >= 0.9 * wrong, rows


@pytest.mark.parametrize("student", STUDENTS)
def test_feedback_shows_the_checks_and_hides_the_graded_ones(walk, student):
    text = walk.feedback(student)
    assert "HIDDEN" not in text
    assert "grade(" not in text
    assert ("not filled in yet" in text) == (student != "solution")
    assert ("✓ g" in text) == (student != "untouched")
    assert "graded: " in text


def test_the_log_has_no_errors(walk):
    assert "Traceback" not in walk.log
    assert "ERROR" not in walk.log


def test_the_committed_release_is_up_to_date(walk):
    """No cell runs for a release, so nothing in it depends on the machine. If this fails: `make course`."""
    made = json.loads((walk.course.root / "course" / f"{walk.stem}.ipynb").read_text())
    assert made == json.loads((REPO / "course" / f"{walk.stem}.ipynb").read_text())


def test_the_release_holds_no_line_of_a_solution(walk):
    """Of the regions between the markers only the numbered comments are in the released cell."""
    release = nbformat.read(walk.course.root / "course" / f"{walk.stem}.ipynb", as_version=4)
    released = {cell.id: cell.source for cell in release.cells}
    solutions = [cell for cell in build(walk.text).cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert solutions
    for cell in solutions:
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, flags=re.DOTALL):
            for line in region.split("\n"):
                if line.strip() and not re.match(r"\s*#( *\d+\. | {3,})", line):
                    assert line not in released[cell.id].split("\n"), line
        assert "SOLUTION" not in released[cell.id]
