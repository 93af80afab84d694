"""The size of the library, its floors and its public face: the limits that it was given."""

import ast
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
    """9,000 lines until scores by lesion, intervals, small lesions and the probe of GANs came."""
    paths = house.modules().values()
    assert len(paths) <= 120
    assert sum(house.code_lines(path) for path in paths) <= 9150


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
    missing = sorted(set(names) - set(DOCUMENTED) - {"brainlab"})  # the page is about brainlab itself
    assert not missing, f"docs/api.md lacks {missing}"


def public_names(name):
    """The names of `__all__`; or, in a module whose docstring says so, those that it defines itself."""
    module = importlib.import_module(name)
    if hasattr(module, "__all__"):
        return set(module.__all__)
    assert "name without an underscore that is defined here is public" in module.__doc__, name
    tree = ast.parse(Path(module.__file__).read_text())
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    defined += [target.id for target in targets if isinstance(target, ast.Name)]
    return {each for each in defined if not each.startswith("_")}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_public_module_says_what_is_public(name):
    names = public_names(name)
    assert names
    for public in names:
        assert getattr(importlib.import_module(name), public) is not None


def test_notebooks_use_public_names_only():
    used = set()  # (notebook, module, name)
    for path in sorted((ROOT / "solutions").glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        modules = {name: name for name in DOCUMENTED}  # as it is called in the notebook -> module
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    if full in DOCUMENTED:
                        modules[alias.asname or alias.name] = full
                    elif node.module in DOCUMENTED:
                        used.add((path.name, node.module, alias.name))
        for node in nodes:
            if isinstance(node, ast.Attribute) and (module := modules.get(ast.unparse(node.value))):
                used.add((path.name, module, node.attr))
    assert {module for _, module, _ in used} >= {"brainlab.data", "brainlab.recipes.segmentation"}
    internal = [each for each in sorted(used) if each[2] not in public_names(each[1])]
    assert not internal, f"(notebook, module, name) that is not public there: {internal}"
