"""Tell a fresh release from a notebook that somebody works in, so that a build never destroys work."""

from pathlib import Path

import nbformat
from nbgrader import utils


def has_work(path: Path) -> bool:
    """Tell whether a notebook in `course/` has outputs, or answers other than those that were released.

    The release carries a checksum of every answer cell, so nothing has to be remembered between builds.
    A file that cannot be read counts as work: it is for a person to decide.
    """
    if not path.exists():
        return False
    try:
        cells = nbformat.read(path, as_version=4).cells
        return any(cell.get("outputs") for cell in cells) or any(map(answered, cells))
    except Exception:
        return True


def answered(cell: nbformat.NotebookNode) -> bool:
    """Tell whether an answer cell is not what was released."""
    mark = cell.metadata.get("nbgrader", {})
    return bool(mark.get("solution")) and mark.get("checksum") != utils.compute_checksum(cell)
