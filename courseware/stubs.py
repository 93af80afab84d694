"""Turn a solution into a gap: each solution region is replaced by its numbered comments and a `raise`.

nbgrader uses it through `c.GenerateAssignment.preprocessors`, in place of its own `ClearSolutions`.
"""

import re

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions
from traitlets import Unicode

NUMBERED = re.compile(r"# *\d+\. ")
CONTINUED = re.compile(r"# {3,}\S")


class GapStubs(ClearSolutions):
    """`ClearSolutions` with a separate stub for every gap."""

    # What replaces the solution of a markdown cell.
    text_stub = Unicode("Your answer, in two to four sentences.").tag(config=True)

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        """Replace the solution regions of one cell; return whether there were any.

        Raises
        ------
        RuntimeError
            If a region is nested or not closed.
        """
        if cell.cell_type != "code":
            return super()._replace_solution_region(cell, language)
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "gap")
        kept: list[str] = []
        region: list[str] | None = None
        found = False
        for line in cell.source.split("\n"):
            if self.begin_solution_delimeter in line:
                if region is not None:
                    raise RuntimeError(f"{name}: a solution region begins inside another one")
                region, found = [], True
                indent = line[: len(line) - len(line.lstrip())]
            elif self.end_solution_delimeter in line:
                if region is None:
                    raise RuntimeError(f"{name}: a solution region ends that has not begun")
                stub = [*steps(region), f'raise NotImplementedError("{name}: fill this gap")']
                kept += [indent + text for text in stub]
                region = None
            else:
                (kept if region is None else region).append(line)
        if region is not None:
            raise RuntimeError(f"{name}: a solution region begins and never ends")
        cell.source = "\n".join(kept)
        return found


def steps(lines: list[str]) -> list[str]:
    """Return the numbered comments among the lines, with their continuation lines (`#    more`)."""
    kept, inside = [], False
    for line in map(str.strip, lines):
        inside = bool(NUMBERED.match(line)) or (inside and bool(CONTINUED.match(line)))
        if inside:
            kept.append(line)
    return kept
