"""How long a notebook takes, section by section, and where to pause.

When the four notebooks were worked through as a student would, they took 160, 180, 150 and 140 minutes; the
rates below give the same mean. The gaps' own minutes are stated with the gaps.
"""

import re
from typing import NamedTuple

from courseware.source import Cell
from grading_tests.gap import Gap

WORDS_PER_MINUTE = 130  # read to understand, not to skim
LINES_PER_MINUTE = 15  # of code that is read and run
MINUTES_PER_QUESTION = 1.0  # a prediction, or "Look", "Try", "Think"
_QUESTION = re.compile(r"\*(Predict|Look|Try|Think):\*")


class Section(NamedTuple):
    """A section of a notebook: its title and its minutes."""

    title: str
    minutes: float


def sections(cells: list[Cell], gaps: list[Gap]) -> list[Section]:
    """Return the sections of a notebook, each from a heading `## ` on, with their minutes."""
    given = {gap.id: gap.minutes for gap in gaps}
    found: list[Section] = []
    for cell in cells:
        heading = re.search(r"^## (.+)$", cell.source, re.MULTILINE) if cell.kind == "markdown" else None
        if heading:
            found.append(Section(heading[1], 0))
        if found:
            found[-1] = Section(found[-1].title, found[-1].minutes + minutes_of(cell, given))
    return found


def minutes_of(cell: Cell, given: dict[str, int]) -> float:
    """Return the minutes of one cell; a check is part of its gap."""
    if cell.role in ("gap", "explain"):
        return given[cell.gap_id]
    if cell.role in ("check", "setup"):
        return 0
    if cell.kind == "markdown":
        questions = len(_QUESTION.findall(cell.source))
        return len(cell.source.split()) / WORDS_PER_MINUTE + MINUTES_PER_QUESTION * questions
    return sum(bool(line.strip()) for line in cell.source.split("\n")) / LINES_PER_MINUTE


def pause_after(found: list[Section]) -> int:
    """Return after how many sections half of the time has passed, as nearly as possible."""
    total, passed, away = sum(one.minutes for one in found), 0.0, []
    for one in found[:-1]:
        passed += one.minutes
        away.append(abs(2 * passed - total))
    return 1 + away.index(min(away)) if away else len(found)


def rounded(minutes: float) -> int:
    """Return minutes to the next multiple of five, at least five."""
    return max(5, 5 * round(minutes / 5))
