"""Build the complete notebook from its text: solutions, checks with their hidden part, nbgrader metadata.

The result is reproducible: cell ids are hashes of the content, and all metadata are constant.
"""

import copy
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from courseware.markers import BEGIN_HIDDEN, END_HIDDEN, cell_id
from courseware.placeholders import fill
from courseware.setup_cell import SETUP
from courseware.source import Cell, gaps_of, read, verify
from grading_tests.gap import Gap

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def build(path: Path) -> NotebookNode:
    """Return the complete notebook for a text `NN_name.py`, without outputs.

    Raises
    ------
    SourceError
        If the cells of the text and the gaps of `grading_tests.nbNN` do not match.
    """
    cells, gaps = read(path), gaps_of(path)
    verify(path, cells, gaps)
    known = {gap.id: gap for gap in gaps}
    notebook = new_notebook(metadata=copy.deepcopy(METADATA))
    seen: Counter[str] = Counter()
    for cell in cells:
        source, metadata = complete(cell, known.get(cell.gap_id))
        if cell.kind == "markdown":
            source = fill(source, path.stem, cells, gaps)
        key = metadata.get("nbgrader", {}).get("grade_id") or source
        seen[key] += 1
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        notebook.cells.append(make(source, id=cell_id(path.stem, key, seen[key]), metadata=metadata))
    nbformat.validate(notebook)
    return notebook


def complete(cell: Cell, gap: Gap | None) -> tuple[str, dict]:
    """Return the final source of a cell and its metadata."""
    metadata: dict = {"tags": cell.tags} if cell.tags else {}
    if cell.role == "setup":
        return SETUP, metadata
    if gap is None:
        return cell.source, metadata
    effort = f"about {gap.minutes} min · {gap.points} point{'s' * (gap.points != 1)}"
    if cell.role == "gap":
        metadata["nbgrader"] = nbgrader_metadata(cell, gap.id, solution=True)
        return f"# {gap.id} · {effort}\n{cell.source}", metadata
    if cell.role == "explain":
        metadata["nbgrader"] = nbgrader_metadata(cell, gap.id, solution=True, grade=True, points=gap.points)
        return f"*{gap.id} · in your own words · {effort}*\n\n{cell.source}", metadata
    metadata["nbgrader"] = nbgrader_metadata(
        cell, f"{gap.id}_check", grade=True, locked=True, points=gap.points
    )
    call = f'("{gap.id}", {gap.answer})'
    # The hidden part has an import of its own, so that a student's `grade` cannot take its place.
    hidden = f"{BEGIN_HIDDEN}\nfrom grading_tests import grade\n\ngrade{call}\n{END_HIDDEN}"
    return f"check{call}\n{hidden}", metadata


def nbgrader_metadata(cell: Cell, grade_id: str, **fields) -> dict:
    """Return the nbgrader metadata of a cell."""
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    return plain | {"cell_type": cell.kind, "grade_id": grade_id} | fields
