"""`courseware build`: solutions/*.py -> solutions/*.ipynb with outputs -> course/*.ipynb with gaps."""

import os
import subprocess
import sys
from pathlib import Path

from courseware.build import build, readable, write
from courseware.execute import BuildError, execute, reuse, verify_size
from courseware.source import SourceError
from courseware.stage import sources, stage


def make(root: Path, numbers: list[str], force: bool = False, never: bool = False) -> None:
    """Build the notebooks with these numbers, or all, and say one line about each.

    Raises
    ------
    SystemExit
        With one line, if a notebook is missing, cannot be built, fails or is too large.
    """
    texts = [text for text in sources(root) if not numbers or text.stem[:2] in numbers]
    if not texts:
        sys.exit(f"{root / 'solutions'} has no notebook {' '.join(numbers)}; expected files NN_name.py")
    stage(root)
    for text in texts:
        try:
            print(solution(text, root, force, never), flush=True)
        except (SourceError, BuildError) as error:
            sys.exit(str(error))
        if kept := release(text, root):
            print(kept, flush=True)


def solution(text: Path, root: Path, force: bool, never: bool) -> str:
    """Write the readable solution notebook with its outputs, and return a line about it.

    It runs only if its code changed, because that takes minutes; prose alone is exchanged in place.
    """
    published = text.with_suffix(".ipynb")
    notebook = readable(build(text))
    if not force and reuse(notebook, published):
        done = "code unchanged, outputs kept"
    elif never:
        return f"{text.stem}: code changed; not run, so {published.name} stays as it was"
    else:
        # Grading runs in `quick`; to publish what a student sees on a laptop, set BRAINLAB_BUDGET=lesson.
        budget = os.environ.get("BRAINLAB_BUDGET", "quick")
        seconds = execute(notebook, text.stem, root, budget)
        notebook.metadata["brainlab"] = {"budget": budget}
        done = f"ran in {seconds:.0f} s ({budget})"
    size = verify_size(notebook, text.stem)
    write(notebook, published)
    return f"{text.stem}: {done}, {size / 1e6:.2f} MB"


def release(text: Path, root: Path) -> str:
    """Let nbgrader make the student's notebook: one way to a release, and the gradebook knows it.

    Returns what the hook had to say: that a notebook was kept because somebody works in it.
    """
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", text.stem]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{text.stem}: nbgrader generate_assignment failed\n{run.stdout}{run.stderr}")
    return run.stdout.strip()
