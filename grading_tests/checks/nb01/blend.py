"""The overlay of labels on a slice: blend(grey, labels, alpha, palette)."""

from typing import Any

import numpy as np

from brainlab.view import PALETTE, blend
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.picture import head
from grading_tests.unchanged import expect_unchanged


def overlay(answer, rng: np.random.Generator, alpha: float, tumour: bool, tried: str, step: str) -> None:
    grey, labels = rng.uniform(0, 1, (6, 7)).astype(np.float32), rng.integers(0, 4, (6, 7)).astype(np.uint8)
    palette = rng.uniform(0.2, 1, (4, 3)).astype(np.float32)
    got = np.asarray(answer(grey.copy(), labels.copy(), alpha, palette.copy()))
    if got.shape != (6, 7, 3):
        raise Wrong(tried, "shape (6, 7, 3)", f"shape {got.shape}", "step 1")
    where = (labels > 0) == tumour
    expect(got[where], blend(grey, labels, alpha, palette)[where], tried, step)


def overlay_tumour(answer, rng: np.random.Generator) -> None:
    overlay(answer, rng, 0.3, True, "alpha = 0.3, pixels with a label", "step 3")


def overlay_background(answer, rng: np.random.Generator) -> None:
    overlay(answer, rng, 0.3, False, "alpha = 0.3, pixels of the background", "step 2")


def overlay_ends(answer, rng: np.random.Generator) -> None:
    overlay(answer, rng, 0.0, True, "alpha = 0: only the image", "step 3")
    overlay(answer, rng, 1.0, True, "alpha = 1: only the colours", "step 3")


def overlay_unchanged(answer, rng: np.random.Generator) -> None:
    labels = rng.integers(0, 4, (5, 4)).astype(np.uint8)
    expect_unchanged(answer, rng.uniform(0, 1, (5, 4)), labels, 0.5, rng.uniform(0, 1, (4, 3)))


def scene(answer: Any) -> Any:
    """Colours over the toy slice, (H, W, 3)."""
    image, labels = (part.numpy() for part in head())
    return answer(image, labels, 0.5, np.asarray(PALETTE))


GAP = Gap(
    "g01_blend",
    "blend",
    minutes=6,
    points=3,
    reference=blend,
    scene=scene,
    properties=[
        Property("colours over the tumour", overlay_tumour, share=2),
        Property("the background unchanged", overlay_background),
        Property("alpha 0 and 1", overlay_ends, visible=False),
        Property("input unchanged", overlay_unchanged, share=0.5, visible=False),
    ],
)
