"""Markers and cell ids that building and grading share. Imports nothing heavy."""

import hashlib

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def cell_id(stem: str, key: str, number: int = 1) -> str:
    """Return the id of a cell; `key` is its grade_id or, without one, its content."""
    return hashlib.sha256(f"{stem}/{key}/{number}".encode()).hexdigest()[:12]


def without_hidden(source: str) -> str:
    """Return the source of a cell without its hidden tests."""
    lines, hidden = [], False
    for line in source.split("\n"):
        if line.strip() in (BEGIN_HIDDEN, END_HIDDEN):
            hidden = line.strip() == BEGIN_HIDDEN
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)
