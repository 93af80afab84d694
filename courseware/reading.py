"""Read a handed-in notebook that may be anything: one unreadable file costs one student, not the class."""

import json
from typing import Any, TextIO

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook


class ForgivingExporter(NotebookExporter):
    """The exporter of `nbgrader autograde`, which puts a note in the place of a file that it cannot read.

    The graded cells are then put back by `RepairMetadata` and score 0, and the feedback says why.
    """

    def from_file(
        self, file_stream: TextIO, resources: dict | None = None, **options: Any
    ) -> tuple[NotebookNode, dict]:
        """Convert a handed-in file."""
        try:
            notebook = read(file_stream)
        except Exception as error:  # whatever is wrong with the file, it is this student's alone
            self.log.error("%s cannot be read (%s): nothing in it is graded", file_stream.name, reason(error))
            notebook = note(reason(error))
        return self.from_notebook_node(notebook, resources, **options)


def read(file_stream: TextIO) -> NotebookNode:
    """Return the notebook of a file, whatever its metadata look like.

    Raises
    ------
    ValueError
        If the file is not a notebook that can be graded.
    """
    text = file_stream.read()
    if not text.strip():
        raise ValueError("the file is empty")
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("it is not a notebook")
    cells = content.get("cells", [])
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("it has no cells")
    # nbformat's reader stops at metadata of a wrong kind; RepairMetadata replaces them anyway.
    for part in (content, *cells):
        if not isinstance(part.get("metadata"), dict):
            part["metadata"] = {}
    notebook = nbformat.convert(nbformat.reader.reads(json.dumps(content)), 4)
    if not notebook.get("cells"):
        raise ValueError("it has no cells")
    return notebook


def reason(error: Exception) -> str:
    """Return what is wrong with a file in a few words."""
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "it is not a notebook, or only a part of one"
    return str(error).split("\n")[0][:100] or type(error).__name__


def note(why: str) -> NotebookNode:
    """Return the notebook that stands for an unreadable file."""
    text = f"**This file could not be read: {why}.** Nothing in it was graded."
    advice = "Please open it in JupyterLab, save it and hand it in again."
    return new_notebook(cells=[new_markdown_cell(f"{text} {advice}", id="unreadable")])
