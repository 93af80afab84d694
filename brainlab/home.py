"""Where everything that brainlab makes for itself lies: cohort, cache, networks."""

import os
from collections.abc import Callable
from pathlib import Path


def home_folder() -> Path:
    """Return the folder in `BRAINLAB_HOME`, by default ~/.cache/brainlab; it need not exist yet."""
    return Path(os.environ.get("BRAINLAB_HOME") or "~/.cache/brainlab").expanduser()


def cohort_folder(spacing: int = 1) -> Path:
    """Return the folder of the built-in cohort with voxels of `spacing` mm; it need not exist yet.

    It lies in `BRAINLAB_HOME`, by default ~/.cache/brainlab.
    """
    return home_folder() / f"cohort-{spacing}mm"


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it: `path` is written whole or not at all.

    The temporary name is hidden and holds the process id, so that several processes may write one file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def models_folder() -> Path:
    """Return the default folder of trained networks; it need not exist yet."""
    return home_folder() / "models"
