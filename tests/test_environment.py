"""pyproject.toml is the one place for dependencies: environment.yml, constraints.txt and Colab must agree."""

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
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements(*extras):
    lines = PROJECT["dependencies"] + [
        line for extra in extras for line in PROJECT["optional-dependencies"][extra]
    ]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


def frozen_versions(path):
    """Versions in a `pip freeze`: `name==1.2` and `name @ name-1.2%2Bcpu-cp313-...whl`."""
    versions = {}
    for line in path.read_text().splitlines():
        if match := re.match(r"([\w.-]+)==([\w.+!]+)", line):
            versions[canonicalize_name(match[1])] = Version(match[2])
        elif match := re.match(r"([\w.-]+) @ [^ ]*?[\w.]+-(\d[\w.%+]*?)-", line):
            versions[canonicalize_name(match[1])] = Version(match[2].replace("%2B", "+"))
    return versions


def test_the_extras_are_the_named_ones():
    assert set(PROJECT["optional-dependencies"]) == {"teach", "app", "docs", "test"}


def test_environment_yml_equals_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert set(environment) == {"name", "channels", "dependencies"}, "a prefix would leak a local path"
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
    for name, specifier in requirements("teach", "test", "app", "docs").items():
        assert name in pins, f"{name} has no pin in constraints.txt"
        assert pins[name] in specifier, f"{name}=={pins[name]} is outside {specifier}"
    assert pins["torch"] == Version("2.13.0")


@pytest.mark.skipif(not FREEZES, reason="the lists of what Colab has installed are not here")
@pytest.mark.parametrize("freeze", FREEZES, ids=lambda path: path.stem)
def test_base_dependencies_replace_nothing_on_colab(freeze):
    installed = frozen_versions(freeze)
    assert installed["torch"].base_version == "2.11.0", "the list was not read as it should be"
    for name, specifier in requirements().items():
        # Already there in a version that fits: pip leaves it, and so it leaves all that it needs.
        assert name in installed, f"{name} is not on Colab: pip would have to choose a version"
        assert specifier.contains(installed[name].base_version), (
            f"{name} {installed[name]} not in {specifier}"
        )
    assert not any(s.operator in ("<", "<=") for s in SpecifierSet(PROJECT["requires-python"]))


def test_importing_brainlab_alone_does_not_import_torch():
    code = "import brainlab, sys; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("room", ["brainlab", "grading_tests"])
def test_the_arrows_between_the_rooms_hold(room):
    forbidden = {
        "brainlab": r"nbgrader|jupyter\w*|IPython|grading_tests|courseware",
        "grading_tests": r"nbgrader|courseware",
    }[room]
    for path in (ROOT / room).rglob("*.py"):
        # The widgets are loaded when asked for, and ipywidgets itself is made of IPython.
        rule = forbidden.replace("IPython|", "") if "widgets" in path.parts else forbidden
        found = re.search(rf"^\s*(?:import|from) ({rule})\b", path.read_text(), re.M)
        assert not found, f"{path.relative_to(ROOT)} imports {found[1]}"
