"""Restore the nbgrader metadata of a submitted notebook, however its cells were copied, moved or retyped.

Only the source of the cells and, where it is left, the `grade_id` are taken from the submission. All other
metadata come from the gradebook. Tags are removed: `skip-execution` on a test cell would score full points.
"""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from courseware.recognise import Known, claim, find_owners, source_of

MAKERS = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class RepairMetadata(NbGraderPreprocessor):
    """First of `c.Autograde.sanitize_preprocessors`."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Rebuild the notebook from the submitted sources and the gradebook."""
        about = resources["nbgrader"]
        known = from_gradebook(about["db_url"], about["notebook"], about["assignment"])
        owners = find_owners(nb.cells, known, about["notebook"])
        grade_ids = {place: grade_id for grade_id, place in owners.items()}
        cells = [rebuilt(cell, known.get(grade_ids.get(place))) for place, cell in enumerate(nb.cells)]
        for grade_id in restore_missing(cells, known):
            self.log.warning("%s: cell %s was missing and has been restored", about["student"], grade_id)
        nb.cells, nb.metadata = cells, NotebookNode()
        nb.nbformat, nb.nbformat_minor = 4, 5
        return nb, resources


def from_gradebook(db_url: str, notebook: str, assignment: str) -> dict[str, Known]:
    """Return the cells of the release, in their order: grade_id -> cell."""
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


def rebuilt(cell: dict, known: Known | None) -> NotebookNode:
    """Return a new cell with the source of a submitted one and the metadata of the gradebook."""
    kind = known.kind if known else str(cell.get("cell_type"))
    new = MAKERS.get(kind, new_markdown_cell)(source_of(cell), metadata=known.metadata if known else {})
    # Pictures that were pasted into an answer are stored as attachments.
    if new.cell_type != "code" and isinstance(cell.get("attachments"), dict):
        new.attachments = cell["attachments"]
    return new


def restore_missing(cells: list[NotebookNode], known: dict[str, Known]) -> list[str]:
    """Insert the graded cells that are missing, each at its place, and return their grade_ids.

    A check is inserted directly after its gap: further down, `yours` may have replaced the student's function
    by the library's. A missing gap is not inserted: its stub could overwrite the student's code elsewhere.
    """
    order = list(known)
    missing = []
    for number, grade_id in enumerate(order):
        places = {claim(cell): place for place, cell in enumerate(cells)}
        cell = known[grade_id]
        if grade_id in places or cell.points is None:
            continue
        before = [places[other] + 1 for other in reversed(order[:number]) if other in places]
        after = [places[other] for other in order[number + 1 :] if other in places]
        cells.insert([*before, *after, len(cells)][0], MAKERS[cell.kind](cell.source, metadata=cell.metadata))
        missing.append(grade_id)
    return missing
