"""Fixtures that several folders share, and how tests are divided among the workers of pytest-xdist."""

import os
import shutil
from pathlib import Path

# Before torch is imported: its idle threads sleep instead of spinning, also without `make`.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
from course_folder import REPO, Course

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
TOY = Path(__file__).parent / "courseware" / "toy"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what needs a browser; give each file to one worker, the longest first.

    A file is not divided, so that its fixtures are set up once, unless its tests are in an `xdist_group`.
    """
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("browser")
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    if WORKER:
        items.sort(key=duration, reverse=True)


def duration(item) -> int:
    """Return 2 for minutes, 1 for a browser's half minute, 0 for seconds."""
    return 2 * bool(item.get_closest_marker("slow")) or int(bool(item.get_closest_marker("browser")))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory) -> Path:
    """Return a temporary folder that all workers see; what is made in it once needs a `FileLock`."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if WORKER else folder


@pytest.fixture(scope="session")
def toy_course(tmp_path_factory) -> Course:
    """Return a course of one tiny notebook with two gaps and a written answer, built once."""
    course = Course(tmp_path_factory.mktemp("toy") / "course")
    examiner = course.root / "grading_tests"
    shutil.copytree(
        REPO / "grading_tests", examiner, ignore=shutil.ignore_patterns("nb*", "bank", "__pycache__")
    )
    shutil.copy(TOY / "grading_tests" / "nb99.py", examiner)
    shutil.copy(TOY / "solutions" / "99_toy.py", course.root / "solutions")
    course.run("courseware", "build")
    return course
