"""The weight map of the U-Net paper: border_weight_map(instances, w0, sigma)."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import ndimage

from brainlab.losses import border_weight_map
from brainlab.synth import touching_cells
from grading_tests.checks.nb03.suspects import Traced
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
        idea = "there is a weight for every pixel, in an array of the shape of instances, also if all are 1."
        raise Wrong(tried, wanted, f"a {type(got).__name__}{shape}", idea=idea)
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


def suspects(instances: np.ndarray, w0: float, sigma: float) -> Iterator[tuple[str, np.ndarray]]:
    """Yield maps that are wrong for one reason."""
    numbers = [number for number in np.unique(instances) if number]
    background = instances == 0
    each = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])
    ordered = np.sort(each, axis=0)
    near, far = ordered[0], ordered[min(1, len(ordered) - 1)]

    def bell(distance: np.ndarray) -> np.ndarray:
        return w0 * np.exp(-(distance**2) / (2 * sigma**2))

    def with_border(border: np.ndarray, where: np.ndarray = background) -> np.ndarray:
        return np.where(where, 1 + border, 1.0)

    right = with_border(bell(near + far))
    places = np.argsort(each, axis=0)
    pairs = [bell(one + other) for one, other in itertools.combinations(each, 2)]
    yield (
        "argsort returns the numbers of the objects in their order, not the distances.",
        with_border(bell(places[0] + places[min(1, len(places) - 1)])),
    )
    yield "all pairs of objects are added; only the nearest two count.", with_border(sum(pairs))
    yield "the distances are multiplied; their sum is squared.", with_border(bell(near * far))
    yield "the difference of the distances is taken; their sum decays.", with_border(bell(far - near))
    yield "the mean of the distances is taken; it is their sum.", with_border(bell((near + far) / 2))
    yield "twice the nearest distance; the second nearest object counts too.", with_border(bell(2 * near))
    yield "only the nearest distance counts; it is the sum with the second nearest.", with_border(bell(near))
    yield "only the second nearest distance counts; it is the sum of both.", with_border(bell(far))
    yield "the sum of all distances is taken; only the nearest two count.", with_border(bell(each.sum(0)))
    yield (
        "the distances to the first two objects are taken, not the two smallest.",
        with_border(bell(each[0] + each[min(1, len(each) - 1)])),
    )
    yield "the pixels inside objects are weighted too: there the weight is 1.", 1 + bell(near + far)
    for name, change in (("eroded", ndimage.binary_erosion), ("dilated", ndimage.binary_dilation)):
        for times in (1, 2):
            yield (
                f"the objects are {name}: the background begins where instances is 0.",
                with_border(bell(near + far), ~change(~background, iterations=times)),
            )
    for sigmas in (2, 3, 4, 5):
        yield (
            f"the weight is cut off beyond {sigmas} sigma: it decays without an end.",
            with_border(bell(near + far) * (near + far <= sigmas * sigma)),
        )
    yield "the map is divided by its mean.", right / right.mean()
    yield "the map is divided by its largest weight.", right / right.max()
    yield "w0 is added twice.", with_border(2 * bell(near + far))
    for small in (np.int8, np.uint8, np.int16, np.uint16, np.float16):
        yield (
            "the numbers of the objects become a type of 8 or 16 bits, which does not hold them.",
            border_map(instances.astype(small), w0, sigma),
        )
    low = right.astype(np.float16)
    yield "float16 keeps three digits only.", low
    parts = [
        ndimage.distance_transform_edt(labels != part)
        for labels, count in (ndimage.label(instances == number) for number in numbers)
        for part in range(1, count + 1)
    ]
    if len(parts) > 1:
        yield (
            "one number is one object, also in several parts: they are separate here.",
            with_border(bell(np.sort(parts, axis=0)[:2].sum(0))),
        )


def idea_of(answer: Any, instances: np.ndarray, got: np.ndarray, options: dict[str, float]) -> str:
    """Return why a map is wrong, "" if that is not found."""
    for name, value in options.items():
        # With the other argument by default: a wrong one may hide this.
        maps = [plain(answer(instances.copy(), **{name: one})) for one in (value, 2 * value + 1, value + 7)]
        if all(one is not None and one.shape == got.shape and np.allclose(one, maps[0]) for one in maps):
            return f"the map is the same for every {name}: the argument is not used."
    with np.errstate(all="ignore"):
        # Also by default: for a small sigma, many maps are 1.
        plainly = plain(answer(instances.copy()))
        here = suspects(instances, options.get("w0", 10.0), options.get("sigma", 5.0))
        for (words, wrong), (_, other) in zip(here, suspects(instances, 10.0, 5.0), strict=True):
            if np.allclose(wrong, got, rtol=1e-5) and np.allclose(other, plainly, rtol=1e-5):
                return words
    return ""


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
        raise Traced(tried, *pair, step, partial(idea_of, answer, instances, got, options))


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
    # Also numbers that are 0 or, for neighbours, the same in 8 or 16 bits.
    large = [0, 300, 256, 70000], [0, 65536, 7, 3], [0, 65792, 5, 256], [0, 2048, 4097, 2049]
    for numbers in ([0, 2, 7, 40], *large):
        instances = np.array(numbers)[cells(rng)]
        tried = f"objects with the numbers {', '.join(map(str, sorted(numbers)[1:]))}"
        expect_map(answer, instances, instances == 0, tried)


def in_parts(answer: Any, rng: np.random.Generator) -> None:
    """All pixels of one number are one object, also if others or background lie between them."""
    instances = cells(rng)
    instances[instances == 2] = 1
    tried = "two objects, one of them in two parts on both sides of the other"
    expect_map(answer, instances, instances == 0, tried)
    instances[instances == 3] = 0
    expect_map(answer, instances, instances >= 0, "one object in two parts")


def wide_image(answer: Any, rng: np.random.Generator) -> None:
    """Distances beyond 255, objects at the border of the image and of a single pixel."""
    instances = np.zeros((7, 320), dtype=np.int64)
    instances[:2, :3], instances[5, -1] = 1, 2
    instances[6, int(rng.integers(90, 110))] = 3
    tried = "small objects 100 to 300 pixels apart, sigma = 150"
    expect_map(answer, instances, instances == 0, tried, sigma=150.0)


def other_types(answer: Any, rng: np.random.Generator) -> None:
    for dtype in (np.uint8, np.int32, np.uint16, np.int8, np.uint64):
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
        Property("an object in two parts", in_parts, share=0.5),
        Property("large distances, objects at the border", wide_image, share=0.5),
        Property("other types of integers", other_types, share=0.5),
        Property("a NumPy array of floats", an_array, share=0.5),
        Property("input unchanged, a second call", unchanged, share=0.5),
    ],
)
