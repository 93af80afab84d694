"""Where everything that brainlab makes for itself lies: cohort, cache, networks."""

import os
from pathlib import Path


def home_folder() -> Path:
    """Return the folder in `BRAINLAB_HOME`, by default ~/.cache/brainlab; it need not exist yet."""
    return Path(os.environ.get("BRAINLAB_HOME") or "~/.cache/brainlab").expanduser()
