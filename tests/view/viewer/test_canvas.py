"""What the viewer sends when it opens stays under 3 MB, also for a full-size case that hardly compresses."""

import json

import numpy as np
import pytest
from ipywidgets.widgets.widget import _remove_buffers

from brainlab.view import SliceViewer

SHAPE = (240, 240, 155)


def opening(viewer):
    """Return the bytes of a widget's first message."""
    state, _, buffers = _remove_buffers(viewer.get_state())
    return len(json.dumps(state, default=str)) + sum(memoryview(b).nbytes for b in buffers)


@pytest.mark.parametrize("stripped", [True, False], ids=["brain", "whole head with noise around"])
def test_a_noisy_case_of_full_size_opens_with_less_than_3_mb(stripped):
    rng = np.random.default_rng(0)
    grid = np.ogrid[-1:1:240j, -1:1:240j, -1:1:155j]
    away = sum((axis / size) ** 2 for axis, size in zip(grid, (0.6, 0.75, 0.8), strict=True))
    image = rng.standard_normal(SHAPE, dtype=np.float32)
    image *= 100
    image += 500
    if stripped:
        image *= away < 1
    seg = np.select([away < 0.02, away < 0.05, away < 0.15], [1, 3, 2], 0).astype(np.uint8)
    viewer = SliceViewer(image, seg, np.roll(seg, 5, 0), affine=np.diag([-1.0, -1, 1, 1]))
    assert opening(viewer) < 3_000_000
