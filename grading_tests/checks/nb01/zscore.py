"""The z-score inside the brain: zscore_in_brain(image)."""

import numpy as np

from brainlab.data import zscore_in_brain
from grading_tests.checks.nb01.contract import (
    Cases,
    called_again,
    expect_array,
    expect_unrounded,
    unchanged,
)
from grading_tests.gap import Gap, Property, Wrong, expect, plain


def brain_image(rng: np.random.Generator, shape: tuple = (12, 13, 10), modalities: int = 4) -> np.ndarray:
    """Return (C, ...) int16: an ellipsoid of noise whose scale differs by modality, 0 around it.

    The last modality has a few very bright voxels, as vessels are in T1 with contrast.
    """
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    brain = sum(axis**2 for axis in axes) < 0.95
    means = np.resize([300, 700, 1500, 120], modalities).reshape(-1, *[1] * len(shape))
    values = means * (1 + 0.2 * rng.standard_normal((modalities, *shape)))
    image = np.where(brain, np.maximum(values, 1), 0).astype(np.int16)
    bright = np.flatnonzero(brain)[:3]
    image[-1].flat[bright] = 4 * means[-1].item()
    return image


def scores(image: np.ndarray) -> np.ndarray:
    """Return the z-scores, float64: slow and plain, and independent of the library."""
    scored = np.zeros(image.shape)
    for modality, target in zip(image, scored, strict=True):
        values = modality[modality != 0].astype(np.float64)
        if values.size and np.ptp(values) > 0:
            target[modality != 0] = (values - values.mean()) / values.std()
    return scored


def compare_scores(answer, image: np.ndarray, tried: str, where: np.ndarray | bool = True) -> None:
    """Compare the scores of an answer at the voxels `where` (C, ...)."""
    expected = scores(image)
    got = plain(answer(image.copy()))
    if got is None or got.shape != image.shape:
        found = "no numbers of one shape" if got is None else f"shape {got.shape}"
        raise Wrong(tried, f"shape {image.shape}", found)
    where = np.broadcast_to(where, image.shape)
    # n - 1 instead of n under the standard deviation is no mistake: hence the tolerance.
    expect(got[where], expected[where], tried, rtol=5e-3, atol=5e-3)


# Numbers that answers subtract or divide by, of the values in the brain and of all values.
CENTRES = {
    "the mean": lambda brain, _: brain.mean(),
    "the median": lambda brain, _: np.median(brain),
    "the minimum": lambda brain, _: brain.min(),
    "nothing": lambda brain, _: 0.0,
    "the mean of the whole volume": lambda _, volume: volume.mean(),
}
SPREADS = {
    "the standard deviation": lambda brain, _: brain.std(),
    "the variance": lambda brain, _: brain.var(),
    "nothing": lambda brain, _: 1.0,
    "the mean": lambda brain, _: brain.mean(),
    "the median": lambda brain, _: np.median(brain),
    "the maximum": lambda brain, _: brain.max(),
    "maximum - minimum": lambda brain, _: np.ptp(brain),
    "the median absolute deviation": lambda brain, _: np.median(np.abs(brain - np.median(brain))),
    "1.4826 median absolute deviations": lambda b, _: 1.4826 * np.median(np.abs(b - np.median(b))),
    "the mean absolute deviation": lambda brain, _: np.abs(brain - brain.mean()).mean(),
    "the interquartile range": lambda brain, _: np.ptp(np.percentile(brain, (25, 75))),
    "twice the standard deviation": lambda brain, _: 2 * brain.std(),
    "the root mean square": lambda brain, _: np.sqrt((brain**2).mean()),
    "the norm": lambda brain, _: np.linalg.norm(brain),
    "the sum": lambda brain, _: brain.sum(),
    "the standard deviation of the whole volume": lambda _, volume: volume.std(),
}


def formula_of(image: np.ndarray, got: np.ndarray) -> str | None:
    """Return by which statistics of the brain each modality was scored, in words; None if by no known ones.

    A straight line through (value, score) has the scale 1 / spread, and is 0 at the centre.
    """
    names = []
    for volume, scored in zip(image.astype(np.float64), got.astype(np.float64), strict=True):
        brain = volume[volume != 0]
        slope, offset = np.polyfit(brain - brain.mean(), scored[volume != 0], 1)
        line = slope * (brain - brain.mean()) + offset
        if slope <= 0 or not np.allclose(line, scored[volume != 0], rtol=0, atol=1e-3 * slope * brain.std()):
            return None
        spread, centre = 1 / slope, brain.mean() - offset / slope
        by = [name for name, of in SPREADS.items() if np.isclose(of(brain, volume), spread, rtol=2e-3)]
        near = 2e-3 * brain.std()
        less = [name for name, of in CENTRES.items() if np.isclose(of(brain, volume), centre, 0, near)]
        if not by or not less:
            return None
        names.append(f"subtracted: {less[0]}; divided by: {by[0]}")
    return names[0] if len(set(names)) == 1 else None


