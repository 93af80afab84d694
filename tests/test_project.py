"""Files around the code: citation, workflows, hooks; and each fact about the project in one place."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import brainlab

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_citation_is_made_from_pyproject():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import citation, json, sys; sys.stdout.write(citation.citation(json.load(sys.stdin)))",
        ],
        cwd=ROOT / "scripts",
        input=json.dumps(PROJECT),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "CITATION.cff").read_text() == done.stdout, "run python scripts/citation.py"


def test_the_version_stands_in_one_place():
    assert brainlab.__version__ == PROJECT["version"]
    tracked = subprocess.run(["git", "ls-files", "*.py", "*.toml"], cwd=ROOT, capture_output=True, text=True)
    mentions = [
        name
        for name in tracked.stdout.split()
        if re.search(rf"""["']v?{re.escape(PROJECT["version"])}["']""", (ROOT / name).read_text())
    ]
    assert mentions == ["pyproject.toml"]


def test_the_address_stands_in_one_place():
    organisation = PROJECT["urls"]["Repository"].split("/")[-2]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    made = {"CITATION.cff"}  # and the built notebooks
    written = [name for name in tracked if not name.endswith((".ipynb", ".png", ".npz", ".pt"))]
    mentions = [name for name in written if organisation in (ROOT / name).read_text()]
    assert set(mentions) - made == {"pyproject.toml"}


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [("github-workflows", ".github/workflows/*.yml"), ("citation-file-format", "CITATION.cff")],
)
def test_files_for_github_match_their_schemas(schema, pattern):
    pytest.importorskip("check_jsonschema")
    files = [str(path) for path in ROOT.glob(pattern)]
    assert files
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_runs_on_the_pythons_that_are_promised():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    promised = [c.split(" :: ")[-1] for c in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", c)]
    assert tested == promised
    assert f">={tested[0]}" == PROJECT["requires-python"]


def test_the_hooks_run_tools_of_the_environment():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    tools = {hook["entry"].split()[0] for repo in hooks for hook in repo["hooks"]}
    extras = " ".join(name for extra in PROJECT["optional-dependencies"].values() for name in extra)
    assert all(tool in extras for tool in tools)
