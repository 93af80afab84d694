"""The z-score inside the brain: zscore_in_brain(image)."""

import numpy as np

from brainlab.data import zscore_in_brain
from grading_tests.gap import Gap, Property, Wrong, expect
from grading_tests.unchanged import expect_unchanged


def brain_image(rng: np.random.Generator, shape: tuple = (12, 13, 10)) -> np.ndarray:
    """Return (4, ...) int16: an ellipsoid of noise whose scale differs by modality, 0 around it."""
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    brain = sum(axis**2 for axis in axes) < 0.95
    means = np.array([300, 700, 1500, 120]).reshape(4, *[1] * len(shape))
    values = means * (1 + 0.2 * rng.standard_normal((4, *shape)))
    return np.where(brain, np.maximum(values, 1), 0).astype(np.int16)


def compare_scores(answer, image: np.ndarray, tried: str, step: str, where: np.ndarray) -> None:
    """Compare the scores of an answer at the voxels `where` (C, ...)."""
    got = np.asarray(answer(image.copy()))
    if got.shape != image.shape:
        raise Wrong(tried, f"shape {image.shape}", f"shape {got.shape}", "step 1")
    # n - 1 instead of n under the standard deviation is no mistake: hence the tolerance.
    expect(got[where], zscore_in_brain(image)[where], tried, step, rtol=5e-3, atol=5e-3)


def scores_inside(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    compare_scores(answer, image, "four modalities of very different scale", "step 2", image != 0)


def scores_outside(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    compare_scores(answer, image, "the voxels outside the brain", "step 4", image == 0)


def scores_own_mask(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    image[0, -3:], image[1, :5] = 0, 0
    compare_scores(answer, image, "a T1c that covers less of the brain than T1", "step 1", image != 0)


def scores_negative(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    image[2, 5:7] = -image[2, 5:7]
    compare_scores(answer, image, "a T2 with negative voxels from resampling", "step 1", image != 0)


def scores_flat(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    image[3] = 70 * (image[3] != 0)
    compare_scores(answer, image, "a modality with one value in the whole brain", "step 3", image != 0)


def scores_of_slices(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng, (30, 28)) / 2000  # scaled to about 1 before, so that every spread is small
    compare_scores(answer, image, "2D slices, values up to 1", "step 1", np.ones(image.shape, bool))


def scores_unchanged(answer, rng: np.random.Generator) -> None:
    expect_unchanged(answer, brain_image(rng).astype(np.float32))


GAP = Gap(
    "g01_zscore",
    "zscore_in_brain",
    minutes=10,
    points=4,
    reference=zscore_in_brain,
    properties=[
        Property("mean 0 and standard deviation 1 in the brain, per modality", scores_inside, share=2),
        Property("0 outside", scores_outside),
        Property("masks that differ by modality", scores_own_mask),
        Property("negative voxels", scores_negative),
        Property("a flat modality", scores_flat, visible=False),
        Property("slices", scores_of_slices, visible=False),
        Property("input unchanged", scores_unchanged, visible=False),
    ],
)
