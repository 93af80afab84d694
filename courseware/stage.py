"""nbgrader's folders: complete notebooks go into its source folder, releases are copied to `course/`.

Each notebook is an assignment of its own, because they are handed in one by one: in one common assignment,
the notebooks that a student has not handed in yet would count as 0.
"""

import hashlib
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from brainlab.home import replace_file
from courseware.setup_cell import SETUP

STAGE = Path("build/nbgrader")
SOLUTIONS = "[0-9][0-9]_*.py"


def sources(root: Path) -> list[Path]:
    """Return the texts of the notebooks, in order."""
    return sorted((root / "solutions").glob(SOLUTIONS))


def staged(text: Path, root: Path) -> Path:
    """Return where the complete notebook of a text lies."""
    return root / STAGE / "source" / text.stem / f"{text.stem}.ipynb"


def stage(root: Path) -> None:
    """Build every complete notebook that is not up to date.

    nbgrader loads its configuration, and so calls this, with every command: an unchanged text is only hashed.

    Raises
    ------
    SystemExit
        If a text cannot be built: nbgrader would only log an exception here and go on without configuration.
    """
    for text in sources(root):
        target = staged(text, root)
        # Not in the source folder, because nbgrader releases every file that it finds there.
        stamp = root / STAGE / f"{text.stem}.built-from"
        current = source_hash(text)
        if target.exists() and stamp.exists() and stamp.read_text() == current:
            continue
        from courseware.build import build  # imports torch, which takes seconds

        try:
            write(build(text), target)
        except Exception as error:
            sys.exit(f"{text.name} cannot be built: {type(error).__name__}: {error}")
        stamp.write_text(current)


def source_hash(text: Path) -> str:
    """Return a hash of everything that a complete notebook depends on."""
    # find_spec, because importing grading_tests would import torch.
    examiner = Path(find_spec("grading_tests").origin).parent
    parts = [text, examiner / "gap.py", *sorted(examiner.glob(f"checks/nb{text.stem[:2]}/*.py"))]
    parts += sorted(Path(__file__).parent.glob("*.py"))
    content = [SETUP.encode(), *(part.read_bytes() for part in parts)]  # SETUP holds version and address
    return hashlib.sha256(b"\0".join(content)).hexdigest()


def write(notebook: NotebookNode, path: Path) -> bool:
    """Write a notebook unless the file has this content already; return whether it was written."""
    text = nbformat.writes(notebook) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    replace_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return True


def publish(root: Path, notebooks: list[str]) -> None:
    """Copy released notebooks to `course/`, but never over one that somebody has worked in.

    Raises
    ------
    SystemExit
        If a file cannot be written: nbgrader swallows the exceptions of its hooks.
    """
    try:
        for name in map(Path, notebooks):
            released = root / STAGE / "release" / name.parent.name / name.name
            target = root / "course" / name.name
            if has_work(target):
                print(
                    f"course/{name.name} has work in it and is kept; rename or delete it for the new release"
                )
                continue
            replace_file(target, lambda temporary, released=released: shutil.copyfile(released, temporary))
    except OSError as error:
        sys.exit(f"the release could not be copied to course/: {error}")


def has_work(path: Path) -> bool:
    """Return whether a notebook in `course/` has outputs, or answers other than the released ones.

    Every answer cell of a release carries its checksum, so no record of former builds is needed.
    A file that cannot be read counts as work.
    """
    if not path.exists():
        return False
    try:
        cells = nbformat.read(path, as_version=4).cells
        return any(cell.get("outputs") or answered(cell) for cell in cells)
    except Exception:
        return True


def answered(cell: NotebookNode) -> bool:
    """Return whether an answer cell differs from the released one."""
    metadata = cell.metadata.get("nbgrader", {})
    return bool(metadata.get("solution")) and metadata.get("checksum") != utils.compute_checksum(cell)
