"""Where the demo finds things, and how the server tells its kernels: by environment variables."""

import os
from pathlib import Path

from brainlab.home import models_folder

SESSIONS = "BRAINLAB_APP_SESSIONS"  # the folder of the visitors' folders
MODELS = "BRAINLAB_APP_MODELS"  # the folders of networks, parted as in PATH
SHIPPED = Path(__file__).parent / "shipped"  # networks that come along: scripts/make_networks.py


def models_folders() -> list[Path]:
    """Return the folders that the server was given, or the default one and the networks that come along."""
    given = [Path(folder) for folder in os.environ.get(MODELS, "").split(os.pathsep) if folder]
    return given or [models_folder(), SHIPPED]
