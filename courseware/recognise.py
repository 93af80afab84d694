"""Tell which cell of the release a handed-in cell is, after it was copied, cut out or typed anew.

A handed-in cell is a dictionary in which anything may be missing or of a wrong kind.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from courseware.marks import cell_id, without_hidden

Recogniser = Callable[[dict], str | None]


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
        mark = {
            "schema_version": 3,
            "cell_type": self.kind,
            "grade_id": self.grade_id,
            "checksum": self.checksum,
            "grade": self.points is not None,
            "solution": self.solution,
            "locked": self.locked,
            "task": False,
        }
        return {"nbgrader": mark if self.points is None else mark | {"points": self.points}}


def find_owners(cells: list[dict], known: dict[str, Known], notebook: str) -> dict[str, int]:
    """Return, for each grade_id, the place of the cell that has it.

    A cell that says what it is comes first, and of several the last one, as in a running notebook. What is
    still missing is looked for by the cell's id, its text or heading, the function that it defines.
    """
    owners = {claim(cell): place for place, cell in enumerate(cells) if claim(cell) in known}
    free = [place for place, cell in enumerate(cells) if claim(cell) not in known]
    for recognise in (by_id(known, notebook), by_text(known), by_heading(known), by_names(known)):
        missing = set(known) - set(owners)
        for place in free:
            grade_id = recognise(cells[place])
            if grade_id in missing and place not in owners.values():
                owners[grade_id] = place
    return owners


def claim(cell: dict) -> str | None:
    """Return the grade_id that a cell has in its metadata, whatever else is there."""
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def by_id(known: dict[str, Known], notebook: str) -> Recogniser:
    """Recognise a cell by its id, which comes from the grade_id; Colab keeps ids in the metadata."""
    ids = {cell_id(notebook, grade_id): grade_id for grade_id in known}

    def recognise(cell: dict) -> str | None:
        metadata = cell.get("metadata")
        other = metadata.get("id") if isinstance(metadata, dict) else None
        return ids.get(str(cell.get("id"))) or ids.get(str(other))

    return recognise


def by_text(known: dict[str, Known]) -> Recogniser:
    """Recognise a locked cell by its visible text."""
    texts = {visible(cell.source): grade_id for grade_id, cell in known.items() if cell.locked}
    return lambda cell: texts.get(visible(source_of(cell)))


def by_heading(known: dict[str, Known]) -> Recogniser:
    """Recognise an answer by its first line, which names the gap."""
    headings = {heading(cell.source): grade_id for grade_id, cell in known.items() if not cell.locked}
    return lambda cell: headings.get(heading(source_of(cell)))


def by_names(known: dict[str, Known]) -> Recogniser:
    """Recognise a gap by the functions and classes that its stub defines."""
    defined = {grade_id: names(cell.source) for grade_id, cell in known.items() if cell.kind == "code"}

    def recognise(cell: dict) -> str | None:
        here = names(source_of(cell)) if cell.get("cell_type") == "code" else frozenset()
        return next((grade_id for grade_id, wanted in defined.items() if wanted and wanted <= here), None)

    return recognise


def names(source: str) -> frozenset[str]:
    """Return the functions and classes at the top level of a text that need not be valid Python."""
    return frozenset(re.findall(r"^(?:def|class)\s+(\w+)", source, re.MULTILINE))


def visible(source: str) -> str:
    """Return a text without its hidden tests and its trailing blanks."""
    return "\n".join(line.rstrip() for line in without_hidden(source).split("\n")).strip()


def heading(source: str) -> str:
    """Return the first line of a text."""
    return source.strip().split("\n")[0].strip()


def source_of(cell: dict) -> str:
    """Return the text of a cell."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""
