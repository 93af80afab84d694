"""A small case of four modalities with a true and a predicted segmentation."""

import numpy as np
import pytest

from brainlab.view import SliceViewer

SHAPE = (12, 14, 10)
AFFINE = np.diag([-2.0, -2.0, 2.0, 1.0])
AFFINE[:3, 3] = (10, 12, -4)


@pytest.fixture(scope="session")
def arrays():
    rng = np.random.default_rng(0)
    image = np.zeros((4, *SHAPE), np.float32)
    image[:, 2:-2, 2:-2, 1:-1] = rng.gamma(5, 80, (4, 8, 10, 8))
    seg = np.zeros(SHAPE, np.uint8)
    seg[3:8, 4:8, 5:8], seg[3:8, 8, 6], seg[4:7, 5:8, 6], seg[5, 6, 6] = 2, 2, 3, 1
    pred = np.roll(seg, 1, 0)
    return image, seg, pred


@pytest.fixture(scope="session")
def affine():
    return AFFINE


@pytest.fixture
def viewer(arrays):
    image, seg, pred = arrays
    return SliceViewer(image, seg, pred, affine=AFFINE)
