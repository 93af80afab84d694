"""Fixtures that several folders share, and how tests are divided among the workers of pytest-xdist."""

import os
import re
import shutil
from pathlib import Path

# Before torch is imported: its idle threads sleep instead of spinning, also without `make`.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
import torch
from course_folder import REPO, Course

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
TOY = Path(__file__).parent / "courseware" / "toy"


# Tests of one group are run by the same worker of pytest-xdist; by default a group is a file.
GROUPS = [
    r"tests/(?:grading_tests/test_(?:banks|naming|table)|courseware/test_mutants)\.py",  # run the banks once
    r"tests/courseware/test_(?:make|grading)\.py",  # build the toy course once
    r"tests/test_whole_way\.py::.*\[(\d\d)_",  # a notebook
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark tests that need a browser; let workers begin with the longest tests."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("browser")
    if WORKER:
        items.sort(key=lambda item: [item.get_closest_marker(mark) is None for mark in ("slow", "browser")])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Schedule by group. (`--dist loadgroup` of pytest-xdist 3.8 has no effect under pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    config.option.loadscopereorder = False
    return Groups(config, log)


def group(nodeid: str) -> str:
    """Return the group of a test."""
    for pattern in GROUPS:
        if match := re.match(pattern, nodeid):
            return pattern + "".join(match.groups())
    return nodeid.split("::")[0]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory) -> Path:
    """Return a temporary folder that all workers see; what is made in it once needs a `FileLock`."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if WORKER else folder


@pytest.fixture(scope="session")
def toy_course(tmp_path_factory) -> Course:
    """Return a course of one tiny notebook with two gaps and a written answer, built once."""
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
