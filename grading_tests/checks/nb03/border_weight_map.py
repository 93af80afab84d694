"""The weight map of the U-Net paper: border_weight_map(instances, w0, sigma)."""

from functools import partial
from typing import Any

import numpy as np

from brainlab.losses import border_weight_map
from brainlab.synth import touching_cells
from grading_tests.gap import Gap, Property, Wrong, expect, first_largest, plain
from grading_tests.networks import attempt


def border_map(instances: np.ndarray, w0: float = 10.0, sigma: float = 5.0) -> np.ndarray:
    """The oracle: Ronneberger et al. 2015 (arXiv:1505.04597), equation 2, from every pixel to every other.

    The weight of the classes, w_c in the paper, is 1.
    """
    weights = np.ones(instances.shape)
    objects = [np.argwhere(instances == number) for number in np.unique(instances[instances > 0])]
    if len(objects) > 1:
        pixels = np.argwhere(instances == 0)[:, None]  # (pixels, 1, 2)
        distances = [np.linalg.norm(pixels - points, axis=2).min(axis=1) for points in objects]
        near, far = np.sort(distances, axis=0)[:2]  # (pixels,) each
        weights[instances == 0] += w0 * np.exp(-((near + far) ** 2) / (2 * sigma**2))
    return weights


def cells(rng: np.random.Generator) -> np.ndarray:
    """Return (14, 19) with three rectangles, 2 to 5 pixels apart; the middle one has the largest number."""
    instances = np.zeros((14, 19), dtype=np.int64)
    left, gap = int(rng.integers(3, 6)), int(rng.integers(2, 4))
    instances[2:11, 1:left] = 1
    instances[4:13, left + gap : left + gap + 4] = 3
    instances[int(rng.integers(1, 3)) : 9, left + 2 * gap + 5 : 18] = 2
    return instances


def weights_of(answer: Any, instances: np.ndarray, tried: str, **options: float) -> np.ndarray:
    """Return the answer's map as an array with the shape of the mask.

    Raises
    ------
    Wrong
        If the answer fails, or returns something else.
    """
    wanted = f"weights of shape {instances.shape}"
    got = attempt(tried, wanted, answer, instances.copy(), **options)
    weights = plain(got)
    if weights is None or weights.shape != instances.shape:
        shape = "" if weights is None else f" of shape {weights.shape}"
        raise Wrong(tried, wanted, f"a {type(got).__name__}{shape}")
    return weights


def an_array(answer: Any, rng: np.random.Generator) -> None:
    instances = cells(rng)
    for mask in (instances, instances * (instances == 2)):
        tried = "the type of the map" + ("" if mask is instances else " of one object")
        got = attempt(tried, "a NumPy array", answer, mask.copy())
        if not isinstance(got, np.ndarray):
            raise Wrong(tried, "a NumPy array of floats", f"a {type(got).__name__}")
        if got.dtype.kind != "f":
            raise Wrong(tried, "a NumPy array of floats", f"an array of {got.dtype}")


def expect_map(
    answer: Any, instances: np.ndarray, where: np.ndarray, tried: str, step: str = "", **options: float
) -> None:
    """Raise `Wrong` unless the map is right at the pixels `where`; the message shows one that is not."""
    expected = border_map(instances, **options)
    got = weights_of(answer, instances, tried, **options)
    wrong = where & ~np.isclose(got, expected, rtol=1e-4)
    if wrong.any():
        # The one that should count most: in the narrowest gap.
        row, column = np.unravel_index(first_largest(np.where(wrong, expected, 0)), wrong.shape)
        tried = f"{tried}: {wrong.sum()} pixels, among them ({row}, {column}); its weight, the mean of all"
        pair = (np.array([weights[row, column], weights.mean()]) for weights in (expected, got))
        raise Wrong(tried, *pair, step)


def between_objects(answer: Any, rng: np.random.Generator) -> None:
    for _ in range(2):
        instances = cells(rng)
        expect_map(answer, instances, instances == 0, "three objects, their background")


def inside_objects(answer: Any, rng: np.random.Generator) -> None:
    instances = cells(rng)
    expect_map(answer, instances, instances > 0, "three objects, inside them")


