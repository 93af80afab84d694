"""Match submitted cells with the cells of the release, even if they were copied, moved or retyped.

A submitted cell is a dictionary in which any entry may be missing or of a wrong type.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from courseware.markers import cell_id, without_hidden

Recogniser = Callable[[dict], str | None]


@dataclass
class Known:
    """A cell of the release, as stored in the gradebook."""

    grade_id: str
    kind: str
    source: str
    checksum: str
    locked: bool
    solution: bool
    points: float | None  # None where the cell is not graded

    @property
    def metadata(self) -> dict:
        """The nbgrader metadata of the cell."""
        entry = {
            "schema_version": 3,
            "cell_type": self.kind,
            "grade_id": self.grade_id,
            "checksum": self.checksum,
            "grade": self.points is not None,
            "solution": self.solution,
            "locked": self.locked,
            "task": False,
        }
        return {"nbgrader": entry if self.points is None else entry | {"points": self.points}}


def find_owners(cells: list[dict], known: dict[str, Known], notebook: str) -> dict[str, int]:
    """Return the index of the submitted cell for each grade_id that can be found: grade_id -> index.

    Cells that carry the grade_id in their metadata take precedence; of several the last counts, as it does
    when the notebook runs. Other cells are matched by id, then text, first line, and the names they define.
    """
    owners = {claim(cell): place for place, cell in enumerate(cells) if claim(cell) in known}
    free = [place for place, cell in enumerate(cells) if claim(cell) not in known]
    for recognise in (by_id(known, notebook), by_text(known), by_first_line(known), by_names(known)):
        missing = set(known) - set(owners)
        for place in free:
            grade_id = recognise(cells[place])
            if grade_id in missing and place not in owners.values():
                owners[grade_id] = place
    return owners


def claim(cell: dict) -> str | None:
    """Return the grade_id in the metadata of a cell, or None."""
    metadata = cell.get("metadata")
    entry = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = entry.get("grade_id") if isinstance(entry, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def by_id(known: dict[str, Known], notebook: str) -> Recogniser:
    """Recognise a cell by its id, a hash of the grade_id; Colab moves ids into the metadata."""
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


def by_first_line(known: dict[str, Known]) -> Recogniser:
    """Recognise an answer by its first line, which names the gap."""
    lines = {first_line(cell.source): grade_id for grade_id, cell in known.items() if not cell.locked}
    return lambda cell: lines.get(first_line(source_of(cell)))


def by_names(known: dict[str, Known]) -> Recogniser:
    """Recognise a gap by the functions and classes that its stub defines."""
    defined = {grade_id: names(cell.source) for grade_id, cell in known.items() if cell.kind == "code"}

    def recognise(cell: dict) -> str | None:
        here = names(source_of(cell)) if cell.get("cell_type") == "code" else frozenset()
        return next((grade_id for grade_id, wanted in defined.items() if wanted and wanted <= here), None)

    return recognise


def names(source: str) -> frozenset[str]:
    """Return the names of the top-level functions and classes in a text, which may be invalid Python."""
    return frozenset(re.findall(r"^(?:def|class)\s+(\w+)", source, re.MULTILINE))


def visible(source: str) -> str:
    """Return a text without hidden tests and trailing blanks."""
    return "\n".join(line.rstrip() for line in without_hidden(source).split("\n")).strip()


def first_line(source: str) -> str:
    """Return the first line of a text."""
    return source.strip().split("\n")[0].strip()


def source_of(cell: dict) -> str:
    """Return the source of a cell as one string."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""
