"""Slices with enough tumour to train on: select_slices(labels, spacing, min_area)."""

import numpy as np

from brainlab.data import select_slices
from grading_tests.gap import Gap, Property, expect


def growing_tumour(rng: np.random.Generator, slices: int = 9) -> np.ndarray:
    """Return (Z, 8, 9) labels whose tumour has z * 3 voxels in slice z, of all three classes."""
    labels = np.zeros((slices, 8, 9), dtype=np.uint8)
    for z, plane in enumerate(labels):
        plane.flat[rng.permutation(plane.size)[: 3 * z]] = np.resize([2, 1, 3], 3 * z)
    return labels


def selected(answer, labels: np.ndarray, spacing: tuple, min_area: float, step: str) -> None:
    voxels = (labels > 0).sum(axis=(1, 2)).tolist()
    tried = f"tumour voxels per slice {voxels}, voxels of {spacing} mm, at least {min_area} mm2"
    got = np.asarray(answer(labels.copy(), np.array(spacing), min_area))
    expected = select_slices(labels, spacing, min_area)
    if got.size or expected.size:
        expect(got, expected, tried, step)


def selected_1mm(answer, rng: np.random.Generator) -> None:
    selected(answer, growing_tumour(rng), (1.0, 1.0, 1.0), 10, "step 3")


def selected_anisotropic(answer, rng: np.random.Generator) -> None:
    selected(answer, growing_tumour(rng), (0.5, 1.5, 2.0), 9, "step 2")


def selected_equal(answer, rng: np.random.Generator) -> None:
    selected(answer, growing_tumour(rng), (1.0, 1.0, 1.0), 12, "step 3")


def selected_none(answer, rng: np.random.Generator) -> None:
    selected(answer, growing_tumour(rng), (1.0, 1.0, 1.0), 1000, "step 3")
    selected(answer, growing_tumour(rng), (2.0, 2.0, 2.0), 0, "step 3")


GAP = Gap(
    "g01_select_slices",
    "select_slices",
    minutes=6,
    points=3,
    reference=select_slices,
    properties=[
        Property("voxels of 1 mm", selected_1mm),
        Property("voxels that are not cubes", selected_anisotropic),
        Property("an area exactly at the limit", selected_equal),
        Property("none and all of the slices", selected_none, visible=False),
    ],
)
