"""pyproject.toml is the one place for dependencies: environment.yml, constraints.txt and Colab agree."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = Path(os.environ.get("BRAINLAB_REAL_DATA") or ROOT.parent / "shared" / "data")
FREEZES = sorted(REAL_DATA.glob("colab-freeze*.txt"))
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
CONDA_TOOLS = {"python", "pip"}
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOLS = SETTINGS["project"], SETTINGS["tool"]
PYTHONS = [
    label.split(" :: ")[-1]
    for label in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", label)
]


def requirements(*extras):
    lines = PROJECT["dependencies"] + [
        line for extra in extras for line in PROJECT["optional-dependencies"][extra]
    ]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


def frozen_versions(path):
    """Return the versions in a `pip freeze`: `name==1.2` and `name @ name-1.2%2Bcpu-cp313-...whl`."""
    versions = {}
    for line in path.read_text().splitlines():
        if match := re.match(r"([\w.-]+)==([\w.+!]+)", line):
            versions[canonicalize_name(match[1])] = Version(match[2])
        elif match := re.match(r"([\w.-]+) @ [^ ]*?[\w.]+-(\d[\w.%+]*?)-", line):
            versions[canonicalize_name(match[1])] = Version(match[2].replace("%2B", "+"))
    return versions


def test_the_sources_are_valid_in_the_oldest_python():
    oldest = tuple(map(int, PYTHONS[0].split(".")))
    assert Version(PYTHONS[0]) in SpecifierSet(PROJECT["requires-python"])
    rooms = {line.rstrip("*") for line in TOOLS["setuptools"]["packages"]["find"]["include"]}
    paths = [
        path for room in rooms | {"benchmarks", "scripts", "tests"} for path in (ROOT / room).rglob("*.py")
    ]
    assert len(paths) > 300
    for path in [*paths, *(ROOT / "solutions").glob("*.py")]:
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=oldest)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_pinned_versions_allow_every_python(python):
    """Of what is installed here; CI installs the pins in each of these Pythons."""
    refused = []
    for name, pin in frozen_versions(ROOT / "constraints.txt").items():
        try:
            found = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of an extra that the tests do not need
        allowed = SpecifierSet(found["Requires-Python"] or "")
        if Version(found["Version"]).base_version == pin.base_version and f"{python}.9" not in allowed:
            refused.append(f"{name}=={pin} needs Python {allowed}")
    assert not refused


def test_the_extras_are_the_named_ones():
    assert set(PROJECT["optional-dependencies"]) == {"teach", "app", "docs", "test", "dev"}


def test_environment_yml_equals_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert set(environment) == {"name", "channels", "dependencies"}, "a prefix would be a path of one machine"
    assert environment["channels"] == ["conda-forge"]
    conda = {}
    for line in environment["dependencies"]:
        name = re.match(r"[\w-]+", line)[0]
        conda[CONDA_NAMES.get(name, name)] = line[len(name) :]
    assert conda["python"] == "=3.12"
    assert Version("3.12") in SpecifierSet(PROJECT["requires-python"])
    wanted = requirements("teach")
    assert set(conda) - CONDA_TOOLS == set(wanted)
    for name, specifier in wanted.items():
        assert SpecifierSet(conda[name]) == specifier, name


def test_constraints_pin_every_requirement_within_its_range():
    pins = frozen_versions(ROOT / "constraints.txt")
    for name, specifier in requirements("teach", "test", "app", "docs", "dev").items():
        assert name in pins, f"{name} has no pin in constraints.txt"
        assert pins[name] in specifier, f"{name}=={pins[name]} is outside {specifier}"
    assert pins["torch"] == Version("2.13.0")


@pytest.mark.skipif(not FREEZES, reason="the lists of what Colab has installed are not here")
@pytest.mark.parametrize("freeze", FREEZES, ids=[path.stem for path in FREEZES])
def test_base_dependencies_replace_nothing_on_colab(freeze):
    installed = frozen_versions(freeze)
    assert installed["torch"].base_version == "2.11.0", "the list was not parsed correctly"
    for name, specifier in requirements().items():
        # A version that fits is installed: pip leaves it and its dependencies as they are.
        assert name in installed, f"{name} is not on Colab: pip would have to choose a version"
        assert specifier.contains(installed[name].base_version), (
            f"{name} {installed[name]} not in {specifier}"
        )
    assert not any(s.operator in ("<", "<=") for s in SpecifierSet(PROJECT["requires-python"]))


def test_importing_brainlab_alone_does_not_import_torch():
    code = "import brainlab, sys; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("room", ["brainlab", "grading_tests"])
def test_a_folder_imports_nothing_above_it(room):
    forbidden = {
        "brainlab": r"nbgrader|jupyter\w*|IPython|grading_tests|courseware",
        "grading_tests": r"nbgrader|courseware",
    }[room]
    for path in (ROOT / room).rglob("*.py"):
        # The widgets are loaded on demand, and ipywidgets itself is built on IPython.
        rule = forbidden.replace("IPython|", "") if "widgets" in path.parts else forbidden
        found = re.search(rf"^\s*(?:import|from) ({rule})\b", path.read_text(), re.M)
        assert not found, f"{path.relative_to(ROOT)} imports {found[1]}"
