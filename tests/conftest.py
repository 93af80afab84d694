"""Courses in folders of their own, so that no test dirties the repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
TOY = Path(__file__).parent / "courseware" / "toy"


class Course:
    """A course folder with the repository's configuration, and commands that run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "solutions").mkdir(parents=True)
        shutil.copy(REPO / "nbgrader_config.py", root)

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        """Start `python -m command...` in the course, which finds its own modules before the repository's."""
        paths = os.pathsep.join([str(self.root), str(REPO)])
        settings = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"} | environment
        settings.pop("NBGRADER_EXECUTION", None)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen([sys.executable, "-m", *command], cwd=self.root, env=settings, **streams)

    def run(self, *command: str, fails: bool = False, **environment: str) -> str:
        """Run such a command to its end and return what it printed."""
        process = self.start(*command, **environment)
        output, _ = process.communicate()
        assert (process.returncode != 0) == fails, output
        return output

    def submit(self, student: str, stem: str, text: str) -> None:
        """Hand in the text of a notebook file."""
        target = self.root / "submitted" / student / stem / f"{stem}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def toy_course(tmp_path_factory) -> Course:
    """A course of one tiny notebook with two gaps and a question, built once."""
    course = Course(tmp_path_factory.mktemp("toy") / "course")
    examiner = course.root / "grading_tests"
    shutil.copytree(
        REPO / "grading_tests", examiner, ignore=shutil.ignore_patterns("nb*", "bank", "__pycache__")
    )
    shutil.copy(TOY / "grading_tests" / "nb99.py", examiner)
    shutil.copy(TOY / "solutions" / "99_toy.py", course.root / "solutions")
    course.run("courseware", "build")
    return course