def cut_off(got: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether the scores are right but for those beyond a limit, which are all equal to it."""
    high = got.max()
    cut = got >= high
    right = np.clip(expected, got.min(), high)
    return (
        2 < cut.sum() < got.size / 2 and expected.max() > 1.05 * high and np.allclose(got, right, atol=5e-3)
    )


def scores_inside(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    tried = "four modalities of very different scale, in the brain"
    got = plain(answer(image.copy()))
    if got is not None and got.shape == image.shape:
        inside, right = got[image != 0], scores(image)[image != 0]
        if not (np.abs(inside) < 1e6).all():
            raise Wrong(
                tried,
                "scores of a few units",
                "scores that are NaN or huge: a division by 0, or integers that overflow?",
            )
        asked = "mean 0 and standard deviation 1 in every modality"
        formula = formula_of(image, np.where(image != 0, got, 0))
        if formula and not np.allclose(inside, right, rtol=5e-3, atol=5e-3):
            raise Wrong(tried, asked, formula)
        if cut_off(inside, right):
            raise Wrong(tried, "no limit to the scores", "right scores, but cut off beyond a limit")
        means = [float(one[brain].mean()) for one, brain in zip(got, image != 0, strict=True)]
        spreads = [float(one[brain].std()) for one, brain in zip(got, image != 0, strict=True)]
        if np.abs(means).max() > 0.02 or np.abs(np.array(spreads) - 1).max() > 0.02:
            listed = [", ".join(f"{one:.2g}" for one in ones) for ones in (means, spreads)]
            asked = f"means 0 and standard deviations 1, not {listed[0]} and {listed[1]}"
            raise Wrong(tried, asked, inside)
    compare_scores(lambda _: got, image, tried, image != 0)
    darker = np.where(image != 0, image // 2 + 1, 0)
    again = plain(answer(darker.copy()))
    if (
        again is None
        or again.shape != image.shape
        or not np.allclose(again[image != 0], scores(darker)[image != 0], rtol=5e-3, atol=5e-3)
    ):
        found = "other scores, though those of the first image were right"
        raise Wrong("a second image, half as bright", "mean 0 and standard deviation 1", found)


def scores_outside(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    compare_scores(answer, image, "the voxels outside the brain", image == 0)


def scores_own_mask(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    image[0, -3:], image[1, :5] = 0, 0
    compare_scores(answer, image, "a T1c that covers less of the brain than T1", image != 0)


def scores_negative(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng)
    image[2, 5:7] = -image[2, 5:7]
    compare_scores(answer, image, "a T2 with negative voxels from resampling", image != 0)
    image = -brain_image(rng)
    image[1] = -image[1]
    compare_scores(answer, image, "modalities whose voxels are all negative", image != 0)


def scores_flat(answer, rng: np.random.Generator) -> None:
    for number in (3, 0):
        image = brain_image(rng)
        image[number] = 70 * (image[number] != 0)
        compare_scores(answer, image, f"modality {number} has one value in the whole brain")


def scores_flat_floats(answer, rng: np.random.Generator) -> None:
    """The standard deviation of equal floats is often not 0 but some 1e-17: the mean is rounded."""
    for kind in (np.float64, np.float32):
        image = brain_image(rng).astype(kind)
        image[:3] = np.array([-0.1, 1 / 3, 987654.321]).reshape(3, 1, 1, 1) * (image[:3] != 0)
        tried = f"modalities that are -0.1, 1/3 and 987654.321 in the whole brain, as {np.dtype(kind)}"
        got = plain(answer(image.copy()))
        if got is not None and got.shape == image.shape and not np.abs(got[:3]).max() < 5e-3:
            raise Wrong(
                tried, "0 everywhere in these modalities", "other values, as from noise divided by noise"
            )
        compare_scores(answer, image, tried)


def scores_empty(answer, rng: np.random.Generator) -> None:
    for number in (3, 0):
        image = brain_image(rng)
        image[number] = 0
        compare_scores(answer, image, f"modality {number} is 0 everywhere")
    compare_scores(answer, 0 * image, "all modalities are 0 everywhere")


def compare_sizes(answer, image: np.ndarray, tried: str) -> None:
    """Compare the scores of unusually large or small values; scores of 0, or all too small, are told."""
    expected, got = scores(image), plain(answer(image.copy()))
    if got is not None and got.shape == image.shape and np.isfinite(got).all():
        inside, right = got[image != 0].astype(np.float64), expected[image != 0]
        ratio = (inside @ right) / (right @ right)
        found = "0 everywhere" if not inside.any() else "smaller scores, as if a number were added to it"
        empty = any(not one.any() for one in got)
        if empty or 0 < ratio < 0.97:
            found = "0 in a modality that is not constant" if empty else found
            raise Wrong(tried, "standard deviation 1 in the brain", found)
    # Values of float32 are rounded, and so is their mean: hence the tolerance.
    expect(got, expected, tried, rtol=0.05, atol=0.05)


def scores_of_any_size(answer, rng: np.random.Generator) -> None:
    for kind in (np.float64, np.float32):
        image = brain_image(rng).astype(kind)
        spread = np.array([one[one != 0].std() for one in image]).reshape(-1, 1, 1, 1)
        tiny = (image / spread * 1e-9).astype(kind)
        compare_sizes(answer, tiny, f"standard deviations of 1e-9, {kind.__name__}")
        compare_sizes(answer, image * 1000, f"values of a million, {kind.__name__}")
    image = brain_image(rng)
    narrow = np.where(image != 0, 1000 + 0.1 * rng.standard_normal(image.shape), 0)
    compare_sizes(answer, narrow, "values of 1000 +- 0.1")


def scores_of_slices(answer, rng: np.random.Generator) -> None:
    image = brain_image(rng, (30, 28)) / 123457
    image[:, 14, 10:18] /= 100
    compare_scores(answer, image, "2D slices, with values below 0.1")


def scores_of_any_number(answer, rng: np.random.Generator) -> None:
    for modalities in (1, 5):
        image = brain_image(rng, (9, 14, 11), modalities)
        image[:, 0, 0, :2] = np.arange(200, 200 + modalities)[:, None]
        tried = f"modalities: {modalities}; the brain touches a corner of the volume"
        compare_scores(answer, image, tried)


def typed(rng: np.random.Generator) -> Cases:
    """Return images of several types; those of one byte hold small values."""
    image = brain_image(rng, (9, 14, 11))
    kinds = ("float64", "float32", "int16", "uint16", "uint8")
    cases = [
        (f"an image of type {kind}", ((image // 30 if kind == "uint8" else image).astype(kind),))
        for kind in kinds
    ]
    large = [("uint16", 20), ("int32", 1000)]
    return cases + [(f"large values of type {kind}", (image.astype(kind) * times,)) for kind, times in large]


def scores_typed(answer, rng: np.random.Generator) -> None:
    for tried, (image,) in typed(rng):
        compare_scores(answer, image, tried)


def scores_form(answer, rng: np.random.Generator) -> None:
    for tried, (image,) in typed(rng):
        got = answer(image.copy())
        expect_array(got, image.shape, "f", tried)
        if got.dtype.itemsize < 4:
            raise Wrong(f"{tried}: the type of the result", "float32 or float64", str(got.dtype))
        expect_unrounded(got, scores(image), "the scores")


def two_images(rng: np.random.Generator) -> Cases:
    return [("one", (brain_image(rng, (7, 9, 8)),)), ("another", (3 * brain_image(rng, (7, 9, 8)) + 0,))]


def compare(got: object, arguments: tuple, tried: str) -> None:
    compare_scores(lambda _: got, *arguments, tried)


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
        Property("a flat modality", scores_flat),
        Property("flat modalities of floats", scores_flat_floats, share=0.5),
        Property("a modality without brain", scores_empty, share=0.5),
        Property("slices with small values", scores_of_slices),
        Property("one modality, and five", scores_of_any_number),
        Property("values of any size", scores_of_any_size),
        Property("images of other types", scores_typed),
        Property("an array of floats", scores_form, share=0.5),
        Property("input unchanged", unchanged(typed, ("image",))),
        Property("another call", called_again(two_images, compare), share=0.5),
    ],
)
