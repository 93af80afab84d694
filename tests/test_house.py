"""The size of the library, its floors and its public face: the limits that it was given."""

import importlib
import re
from pathlib import Path

import house
import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTED = re.findall(r"automodule:: ([\w.]+)", (ROOT / "docs" / "api.md").read_text())


@pytest.fixture(scope="module")
def graph():
    return house.import_graph()


def test_the_library_stays_small():
    paths = house.modules().values()
    assert len(paths) <= 120
    assert sum(house.code_lines(path) for path in paths) <= 9000


def test_no_file_is_too_long():
    lengths = {path.name: len(path.read_text().splitlines()) for path in house.modules().values()}
    long = {name: length for name, length in lengths.items() if length > 320}
    assert not long, f"longer than 320 lines, docstrings included: {long}"


def test_code_lines_leave_out_words(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        '"""Doc.\n\nMore.\n"""\n\n# why\nx = 1  # what\n\n\n'
        'def f():\n    """Do."""\n    return (\n        x\n    )\n'
    )
    assert house.code_lines(path) == 5


def test_imports_run_downwards(graph):
    between = house.rooms(graph)
    assert not house.circle(graph)
    assert not house.circle(between)
    assert not house.arrows_out()
    assert max(house.floors(between).values()) <= 6


def test_a_circle_and_its_floors_would_be_seen():
    assert house.circle({"a": {"b"}, "b": {"a"}})
    assert house.floors({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"c": 1, "b": 2, "a": 3}


def test_a_case_from_disk_to_nifti_walks_through_few_files():
    stages = house.walk_of_a_case()
    assert list(stages) == ["open", "cache", "slices", "batch", "fit", "predict", "save"]
    files = set().union(*stages.values())
    assert len(files) <= 20, sorted(files)


def test_notebooks_import_from_few_public_modules():
    names = house.notebook_modules()
    assert len(names) <= 15, names
    missing = sorted(set(names) - set(DOCUMENTED))
    assert not missing, f"docs/api.md lacks {missing}"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_public_module_says_what_is_public(name):
    module = importlib.import_module(name)
    assert module.__all__
    for public in module.__all__:
        assert getattr(module, public) is not None
