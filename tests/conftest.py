"""Fixtures that several folders of tests share."""

import os
import shutil
from pathlib import Path

# Before torch is imported: its idle threads sleep instead of spinning, also without `make`.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
import torch
from course_folder import REPO, Course

TOY = Path(__file__).parent / "courseware" / "toy"


@pytest.fixture(scope="session")
def toy_course(tmp_path_factory) -> Course:
    """A course of one tiny notebook with two gaps and a question, built once."""
    course = Course(tmp_path_factory.mktemp("toy") / "course")
    engine = course.root / "grading_tests"
    without = shutil.ignore_patterns("nb*", "bank", "__pycache__")
    shutil.copytree(REPO / "grading_tests", engine, ignore=without)
    shutil.copytree(TOY / "grading_tests", engine, dirs_exist_ok=True)
    shutil.copy(TOY / "solutions" / "99_toy.py", course.root / "solutions")
    course.run("courseware", "build")
    return course


@pytest.fixture
def one_thread():
    """Work on one thread: idle threads take time from other jobs."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
