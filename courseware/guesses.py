"""`courseware guesses`: a table of what students guessed before they ran a cell, from submitted/.

Guesses earn no points. The table shows the teacher which results surprised most students.
"""

from collections import Counter, defaultdict
from pathlib import Path

from brainlab.guesses import Said, read_lines
from courseware.reading import read
from courseware.stage import sources

NEAR = ("correct", "within 10 %")


def guesses(root: Path, numbers: list[str]) -> list[str]:
    """Return a table for each notebook with these numbers, or for all notebooks, as lines of Markdown."""
    lines = []
    for text in sources(root):
        if numbers and text.stem[:2] not in numbers:
            continue
        paths = sorted(root.glob(f"submitted/*/{text.stem}/{text.stem}.ipynb"))
        by_student = [found for path in paths if (found := said_in(path))]
        if by_student:
            lines += [f"{text.stem}: {len(by_student)} of {len(paths)} notebooks contain guesses", ""]
            lines += [*table(by_student), ""]
    return lines


def said_in(path: Path) -> dict[str, Said]:
    """Return the guesses in the outputs of a notebook: question -> guess; empty if it cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            cells = read(file).cells
    except (OSError, ValueError):
        return {}
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    printed = [output.text for output in outputs if output.get("name") == "stdout"]
    return {said.what: said for text in printed for said in read_lines(text)}


def table(by_student: list[dict[str, Said]]) -> list[str]:
    """Return a Markdown table with one row per question, the most surprising result first."""
    asked = defaultdict(list)
    for found in by_student:
        for what, said in found.items():
            asked[what].append(said)
    rows = [row(what, answers) for what, answers in asked.items()]
    head = ["| question | result | guesses | close | most frequent guesses |", "|---|---|---|---|---|"]
    return head + [text for _, text in sorted(rows, key=lambda pair: pair[0])]


def row(what: str, answers: list[Said]) -> tuple[float, str]:
    """Return the share of guesses that are close, and a row of the table."""
    near = sum(said.verdict in NEAR for said in answers)
    was = Counter(said.was for said in answers).most_common(1)[0][0]
    often = Counter(said.said.lower() for said in answers).most_common(3)
    words = ", ".join(f"{said} ({count})" for said, count in often)
    cells = [what, was, str(len(answers)), f"{near} of {len(answers)}", words]
    return near / len(answers), "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
