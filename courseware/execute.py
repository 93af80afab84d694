"""The published solution: free of markers and hidden tests, executed, with tidy outputs, not too large."""

import copy
import os
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from courseware.markers import BEGIN, END, without_hidden
from courseware.outputs import tidy

LARGEST = 2_000_000  # bytes
CELL_SECONDS = 1800


class BuildError(RuntimeError):
    """A cell of a solution notebook raises, or the notebook is too large."""


def readable(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of the complete notebook without solution markers and hidden tests."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        lines = without_hidden(cell.source).split("\n")
        cell.source = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    return notebook


def execute(notebook: NotebookNode, name: str, root: Path, budget: str) -> float:
    """Run a notebook in place and return how many seconds it took.

    Raises
    ------
    BuildError
        If a cell raises.
    """
    environment = {key: value for key, value in os.environ.items() if key != "NBGRADER_EXECUTION"}
    environment |= {"BRAINLAB_BUDGET": budget, "TQDM_DISABLE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    started = time.perf_counter()
    # Files that the notebook writes go into a temporary folder and are deleted with it.
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--IPKernelApp.log_level=40"],
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
        )
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise BuildError(f"{name}: a cell of the solution fails\n{error}") from None
    clean(notebook)
    return time.perf_counter() - started


def clean(notebook: NotebookNode) -> None:
    """Remove what differs between runs or is not worth publishing: noise, widget state, kernel version."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            tidy(cell)


def reuse(notebook: NotebookNode, published: Path) -> bool:
    """Copy the outputs of the published notebook if its code is the same; return whether it is."""
    if not published.exists():
        return False
    old = nbformat.read(published, as_version=4)
    new_code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    old_code = [cell for cell in old.cells if cell.cell_type == "code"]
    if [cell.source for cell in new_code] != [cell.source for cell in old_code]:
        return False
    for new, before in zip(new_code, old_code, strict=True):
        new.outputs, new.execution_count = before.outputs, before.execution_count
    notebook.metadata.update({key: old.metadata[key] for key in ("brainlab",) if key in old.metadata})
    return True


def verify_size(notebook: NotebookNode, name: str) -> int:
    """Return the size of a notebook in bytes.

    Raises
    ------
    BuildError
        If it is larger than `LARGEST`, which is slow in a browser and heavy in a repository.
    """
    size = len(nbformat.writes(notebook).encode())
    if size > LARGEST:
        heavy = max(notebook.cells, key=lambda cell: len(str(cell.get("outputs", ""))))
        line = heavy.source.strip().split("\n")[0]
        raise BuildError(
            f"{name}: {size / 1e6:.1f} MB; expected at most {LARGEST / 1e6:.0f} MB. "
            f"The largest outputs are in the cell that begins with {line!r}: "
            "make the figure smaller or lower its dpi?"
        )
    return size
