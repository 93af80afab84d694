"""Pictures made on the fly for the tests of this folder."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data"
REAL = Path(os.environ.get("BRAINLAB_REAL_DATA") or BESIDE)


def disc(height=40, width=50, radius=12):
    """Return a disc (H, W), bool, a little off the middle."""
    rows, columns = np.mgrid[:height, :width]
    return (rows - height * 0.55) ** 2 + (columns - width * 0.4) ** 2 < radius**2


def save(path, array):
    """Save an array as a picture, with its folders, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


@pytest.fixture
def grey():
    """A grey ramp with a bright disc, (40, 50) uint8."""
    ramp = np.linspace(20, 120, 40 * 50).reshape(40, 50)
    return np.where(disc(), 230, ramp).astype(np.uint8)


@pytest.fixture
def make_disc():
    return disc


@pytest.fixture
def make_picture():
    return save


@pytest.fixture
def real_folder():
    """Return a folder of real pictures, or skip (README: `BRAINLAB_REAL_DATA`)."""

    def folder(name):
        if not (REAL / name).is_dir():
            pytest.skip("no real pictures; set BRAINLAB_REAL_DATA to their folder")
        return REAL / name

    return folder
