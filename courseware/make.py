"""`courseware build`: solutions/*.py -> solutions/*.ipynb with outputs -> course/*.ipynb with gaps."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

from courseware.execute import BuildError, execute, readable, reuse, verify_size
from courseware.stage import sources, stage, staged, write


def make(root: Path, numbers: list[str], force: bool = False, never: bool = False) -> None:
    """Build the notebooks with these numbers, or all of them, and print one line about each.

    Parameters
    ----------
    root : Path
        Folder of the course.
    numbers : list of str
        Such as `["01", "03"]`; empty for all.
    force, never : bool
        Run the solutions always, or not at all; by default they run if their code has changed.

    Raises
    ------
    SystemExit
        With a message, if a notebook does not exist, cannot be built, fails or is too large.
    """
    texts = [text for text in sources(root) if not numbers or text.stem[:2] in numbers]
    if not texts:
        sys.exit(f"{root / 'solutions'} has no notebook {' '.join(numbers)}; expected files NN_name.py")
    stage(root)
    for text in texts:
        try:
            print(solution(text, root, force, never), flush=True)
        except BuildError as error:
            sys.exit(str(error))
        if kept := release(text, root):
            print(kept, flush=True)


def solution(text: Path, root: Path, force: bool, never: bool) -> str:
    """Write the solution notebook with its outputs, and return one line about it.

    A run takes minutes, so the notebook is run only if code has changed; changed prose needs no run. What is
    too large to be published is kept in `build`.
    """
    published = text.with_suffix(".ipynb")
    notebook = readable(nbformat.read(staged(text, root), as_version=4))
    if not force and reuse(notebook, published):
        done = "code unchanged, outputs kept"
    elif never:
        return f"{text.stem}: code changed; not run, so {published.name} stays as it was"
    else:
        # Grading uses `quick`; set BRAINLAB_BUDGET=lesson to publish what students see on a laptop.
        budget = os.environ.get("BRAINLAB_BUDGET", "quick")
        seconds = execute(notebook, text.stem, root, budget)
        notebook.metadata["brainlab"] = {"budget": budget}
        done = f"ran in {seconds:.0f} s ({budget})"
    try:
        size = verify_size(notebook, text.stem)
    except BuildError as error:
        kept = root / "build" / published.name
        kept.parent.mkdir(exist_ok=True)
        write(notebook, kept)
        raise BuildError(f"{error} {published.name} stays as it was; what was run is in build/.") from error
    write(notebook, published)
    return f"{text.stem}: {done}, {size / 1e6:.2f} MB"


def release(text: Path, root: Path) -> str:
    """Make the students' notebook with nbgrader, so that the gradebook knows it too.

    Returns what `courseware.stage.publish` printed: that a notebook with somebody's work in it was kept.
    """
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", text.stem]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{text.stem}: nbgrader generate_assignment failed\n{run.stdout}{run.stderr}")
    return run.stdout.strip()
