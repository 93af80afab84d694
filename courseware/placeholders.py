"""Fill the placeholders `{{table}}`, `{{badge}}` and `{{checklist}}` in the markdown of a notebook."""

import re

from courseware.minutes import pause_after, rounded, sections
from courseware.setup_cell import badge
from courseware.source import Cell, SourceError
from grading_tests.gap import Gap

LONGEST_SITTING = 120  # minutes
NEEDS = "a laptop with two cores and 3 GB of memory; no GPU"

CHECKLIST = """- [ ] *Kernel → Restart Kernel and Run All Cells* runs to the end.
- [ ] Every check that you worked on shows ✓.
- [ ] No `raise NotImplementedError` is left in a gap that you filled in.
- [ ] The written answers are in their cells, in your own words.
- [ ] The file is saved and still named `{stem}.ipynb`.
- [ ] *Validate*, or `nbgrader validate {stem}.ipynb`, reports no problem."""


def fill(text: str, stem: str, cells: list[Cell], gaps: list[Gap]) -> str:
    """Return markdown with its placeholders filled in.

    Raises
    ------
    SourceError
        If a placeholder is unknown.
    """
    known = {
        "table": lambda: table(stem, cells, gaps),
        "badge": lambda: badge(stem),
        "checklist": lambda: CHECKLIST.format(stem=stem),
    }

    def one(match: re.Match) -> str:
        if match[1] not in known:
            names = ", ".join(f"{{{{{name}}}}}" for name in known)
            raise SourceError(f"{stem}: placeholder {match[0]} is unknown; expected one of {names}")
        return known[match[1]]()

    return re.sub(r"\{\{([a-z]+)\}\}", one, text)


def table(stem: str, cells: list[Cell], gaps: list[Gap]) -> str:
    """Return the tables at the top of a notebook: time, points and requirements, sections, gaps."""
    found = sections(cells, gaps)
    pause = pause_after(found)
    halves = [sum(one.minutes for one in half) for half in (found[:pause], found[pause:])]
    total = rounded(sum(halves))
    sitting = ""
    if total > LONGEST_SITTING:
        first, second = map(rounded, halves)
        sitting = f" Take two sittings: {first} min up to section {pause}, then {second} min."
    steps = "\n".join(f"| {one.title} | {max(1, round(one.minutes))} |" for one in found)
    written = {cell.gap_id for cell in cells if cell.role == "explain"}
    asked = {gap.id: "some sentences" if gap.id in written else f"`{gap.answer}`" for gap in gaps}
    rows = "\n".join(f"| `{gap.id}` | {asked[gap.id]} | {gap.minutes} | {gap.points} |" for gap in gaps)
    filling, points = sum(gap.minutes for gap in gaps), sum(gap.points for gap in gaps)
    return f"""| time | points | gaps | requirements |
|---|---|---|---|
| about {total} min, {filling} of them in the gaps.{sitting} | {points} | {len(gaps)} | {NEEDS} |

<details><summary>Minutes per section, and the gaps one by one</summary>

| section | minutes |
|---|---|
{steps}

| gap | you write | minutes | points |
|---|---|---|---|
{rows}

</details>"""
