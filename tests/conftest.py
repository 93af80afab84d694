"""Fixtures that several folders of tests share."""

import os
import shutil
from pathlib import Path

# Before torch is imported: its idle threads sleep instead of spinning, also without `make`.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
from course_folder import REPO, Course

TOY = Path(__file__).parent / "courseware" / "toy"


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
