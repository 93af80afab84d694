"""The whole way on the real notebooks: cohort, build, three students, autograde, feedback, export."""

import copy
import csv
import io
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from course_folder import REPO, Course
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from brainlab.budgets import BUDGETS
from brainlab.synth.phantom import make_cohort
from courseware.build import build, readable
from courseware.proof.banks import banks
from courseware.source import gaps_of
from courseware.stage import sources

TEXTS = sources(REPO)
STUDENTS = ("solution", "untouched", "half_done")
# The last cell of the solution: what has run before must not change what the checks say.
AFTERWARDS = """from courseware.proof.banks import banks
from courseware.proof.rates import rates

for gap_id, (gap, bank) in banks().items():
    if gap_id.startswith("g{number}"):
        of = rates(gap, bank)
        print(gap_id, of.right - of.accepted, of.wrong - of.rejected, of.wrong - of.named)
"""

pytestmark = pytest.mark.skipif(not TEXTS, reason="no notebooks yet")


@dataclass
class Walk:
    """What came of the whole way for one notebook."""

    course: Course
    stem: str
    expected: dict[str, float] = field(default_factory=dict)
    log: str = ""
    seconds: float = 0.0

    def feedback(self, student: str) -> str:
        """Return the feedback page as text without tags."""
        page = (self.course.root / "feedback" / student / self.stem / f"{self.stem}.html").read_text()
        return re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", "", page, flags=re.DOTALL)

    def rows(self) -> dict[str, dict]:
        """Return the exported grades by student."""
        table = csv.DictReader(io.StringIO((self.course.root / "grades.csv").read_text()))
        return {row["student_id"]: row for row in table}

    def errors(self, student: str) -> list[str]:
        """Return every exception in the student's graded notebook."""
        path = self.course.root / "autograded" / student / self.stem / f"{self.stem}.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        return [f"{one.ename}: {one.evalue}" for one in outputs if one.output_type == "error"]


def walk(text: Path, folder: Path, home: Path) -> Walk:
    """Go the whole way with one notebook, in a course of its own so that two can go at the same time."""
    course = Course(folder / text.stem)
    (course.root / "solutions" / text.name).write_bytes(text.read_bytes())
    settings = {"BRAINLAB_HOME": str(home), "BRAINLAB_BUDGET": "quick", "BRAINLAB_DATA": ""}
    course.run("courseware", "build", "--no-execute")
    solution = readable(build(text))
    solution.cells.append(new_code_cell(AFTERWARDS.format(number=text.stem[:2])))
    release = nbformat.read(course.root / "course" / text.name.replace(".py", ".ipynb"), as_version=4)
    result = Walk(course, text.stem)
    for student, notebook in zip(STUDENTS, (solution, release, half_done(solution, release)), strict=True):
        course.submit(student, text.stem, nbformat.writes(notebook))
    result.expected = expected_points(text)
    started = time.perf_counter()
    result.log = course.run("nbgrader", "autograde", text.stem, **settings)
    result.seconds = time.perf_counter() - started
    course.run("nbgrader", "generate_feedback", text.stem)
    grade_by_hand(course, text)
    course.run("nbgrader", "export")
    return result


def half_done(solution: nbformat.NotebookNode, release: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the release with every second gap filled in."""
    notebook = copy.deepcopy(release)
    answers = {cell.id: cell.source for cell in solution.cells}
    gaps = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for cell in [cell for cell in gaps if cell.cell_type == "code"][::2]:
        cell.source = answers[cell.id]
    return notebook


def expected_points(text: Path) -> dict[str, float]:
    """Return what each student deserves, the written answer of the solution included."""
    gaps = gaps_of(text)
    filled = [gap for gap in gaps if gap.properties][::2]
    return {
        "solution": sum(gap.points for gap in gaps),
        "untouched": 0,
        "half_done": sum(gap.points for gap in filled),
    }


def grade_by_hand(course: Course, text: Path) -> None:
    """Give the solution's written answers their full points, as an instructor would in formgrader."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        for gap in gaps_of(text):
            if not gap.properties:
                grade = gradebook.find_grade(gap.id, text.stem, text.stem, "solution")
                assert grade.needs_manual_grade
                grade.manual_score, grade.needs_manual_grade = gap.points, False
        gradebook.db.commit()


@pytest.fixture(scope="module")
def walks(tmp_path_factory) -> dict[str, Walk]:
    """All notebooks, two at a time, on one small cohort."""
    folder, home = tmp_path_factory.mktemp("whole_way"), tmp_path_factory.mktemp("home")
    quick = BUDGETS["quick"]
    make_cohort(
        quick.patients, folder=home / f"cohort-{quick.spacing}mm", spacing=quick.spacing, progress=False
    )
    with ThreadPoolExecutor(2) as pool:
        return {one.stem: one for one in pool.map(lambda text: walk(text, folder, home), TEXTS)}


@pytest.fixture(params=[text.stem for text in TEXTS])
def done(request, walks) -> Walk:
    """The way of one notebook."""
    return walks[request.param]


@pytest.mark.parametrize("student", STUDENTS)
def test_everyone_gets_the_expected_points(done, student):
    row = done.rows()[student]
    assert float(row["score"]) == pytest.approx(done.expected[student])
    assert float(row["max_score"]) == done.expected["solution"]


@pytest.mark.parametrize("student", STUDENTS)
def test_the_notebook_runs_to_its_end(done, student):
    print(f"{done.stem}: {done.seconds:.0f} s for three students")
    assert done.errors(student) == []


def test_checks_are_as_fair_after_the_whole_notebook_as_before(done):
    """Right answers rejected, wrong ones accepted, wrong ones without a name: none, in a used kernel too."""
    path = done.course.root / "autograded" / "solution" / done.stem / f"{done.stem}.ipynb"
    outputs = nbformat.read(path, as_version=4).cells[-1].outputs
    assert {output.get("name") for output in outputs} == {"stdout"}
    rows = [line.split() for output in outputs for line in output.text.splitlines()]
    assert [row[0] for row in rows] == [gap_id for gap_id in banks() if gap_id[1:3] == done.stem[:2]]
    assert all(row[1:] == ["0", "0", "0"] for row in rows), rows


@pytest.mark.parametrize("student", STUDENTS)
def test_feedback_shows_the_checks_and_hides_the_graded_ones(done, student):
    text = done.feedback(student)
    assert "HIDDEN" not in text
    assert "grade(" not in text
    assert ("not filled in yet" in text) == (student != "solution")
    assert ("✓ g" in text) == (student != "untouched")
    assert "graded: " in text


def test_the_log_is_quiet(done):
    """Nothing to worry an instructor with."""
    assert "Traceback" not in done.log
    assert "ERROR" not in done.log
