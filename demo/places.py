"""The folders of the demo; the server passes them to its kernels in environment variables."""

import os
from pathlib import Path

from brainlab.home import models_folder

SESSIONS = "BRAINLAB_APP_SESSIONS"  # folder that holds the folders of all sessions
MODELS = "BRAINLAB_APP_MODELS"  # folders of networks, separated as in PATH
SHIPPED = Path(__file__).parent / "shipped"  # networks that come with the demo: scripts/make_networks.py


def models_folders() -> list[Path]:
    """Return the folders of networks: those given to the server, or the user's and the shipped ones."""
    given = [Path(folder) for folder in os.environ.get(MODELS, "").split(os.pathsep) if folder]
    return given or [models_folder(), SHIPPED]