def other_options(answer: Any, rng: np.random.Generator) -> None:
    instances = cells(rng)
    for w0, sigma in ((40.0, 0.9), (4.0, 2.5), (0.5, 8.0), (0.0, 5.0)):
        tried = f"three objects, w0 = {w0:g}, sigma = {sigma:g}"
        expect_map(answer, instances, instances == 0, tried, w0=w0, sigma=sigma)


def fewer_than_two(answer: Any, rng: np.random.Generator) -> None:
    instances = cells(rng)
    everywhere = np.ones(instances.shape, dtype=bool)
    expect_map(answer, np.where(instances == 3, 3, 0), everywhere, "one object, number 3")
    expect_map(answer, np.zeros_like(instances), everywhere, "no object")
    expect_map(answer, np.where(instances == 2, 0, instances), instances == 0, "two objects, numbers 1 and 3")


def touching_objects(answer: Any, rng: np.random.Generator) -> None:
    instances = np.zeros((9, 12), dtype=np.int64)
    seam = int(rng.integers(4, 8))
    instances[3:7, 2:seam], instances[3:7, seam:10] = 1, 2
    tried = "two objects side by side, no background between them"
    expect_map(answer, instances, instances == 0, tried)


def without_background(answer: Any, rng: np.random.Generator) -> None:
    instances = np.ones((6, 9), dtype=np.int64)
    instances[:, int(rng.integers(3, 7)) :] = 2
    tried = "two objects that fill the image: no background"
    expect_map(answer, instances, instances > 0, tried)


def missing_numbers(answer: Any, rng: np.random.Generator) -> None:
    for numbers in ([0, 2, 7, 40], [0, 300, 256, 70000]):
        instances = np.array(numbers)[cells(rng)]
        tried = f"objects with the numbers {', '.join(map(str, sorted(numbers)[1:]))}"
        expect_map(answer, instances, instances == 0, tried)


def wide_image(answer: Any, rng: np.random.Generator) -> None:
    """Distances beyond 255, objects at the border of the image and of a single pixel."""
    instances = np.zeros((7, 320), dtype=np.int64)
    instances[:2, :3], instances[5, -1] = 1, 2
    instances[6, int(rng.integers(90, 110))] = 3
    tried = "small objects 100 to 300 pixels apart, sigma = 150"
    expect_map(answer, instances, instances == 0, tried, sigma=150.0)


def other_types(answer: Any, rng: np.random.Generator) -> None:
    for dtype in (np.uint8, np.int32, np.uint16):
        instances = (cells(rng) * np.array(20)).astype(dtype)
        tried = f"numbers of the type {np.dtype(dtype)}"
        expect_map(answer, instances, instances == 0, tried)


def unchanged(answer: Any, rng: np.random.Generator) -> None:
    for dtype in (np.int64, np.uint8):
        instances = (cells(rng) * 3).astype(dtype)
        instances[0, :4] = 4
        kept = instances.copy()
        first = attempt("an array of numbers", "weights", answer, kept)
        if kept.shape != instances.shape or (kept != instances).any():
            raise Wrong(
                "instances after the call", "unchanged", "changed: the function writes into its input"
            )
        attempt("another array", "weights", answer, cells(rng))
        again = attempt("the same array again", "weights", answer, instances)
        expect(again, first, "the same array a second time")


def scene(answer: Any) -> Any:
    """The weights around four cells, (H, W)."""
    return answer(touching_cells()[0])


GAP = Gap(
    "g03_border_weight_map",
    "border_weight_map",
    minutes=8,
    points=5,
    reference=partial(border_weight_map, class_weights=False),
    scene=scene,
    properties=[
        Property("the background between three objects", between_objects, share=2),
        Property("inside the objects", inside_objects),
        Property("other w0 and sigma", other_options),
        Property("no object, one and two", fewer_than_two),
        Property("touching objects", touching_objects),
        Property("no background", without_background, share=0.5),
        Property("object numbers with gaps", missing_numbers),
        Property("large distances, objects at the border", wide_image, share=0.5),
        Property("other types of integers", other_types, share=0.5),
        Property("a NumPy array of floats", an_array, share=0.5),
        Property("input unchanged, a second call", unchanged, share=0.5),
    ],
)
