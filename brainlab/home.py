"""Where brainlab keeps what it makes (cohort, cache, networks), and how it writes: never half a file."""

import os
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path


def home_folder() -> Path:
    """Return the folder in `BRAINLAB_HOME`, by default ~/.cache/brainlab; it need not exist yet."""
    return Path(os.environ.get("BRAINLAB_HOME") or "~/.cache/brainlab").expanduser()


def cohort_folder(spacing: int = 1) -> Path:
    """Return the folder of the built-in cohort with voxels of `spacing` mm; it need not exist yet."""
    return home_folder() / f"cohort-{spacing}mm"


def models_folder() -> Path:
    """Return the default folder of trained networks; it need not exist yet."""
    return home_folder() / "models"


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under a temporary name, then rename it: readers see the old file or the new one, whole.

    Parameters
    ----------
    path : Path
        Its folder is made if needed.
    write : callable
        Called with the temporary path, a hidden neighbour of `path`. If it raises, `path` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")  # hidden: `find_cases` does not see it
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_folder(
    path: Path, write: Callable[[Path], object], keep: Callable[[Path], bool] = lambda path: False
) -> None:
    """Write a folder under a temporary name, then rename it: other processes see all of it or nothing.

    Parameters
    ----------
    path : Path
        A folder that is there already is deleted, unless it is to be kept.
    write : callable
        Called with the temporary folder, a hidden neighbour of `path`. If it raises, `path` stays as it was.
    keep : callable
        Asked just before the renaming: whether a folder that another process put at `path` is as good.

    Raises
    ------
    OSError
        If the folder cannot be renamed for about a second.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = (path.with_name(f".{uuid.uuid4().hex}") for _ in range(2))
    try:
        fresh.mkdir()
        write(fresh)
        for _ in range(100):
            if keep(path):
                return
            try:
                if path.exists():
                    path.rename(old)
                    shutil.rmtree(old, ignore_errors=True)
                fresh.rename(path)
                return
            except OSError:
                time.sleep(0.01)  # another process renamed one of the two folders first: look again
        raise OSError(f"{path} cannot be written: does another program hold it open?")
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
