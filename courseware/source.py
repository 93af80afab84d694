"""Read the text of a notebook (jupytext percent) and find its special cells.

Authors mark four kinds of cells: `# %% setup`, `# %% gap="id"`, `# %% check="id"` and
`# %% [markdown] explain="id"`. All other cells are ordinary text or code.
"""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import jupytext

from courseware.markers import BEGIN, END
from grading_tests import checks
from grading_tests.gap import Gap

ROLES = ("gap", "check", "explain")
# jupytext removes one `#` of a marker in a markdown cell whose lines are not comments.
_MARKER = re.compile(r"^#* *(BEGIN|END) SOLUTION *$", re.MULTILINE)


class SourceError(ValueError):
    """A text cannot be built into a notebook; the message names the file and the cell."""


@dataclass
class Cell:
    """One cell of the text.

    Attributes
    ----------
    kind : str
        `"code"` or `"markdown"`.
    role : str
        `"setup"`, `"gap"`, `"check"` or `"explain"`; `""` for an ordinary cell.
    gap_id : str
        The id of the gap, for a gap, a check or an explanation; else `""`.
    """

    kind: str
    source: str
    role: str = ""
    gap_id: str = ""
    tags: list[str] = field(default_factory=list)


def read(path: Path) -> list[Cell]:
    """Return the cells of a text notebook."""
    cells = []
    for raw in jupytext.read(path, fmt="py:percent").cells:
        cell = Cell(raw.cell_type, raw.source.rstrip(), tags=list(raw.metadata.get("tags", [])))
        if raw.metadata.get("title") == "setup":
            cell.role = "setup"
        for role in ROLES:
            if role in raw.metadata:
                cell.role, cell.gap_id = role, raw.metadata[role]
        if cell.role == "explain":
            cell.source = _MARKER.sub(r"### \1 SOLUTION", cell.source)
        cells.append(cell)
    return cells


def gaps_of(path: Path) -> list[Gap]:
    """Return the gaps of a notebook `NN_name.py`, from `grading_tests/checks/nbNN`, in the order of its text.

    Raises
    ------
    SourceError
        If that folder does not exist, or if a file and its gap have different names.
    """
    order = re.findall(r'^# %%.*\b(?:gap|explain)="(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    try:
        gaps = checks.gaps_of(path.stem[:2])
    except (LookupError, ValueError) as error:
        raise SourceError(f"{path.name}: {error}") from None
    place = {gap_id: number for number, gap_id in enumerate(order)}
    return sorted(gaps.values(), key=lambda gap: place.get(gap.id, len(order)))


def verify(path: Path, cells: list[Cell], gaps: list[Gap]) -> None:
    """Check that the cells of a text match the gaps of the notebook.

    Raises
    ------
    SourceError
        If a gap is missing, unknown, duplicate or out of order, or if its solution cannot be made into a gap.
    """
    places = {(cell.role, cell.gap_id): place for place, cell in enumerate(cells)}
    found = [(cell.role, cell.gap_id) for cell in cells if cell.gap_id]
    for role, gap_id in found:
        if found.count((role, gap_id)) > 1:
            raise SourceError(f'{path.name}: {role}="{gap_id}" occurs twice; expected one cell of each kind')
    known = {gap.id: gap for gap in gaps}
    for _, gap_id in found:
        if gap_id not in known:
            file = f"grading_tests/checks/nb{path.stem[:2]}/{gap_id[4:]}.py"
            raise SourceError(f"{path.name}: gap {gap_id!r} needs {file} with GAP = Gap(...)")
    for gap in gaps:
        if ("explain", gap.id) in places:
            verify_region(path, gap, cells[places["explain", gap.id]])
        elif ("gap", gap.id) not in places or ("check", gap.id) not in places:
            raise SourceError(
                f'{path.name}: {gap.id} needs a cell gap="{gap.id}" and a cell check="{gap.id}"'
            )
        elif places["check", gap.id] < places["gap", gap.id]:
            raise SourceError(f"{path.name}: the check of {gap.id} comes before its gap")
        else:
            verify_region(path, gap, cells[places["gap", gap.id]])
    if sum(cell.role == "setup" for cell in cells) != 1:
        raise SourceError(f'{path.name}: expected one "# %% setup" cell')


def verify_region(path: Path, gap: Gap, cell: Cell) -> None:
    """Check the solution region of one cell.

    Raises
    ------
    SourceError
        If there is none, if it is at the top level, or if the cell does not define the gap's answer.
    """
    lines = [line.strip() for line in cell.source.split("\n")]
    if BEGIN not in lines or lines.count(BEGIN) != lines.count(END):
        raise SourceError(f"{path.name}: {gap.id} needs its solution between '{BEGIN}' and '{END}'")
    if cell.kind == "markdown":
        return
    # At the top level the stub would stop "Run all"; inside a function it raises only when called.
    if any(line.startswith(BEGIN) for line in cell.source.split("\n")):
        raise SourceError(f"{path.name}: the solution of {gap.id} must lie inside a function or class")
    defined = [
        node.name for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    if gap.answer not in defined:
        raise SourceError(f"{path.name}: {gap.id} defines {defined}; expected {gap.answer!r} among them")
