"""The command `courseware`; so far: `courseware build [NN ...]`."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from courseware.stage import sources, stage


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="courseware", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="solutions/*.py -> solutions/*.ipynb -> course/*.ipynb")
    build.add_argument("numbers", nargs="*", metavar="NN", help="which notebooks, as 01; all without this")
    which = build.add_mutually_exclusive_group()
    which.add_argument(
        "--execute", action="store_true", help="run the solutions even if their code is unchanged"
    )
    which.add_argument(
        "--no-execute", action="store_true", help="never run them; publish only what is unchanged"
    )
    build.add_argument("--root", type=Path, default=Path.cwd(), help="folder of the course; here by default")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    texts = [
        text for text in sources(root) if not options.numbers or text.stem.split("_")[0] in options.numbers
    ]
    if not texts:
        sys.exit(
            f"{root / 'solutions'} has no notebook {' '.join(options.numbers)}; expected files NN_name.py"
        )
    stage(root)
    for text in texts:
        print(solution(text, root, options.execute, options.no_execute), flush=True)
        release(text, root)


def solution(text: Path, root: Path, force: bool, never: bool) -> str:
    """Write the readable solution notebook with its outputs, and return a line about it.

    It runs only if its code changed, because that takes minutes; prose alone is exchanged in place.
    """
    from courseware.build import build, readable, write
    from courseware.execute import BuildError, execute, reuse, verify_size
    from courseware.source import SourceError

    published = text.with_suffix(".ipynb")
    try:
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
    except (SourceError, BuildError) as error:
        sys.exit(str(error))
    write(notebook, published)
    return f"{text.stem}: {done}, {size / 1e6:.2f} MB"


def release(text: Path, root: Path) -> None:
    """Let nbgrader make the student's notebook: one way to a release, and the gradebook knows it."""
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", text.stem]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{text.stem}: nbgrader generate_assignment failed\n{run.stdout}{run.stderr}")


if __name__ == "__main__":
    main()
