"""Give a handed-in notebook its nbgrader metadata back, however it was copied, cut up or retyped.

From the submission comes only what a student writes: the text of the cells and, where it is still there, the
`grade_id`. Everything else comes from the gradebook. Tags go, because `skip-execution` on a test cell would
score full marks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from courseware.marks import cell_id, without_hidden

MAKERS = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


@dataclass
class Known:
    """A cell of the release, as the gradebook remembers it."""

    grade_id: str
    kind: str
    source: str
    checksum: str
    locked: bool
    solution: bool
    points: float | None  # None where the cell is not graded

    @property
    def metadata(self) -> dict:
        """Its nbgrader metadata."""
        plain = {
            "schema_version": 3,
            "task": False,
            "grade": self.points is not None,
            "solution": self.solution,
        }
        plain |= {
            "locked": self.locked,
            "grade_id": self.grade_id,
            "cell_type": self.kind,
            "checksum": self.checksum,
        }
        return {"nbgrader": plain if self.points is None else plain | {"points": self.points}}


class RepairMetadata(NbGraderPreprocessor):
    """First of `c.Autograde.sanitize_preprocessors`."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Rebuild the notebook from its texts and the gradebook."""
        about = resources["nbgrader"]
        known = from_gradebook(about["db_url"], about["notebook"], about["assignment"])
        owners = find_owners(nb.cells, known, about["notebook"])
        which = {place: grade_id for grade_id, place in owners.items()}
        cells = [rebuilt(cell, known.get(which.get(place))) for place, cell in enumerate(nb.cells)]
        for grade_id in put_back(cells, known):
            self.log.warning("%s: cell %s was missing, put back", about["student"], grade_id)
        nb.cells, nb.metadata = cells, NotebookNode()
        nb.nbformat, nb.nbformat_minor = 4, 5
        return nb, resources


def from_gradebook(db_url: str, notebook: str, assignment: str) -> dict[str, Known]:
    """Return the known cells of a notebook in the order of the release."""
    with Gradebook(db_url) as gradebook:
        entry = gradebook.find_notebook(notebook, assignment)
        points = {cell.name: cell.max_score for cell in entry.grade_cells}
        solutions = {cell.name for cell in entry.solution_cells}
        return {
            cell.name: Known(
                cell.name,
                cell.cell_type,
                cell.source,
                cell.checksum,
                bool(cell.locked),
                cell.name in solutions,
                points.get(cell.name),
            )
            for cell in entry.source_cells
        }


def find_owners(cells: list[Any], known: dict[str, Known], notebook: str) -> dict[str, int]:
    """Return, for each grade_id, the place of the cell that has it.

    A cell that says what it is comes first, and of several the last one, as in a running notebook. What is
    still missing is looked for by the cell's id, the text of a locked cell, the function that it defines.
    """
    owners = {claim(cell): place for place, cell in enumerate(cells) if claim(cell) in known}
    free = [
        place
        for place in range(len(cells))
        if place not in owners.values() and claim(cells[place]) not in known
    ]
    for recognise in (by_id(known, notebook), by_text(known), by_names(known)):
        missing = set(known) - set(owners)
        for place in free:
            grade_id = recognise(cells[place])
            if grade_id in missing and place not in owners.values():
                owners[grade_id] = place
    return owners


def claim(cell: Any) -> str | None:
    """Return the grade_id that a cell has in its metadata, whatever else is there."""
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def by_id(known: dict[str, Known], notebook: str):
    """Recognise a cell by its id, which the builder derives from the grade_id."""
    ids = {cell_id(notebook, grade_id): grade_id for grade_id in known}
    return lambda cell: next((ids[one] for one in ids_of(cell) if one in ids), None)


def by_text(known: dict[str, Known]):
    """Recognise a locked cell by its visible text."""
    texts = {visible(cell.source): grade_id for grade_id, cell in known.items() if cell.locked}
    return lambda cell: texts.get(visible(source_of(cell)))


def by_names(known: dict[str, Known]):
    """Recognise a gap by the functions and classes that its stub defines."""
    defined = {grade_id: names(cell.source) for grade_id, cell in known.items() if cell.kind == "code"}

    def recognise(cell: Any) -> str | None:
        here = names(source_of(cell)) if cell.get("cell_type") == "code" else frozenset()
        return next((grade_id for grade_id, wanted in defined.items() if wanted and wanted <= here), None)

    return recognise


def names(source: str) -> frozenset[str]:
    """Return the functions and classes at the top level of a text that need not be valid Python."""
    return frozenset(re.findall(r"^(?:def|class)\s+(\w+)", source, re.MULTILINE))


def visible(source: str) -> str:
    """Return a text without its hidden tests and its trailing blanks."""
    return "\n".join(line.rstrip() for line in without_hidden(source).split("\n")).strip()


def ids_of(cell: Any) -> Iterable[str]:
    """Return the ids of a cell; Colab keeps its own in the metadata."""
    metadata = cell.get("metadata")
    return [
        one
        for one in (cell.get("id"), metadata.get("id") if isinstance(metadata, dict) else None)
        if isinstance(one, str)
    ]


def source_of(cell: Any) -> str:
    """Return the text of a cell."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def rebuilt(cell: Any, known: Known | None) -> NotebookNode:
    """Return a fresh cell with the text of a handed-in one and the metadata of the gradebook."""
    kind = known.kind if known else cell.get("cell_type")
    new = MAKERS.get(kind, new_markdown_cell)(source_of(cell), metadata=known.metadata if known else {})
    # A picture that was pasted into the text belongs to the answer.
    if new.cell_type != "code" and isinstance(cell.get("attachments"), dict):
        new.attachments = cell["attachments"]
    return new


def put_back(cells: list[NotebookNode], known: dict[str, Known]) -> list[str]:
    """Insert the graded cells that are missing, each behind its predecessor, and return their grade_ids.

    A check goes straight behind its gap: further down the name may stand for what `yours` lent.
    A missing gap stays away: its stub would undo what the student wrote elsewhere.
    """
    order = list(known)
    missing = []
    for number, grade_id in enumerate(order):
        places = {claim(cell): place for place, cell in enumerate(cells)}
        if grade_id in places or known[grade_id].points is None:
            continue
        before = next((places[other] for other in reversed(order[:number]) if other in places), -1)
        cells.insert(
            before + 1,
            MAKERS[known[grade_id].kind](known[grade_id].source, metadata=known[grade_id].metadata),
        )
        missing.append(grade_id)
    return missing
