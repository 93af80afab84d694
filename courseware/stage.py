"""Lay the notebooks out as nbgrader wants them: one folder per assignment, one assignment per notebook.

As one assignment, handing in the first notebook alone would score nothing on the rest.
"""

import hashlib
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from courseware.work import has_work

STAGE = Path("build/nbgrader")
SOLUTIONS = "[0-9][0-9]_*.py"


def sources(root: Path) -> list[Path]:
    """Return the texts of the notebooks, in order."""
    return sorted((root / "solutions").glob(SOLUTIONS))


def stage(root: Path) -> None:
    """Build every text whose notebook in nbgrader's source folder is not up to date.

    nbgrader loads its configuration for every command, so an unchanged text costs a hash and no more.

    Raises
    ------
    SystemExit
        If a text cannot be built: nbgrader would only log an exception here and go on unconfigured.
    """
    for text in sources(root):
        target = root / STAGE / "source" / text.stem / f"{text.stem}.ipynb"
        # Beside the source folder, because nbgrader hands out whatever lies inside.
        stamp = root / STAGE / f"{text.stem}.built-from"
        mark = fingerprint(text)
        if target.exists() and stamp.exists() and stamp.read_text() == mark:
            continue
        from courseware.build import build, write  # imports torch, so only where something is to be built

        try:
            write(build(text), target)
        except Exception as error:
            sys.exit(f"{text.name} cannot be built: {type(error).__name__}: {error}")
        stamp.write_text(mark)


def fingerprint(text: Path) -> str:
    """Return a hash of all that a built notebook depends on."""
    # find_spec, because importing grading_tests would import torch.
    examiner = Path(find_spec("grading_tests").origin).parent
    parts = [text, examiner / "gap.py", *sorted(examiner.glob(f"checks/nb{text.stem[:2]}/*.py"))]
    parts += sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()


def publish(root: Path, notebooks: list[str]) -> None:
    """Copy released notebooks to the flat folder `course/`, but never over one that somebody works in.

    Raises
    ------
    SystemExit
        If that fails: nbgrader swallows the exceptions of its hooks.
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
            target.parent.mkdir(exist_ok=True)
            temporary = target.with_name(f"{target.name}.{os.getpid()}")
            shutil.copyfile(released, temporary)
            os.replace(temporary, target)
    except OSError as error:
        sys.exit(f"the release could not be copied to course/: {error}")
