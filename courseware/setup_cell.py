"""The one setup cell of every notebook, and the address that it and the Colab badge point to."""

from importlib.metadata import metadata

# pyproject.toml is the one place for the address of the course and for its version.
PROJECT = metadata("brainlab")
REPOSITORY = PROJECT["Project-URL"].split(", ")[1].removeprefix("https://github.com/")
TAG = f"v{PROJECT['Version']}"

# pip replaces nothing that already fits, so torch, NumPy and ipywidgets stay as Colab has them
# (tests/test_environment.py). A plain install is importable at once; `-e` would need a restart.
SETUP = f"""# Run this first. Where brainlab is missing, as on Colab, it is installed.
import subprocess
import sys
from importlib.util import find_spec

if find_spec("brainlab") is None:
    address = "brainlab @ git+https://github.com/{REPOSITORY}@{TAG}"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", address], check=True)

import matplotlib.pyplot as plt
import numpy as np
import torch

import brainlab
from brainlab.lab import predicted, setup
from grading_tests import check, yours

# The one place for your own data, data="folder of BraTS cases", and for the size of all that follows:
# budget="quick", "lesson" or "full".
lab = setup(data=None, budget=None)"""


def badge(stem: str) -> str:
    """Return the markdown of a button that opens a student notebook on Colab.

    Text, and not Colab's own picture: a notebook asks no other machine for anything while it is read.
    """
    target = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{TAG}/course/{stem}.ipynb"
    return f"[<kbd>▶ Open in Colab</kbd>]({target})"
