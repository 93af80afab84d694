"""Write CITATION.cff from pyproject.toml, where version, authors and address stand.

usage: python scripts/citation.py
"""

import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def citation(project: dict) -> str:
    """Return the text of CITATION.cff (format 1.2.0) for the `[project]` table of pyproject.toml."""
    lines = [
        "# Written by scripts/citation.py from pyproject.toml.",
        "cff-version: 1.2.0",
        "message: If you teach with brainlab or build on it, please cite it as below.",
        f"title: {json.dumps('brainlab: ' + project['description'])}",
        "type: software",
        "authors:",
        *(f"  - name: {json.dumps(author['name'])}" for author in project["authors"]),
        f"version: {json.dumps(project['version'])}",
        f"license: {project['license']}",
        f"repository-code: {json.dumps(project['urls']['Repository'])}",
        "keywords:",
        *(f"  - {json.dumps(word)}" for word in project["keywords"]),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (ROOT / "CITATION.cff").write_text(citation(project), encoding="utf-8")
