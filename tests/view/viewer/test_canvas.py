"""What the viewer sends to the page: under 3 MB when it opens, other modalities on request."""

import gzip
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


def test_the_opening_state_holds_the_first_modality_and_the_labels(arrays, affine):
    viewer = SliceViewer(*arrays, affine=affine)
    turned = viewer.frame.display(arrays[1])
    np.testing.assert_array_equal(
        np.frombuffer(gzip.decompress(viewer.truth_codes), np.uint8), turned.ravel()
    )
    codes = np.frombuffer(gzip.decompress(viewer.first_codes), np.uint8).reshape(turned.shape)
    stored = viewer.first["offset"] + viewer.first["step"] * (codes.astype(float) - 1)
    image = viewer.frame.display(arrays[0][3])
    inside = (image > 0) & (codes < 255)
    assert np.abs(stored - image)[inside].max() <= viewer.first["step"]
    json.dumps(viewer.about)  # plain values only


def test_other_modalities_come_when_asked_for(arrays, monkeypatch, affine):
    viewer = SliceViewer(*arrays, affine=affine, after=arrays[0] + 1)
    sent = []
    monkeypatch.setattr(viewer, "send", lambda content, buffers=None: sent.append((content, buffers)))
    viewer._handle_custom_msg({"ask": "part", "part": "t1n"}, [])
    viewer._handle_custom_msg({"ask": "part", "part": "t1n/after"}, [])
    viewer._handle_custom_msg({"ask": "values", "voxel": [5, 6, 6], "parts": ["t2f", "t2f/after"]}, [])
    viewer._handle_custom_msg({"ask": "part", "part": "t9"}, [])
    kinds = [content["kind"] for content, _ in sent]
    assert kinds == ["part", "part", "values", "problem"]
    assert len(gzip.decompress(sent[0][1][0])) == arrays[0][0].size
    value = float(arrays[0][3, 5, 6, 6])
    assert sent[2][0]["values"] == {"t2f": value, "t2f/after": pytest.approx(value + 1)}
    assert "t9" in sent[3][0]["text"]
