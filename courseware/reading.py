"""Read submitted notebooks of any kind: an unreadable file must not stop the grading of the others."""

import json
from typing import Any, TextIO

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook


class ForgivingExporter(NotebookExporter):
    """The exporter of `nbgrader autograde`; a file that cannot be read is replaced by a note.

    `RepairMetadata` then adds the graded cells, which score 0, and the note tells the student why.
    """

    def from_file(
        self, file_stream: TextIO, resources: dict | None = None, **options: Any
    ) -> tuple[NotebookNode, dict]:
        """Convert a submitted file."""
        try:
            notebook = read(file_stream)
        except Exception as error:  # whatever is wrong with this file must not stop the others
            self.log.error("%s cannot be read (%s): nothing in it is graded", file_stream.name, reason(error))
            notebook = note(reason(error))
        return self.from_notebook_node(notebook, resources, **options)


def read(file_stream: TextIO) -> NotebookNode:
    """Return the notebook in a file, whatever its metadata look like.

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
    # nbformat rejects metadata of a wrong type; RepairMetadata replaces all metadata anyway.
    for part in (content, *cells):
        if not isinstance(part.get("metadata"), dict):
            part["metadata"] = {}
    notebook = nbformat.convert(nbformat.reader.reads(json.dumps(content)), 4)
    if not notebook.get("cells"):
        raise ValueError("it has no cells")
    return notebook


def reason(error: Exception) -> str:
    """Return a short description of what is wrong with a file."""
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "it is not a notebook, or only a part of one"
    return str(error).split("\n")[0][:100] or type(error).__name__


def note(why: str) -> NotebookNode:
    """Return a notebook to grade in place of an unreadable file."""
    text = f"**This file could not be read: {why}.** Nothing in it was graded."
    advice = "Please open it in JupyterLab, save it and hand it in again."
    return new_notebook(cells=[new_markdown_cell(f"{text} {advice}", id="unreadable")])
