"""Make notebooks from text: what nbgrader stages, and what is published with its outputs.

Everything that could differ between machines is fixed: ids come from the content, metadata are constants.
"""

import copy
import os
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from courseware.marks import BEGIN, BEGIN_HIDDEN, END, END_HIDDEN, cell_id, without_hidden
from courseware.placeholders import fill
from courseware.setup_cell import SETUP
from courseware.source import Cell, gaps_of, read, verify
from grading_tests.gap import Gap

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def build(path: Path) -> NotebookNode:
    """Return the full notebook of a text `NN_name.py`: solutions, hidden tests, metadata, no outputs.

    Raises
    ------
    SourceError
        If text and gaps do not belong together.
    """
    cells, gaps = read(path), gaps_of(path)
    verify(path, cells, gaps)
    known = {gap.id: gap for gap in gaps}
    notebook = new_notebook(metadata=copy.deepcopy(METADATA))
    seen: Counter[str] = Counter()
    for cell in cells:
        source, metadata = dress(cell, known.get(cell.gap_id))
        if cell.kind == "markdown":
            source = fill(source, path.stem, cells, gaps)
        key = metadata.get("nbgrader", {}).get("grade_id") or source
        seen[key] += 1
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        notebook.cells.append(make(source, id=cell_id(path.stem, key, seen[key]), metadata=metadata))
    nbformat.validate(notebook)
    return notebook


def dress(cell: Cell, gap: Gap | None) -> tuple[str, dict]:
    """Return the final source of a cell and its metadata."""
    metadata: dict = {"tags": cell.tags} if cell.tags else {}
    if cell.role == "setup":
        return SETUP, metadata
    if gap is None:
        return cell.source, metadata
    effort = f"about {gap.minutes} min · {points(gap)}"
    if cell.role == "gap":
        metadata["nbgrader"] = mark(cell, gap.id, solution=True)
        return f"# {gap.id} · {effort}\n{cell.source}", metadata
    if cell.role == "explain":
        metadata["nbgrader"] = mark(cell, gap.id, solution=True, grade=True, points=gap.points)
        return f"*{gap.id} · in your own words · {effort}*\n\n{cell.source}", metadata
    metadata["nbgrader"] = mark(cell, f"{gap.id}_check", grade=True, locked=True, points=gap.points)
    call = f'("{gap.id}", {gap.answer})'
    # The import travels with the hidden call, so that nothing in the student's notebook stands in for it.
    hidden = f"{BEGIN_HIDDEN}\nfrom grading_tests import grade\n\ngrade{call}\n{END_HIDDEN}"
    return f"check{call}\n{hidden}", metadata


def points(gap: Gap) -> str:
    """Return the points of a gap in words."""
    return f"{gap.points} point{'s' * (gap.points != 1)}"


def mark(cell: Cell, grade_id: str, **fields) -> dict:
    """Return the nbgrader metadata of a cell."""
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return plain | {"cell_type": cell.kind, "grade_id": grade_id} | fields


def readable(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook as a reader wants it: without markers and hidden calls."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        lines = without_hidden(cell.source).split("\n")
        cell.source = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    return notebook


def write(notebook: NotebookNode, path: Path) -> bool:
    """Write a notebook, if that changes the file; tell whether it did."""
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    return True
