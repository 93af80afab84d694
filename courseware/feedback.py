"""The feedback page: a summary table on top, and no hidden tests."""

import html

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from courseware.markers import without_hidden
from courseware.outputs import tidy

# nbgrader's own table of contents calls every check "Test cell"; the summary replaces it.
STYLE = """
#toc, .anchor-link { display: none; }
summary { display: list-item; cursor: pointer; }
.rendered_html table { border-collapse: collapse; margin: .6em 0; }
.rendered_html th, .rendered_html td { border-bottom: 1px solid #ddd; padding: .3em 1em .3em 0; }
.rendered_html th { text-align: left; }
.rendered_html pre, div.output_area pre { white-space: pre-wrap; word-break: normal; }
"""


class TidyFeedback(NbGraderPreprocessor):
    """Last of `c.GenerateFeedback.preprocessors`: by then the cells hold their grades."""

    # The HTML exporter sets this trait on every preprocessor, and warns if there is none.
    display_data_priority = List().tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Tidy all outputs, remove the hidden tests and insert the summary."""
        graded = [cell for cell in nb.cells if utils.is_grade(cell)]
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            rows = [row(cell, needs_manual_grade(gradebook, cell, about)) for cell in graded]
        for cell in nb.cells:
            if cell.cell_type == "code":
                tidy(cell)
        for cell in graded:
            conceal(cell)
        nb.cells.insert(0, new_markdown_cell(summary(rows)))
        resources.setdefault("inlining", {}).setdefault("css", []).append(STYLE)
        return nb, resources


def conceal(cell: NotebookNode) -> None:
    """Remove the hidden call of a graded cell, the traceback that quotes it and the points it returns."""
    if cell.cell_type != "code":
        return
    cell.source = without_hidden(cell.source)
    cell.outputs = [output for output in cell.outputs if output.output_type != "execute_result"]
    for output in cell.outputs:
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]


def needs_manual_grade(gradebook: Gradebook, cell: NotebookNode, about: dict) -> bool:
    """Return whether this cell is still to be graded by hand."""
    name = cell.metadata.nbgrader.grade_id
    try:
        grade = gradebook.find_grade(name, about["notebook"], about["assignment"], about["student"])
    except MissingEntry:
        return False
    return grade.needs_manual_grade


def row(cell: NotebookNode, waiting: bool) -> str:
    """Return the row of the summary for one graded cell, as HTML."""
    metadata = cell.metadata.nbgrader
    gap = metadata.grade_id.removesuffix("_check")
    score = float(metadata.score or 0)
    points = f"{'–' if waiting else f'{score:g}'} / {metadata.points:g}"
    text = "to be graded by hand" if waiting else verdict(cell, score >= float(metadata.points))
    cells = (f'<a href="#{metadata.grade_id}">{gap}</a>', points, text)
    return f"<tr>{''.join(f'<td>{one}</td>' for one in cells)}</tr>"


def verdict(cell: NotebookNode, full: bool) -> str:
    """Return a comment on a graded cell as HTML: which properties failed, or which error stopped it."""
    if full:
        return "✓"
    for output in reversed(cell.get("outputs", [])):
        if output.output_type == "error":
            return html.escape(f"{output.ename}: {output.evalue}"[:120])
        lines = output.get("text", "").split("\n") if output.output_type == "stream" else []
        if any(line.startswith("○") for line in lines):
            return "not filled in yet"
        lost = next((line for line in lines if line.startswith("graded:")), "")
        if lost:
            return html.escape(lost.partition("points. ")[2])
    return html.escape(cell.metadata.nbgrader.get("comment") or "")


def summary(rows: list[str]) -> str:
    """Return the summary table as HTML."""
    head = "<tr><th>gap</th><th>points</th><th></th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"
