"""Slices with enough tumour to train on: select_slices(labels, spacing, min_area)."""

import numpy as np

from brainlab.data import select_slices
from grading_tests.checks.nb01.contract import (
    Cases,
    called_again,
    expect_numbers,
    indices_in_words,
    kind_of,
    steady,
    unchanged,
)
from grading_tests.gap import Gap, Property, Wrong, expect, plain


def growing_tumour(rng: np.random.Generator, slices: int = 9) -> np.ndarray:
    """Return (Z, 8, 9) labels whose tumour has z * 3 voxels in slice z, of all three classes."""
    return tumour_of(rng, [3 * z for z in range(slices)])


def tumour_of(rng: np.random.Generator, voxels: list[int], shape: tuple = (8, 9)) -> np.ndarray:
    """Return (Z, ...) labels with this number of tumour voxels in each slice, scattered, of three classes."""
    labels = np.zeros((len(voxels), *shape), dtype=np.uint8)
    for plane, number in zip(labels, voxels, strict=True):
        plane.flat[rng.permutation(plane.size)[:number]] = rng.integers(1, 4, number)
    return labels


def compare(got: object, arguments: tuple, tried: str) -> None:
    expected, array = select_slices(*arguments), plain(got)
    if array is None or array.size or expected.size:
        expect(got, expected, tried)


def compare_many(answer, labels: np.ndarray, spacing: np.ndarray, limits: tuple, tried: str) -> None:
    """Compare the slices for several limits at once: a mistake shows in which ones it fails."""
    right = [str(select_slices(labels, spacing, least).tolist()) for least in limits]
    found = [indices_in_words(answer(labels.copy(), spacing.copy(), least)) for least in limits]
    if found != right:
        words = f"{tried}; at least {', '.join(map(str, limits))} mm2"
        raise Wrong(words, "; ".join(right), "; ".join(found))


def selected(answer, labels: np.ndarray, spacing: tuple, min_area: float) -> None:
    voxels = (labels > 0).sum(axis=(1, 2)).tolist()
    tried = f"tumour voxels per slice {voxels}, voxels of {spacing} mm, at least {min_area} mm2"
    if len(voxels) > 20:
        tried = f"{len(voxels)} slices, at least {min_area} mm2"
    got = answer(labels.copy(), np.array(spacing), min_area)
    compare(got, (labels, spacing, min_area), tried)


def selected_1mm(answer, rng: np.random.Generator) -> None:
    labels = growing_tumour(rng)
    steady(answer, labels, np.ones(3), 10, other=(labels[::-1], np.ones(3), 20))
    compare_many(answer, labels, np.ones(3), (10, 4, 90, 20, 2), "0, 3, 6 ... 24 voxels of 1 mm")


# Areas of a pixel that answers compute from the sizes x, y, z of a voxel.
AREAS = {
    "x times y": lambda x, y, z: x * y,
    "1": lambda x, y, z: 1,
    "x times z": lambda x, y, z: x * z,
    "y times z": lambda x, y, z: y * z,
    "x times y times z": lambda x, y, z: x * y * z,
    "x": lambda x, y, z: x,
    "y": lambda x, y, z: y,
    "z": lambda x, y, z: z,
    "x squared": lambda x, y, z: x * x,
    "y squared": lambda x, y, z: y * y,
    "z squared": lambda x, y, z: z * z,
    "x plus y": lambda x, y, z: x + y,
    "x plus y plus z": lambda x, y, z: x + y + z,
    "the mean size squared": lambda x, y, z: ((x + y + z) / 3) ** 2,
    "the mean of x and y, squared": lambda x, y, z: ((x + y) / 2) ** 2,
    "the mean size": lambda x, y, z: (x + y + z) / 3,
    "the largest size squared": lambda x, y, z: max(x, y, z) ** 2,
    "the smallest size squared": lambda x, y, z: min(x, y, z) ** 2,
    "the product of the two smallest sizes": lambda x, y, z: x * y * z / max(x, y, z),
    "the product of the two largest sizes": lambda x, y, z: x * y * z / min(x, y, z),
    "1 over x times y": lambda x, y, z: 1 / (x * y),
    "x over y": lambda x, y, z: x / y,
    "x times y in cm2": lambda x, y, z: x * y / 100,
}


def area_of_a_pixel(answer) -> str | None:
    """Return with which area of a pixel the answer computes, in words; None if no known one fits.

    Slice n of 400 has n pixels: the first slice that is large enough bounds the area from both sides.
    """
    labels = (np.arange(400) < np.arange(1, 401)[:, None]).astype(np.uint8).reshape(400, 20, 20)
    fitting = set(AREAS)
    for spacing in ((0.7, 1.9, 3.1), (1.7, 1.3, 0.4), (3.3, 0.9, 1.6)):
        for limit in (7.7, 33.3, 151.1, 411.7):
            found = plain(answer(labels.copy(), np.array(spacing), limit))
            if found is None or found.dtype.kind not in "iu":
                return None
            first = int(found.min()) + 1 if found.size else 401
            needed = {name: max(1, int(np.ceil(limit / area(*spacing)))) for name, area in AREAS.items()}
            fitting &= {name for name, pixels in needed.items() if min(pixels, 401) == first}
    return next((name for name in AREAS if name in fitting), None)


def selected_anisotropic(answer, rng: np.random.Generator) -> None:
    found = area_of_a_pixel(answer)
    if found not in (None, "x times y"):
        raise Wrong(
            "voxels of several sizes", "the area of a pixel in mm2", f"{found} for the area of a pixel"
        )
    selected(answer, growing_tumour(rng), (0.5, 1.5, 2.0), 9)
    selected(answer, growing_tumour(rng), (1.5, 0.5, 0.25), 7.5)
    selected(answer, growing_tumour(rng), (2.0, 1.0, 3.0), 17)


def selected_equal(answer, rng: np.random.Generator) -> None:
    selected(answer, growing_tumour(rng), (1.0, 1.0, 1.0), 12)
    selected(answer, growing_tumour(rng), (0.5, 0.5, 1.0), 3.75)


def selected_near(answer, rng: np.random.Generator) -> None:
    """Areas just below and just above the limit, and not whole: 0.25 mm2 a voxel."""
    labels, tried = tumour_of(rng, [39, 40, 41, 42, 43, 44]), "areas of 9.75, 10, 10.25, 10.5, 10.75, 11 mm2"
    compare_many(answer, labels, np.array([0.5, 0.5, 1.0]), (10.1, 10.2, 10.4, 10.6), tried)


def selected_none(answer, rng: np.random.Generator) -> None:
    selected(answer, growing_tumour(rng), (1.0, 1.0, 1.0), 1000)
    selected(answer, growing_tumour(rng), (2.0, 2.0, 2.0), 0)


def selected_large(answer, rng: np.random.Generator) -> None:
    """More tumour voxels than one byte counts, and more than two; large limits."""
    labels = np.zeros((5, 300, 256), np.uint8)
    for plane, number in zip(labels, (0, 256, 300, 33000, 66000), strict=True):
        plane.flat[plane.size - number :] = 2
    for min_area in (290, 30000):
        selected(answer, labels, (1.0, 1.0, 1.0), min_area)


def selected_gap(answer, rng: np.random.Generator) -> None:
    selected(answer, tumour_of(rng, [0, 20, 3, 25, 30, 0, 12, 40]), (1.0, 1.0, 1.0), 15)


def selected_one(answer, rng: np.random.Generator) -> None:
    """A volume of one slice, and slices of one row: `squeeze` takes their axes as well."""
    for shape, limit in (((1, 8, 9), 10), ((1, 8, 9), 30), ((6, 1, 9), 4), ((6, 9, 1), 4)):
        labels = tumour_of(
            rng, [20, 3, 9, 1, 5, 2][: shape[0]] if shape[0] == 1 else [4, 3, 9, 1, 5, 2], shape[1:]
        )
        compare_many(answer, labels, np.ones(3), (limit,), f"labels of shape {shape}")
        expected = len(select_slices(labels, np.ones(3), limit))
        got = answer(labels.copy(), np.ones(3), limit)
        expect_numbers(got, expected, "iu" if expected else "iuf", f"labels of shape {shape}", tuples=False)


def selected_many(answer, rng: np.random.Generator) -> None:
    selected(answer, tumour_of(rng, rng.integers(0, 12, 400).tolist(), (3, 4)), (1.0, 1.0, 1.0), 6)


def selected_class(answer, rng: np.random.Generator) -> None:
    for label in (1, 2, 3):
        labels = (growing_tumour(rng) > 0).astype(np.uint8) * np.uint8(label)
        voxels = (labels > 0).sum(axis=(1, 2)).tolist()
        tried = f"tumour voxels per slice {voxels}, all of label {label}, at least 10 mm2"
        compare(answer(labels.copy(), np.ones(3), 10), (labels, np.ones(3), 10), tried)


def calls(rng: np.random.Generator) -> Cases:
    """Return labels of several types, with the spacing as an array, a tuple and a list."""
    made = [("uint8", np.array([1.5, 0.5, 2.0])), ("int64", (2.0, 1.0, 3.0)), ("int16", [1.5, 0.8, 1.0])]
    return [
        (
            f"labels of type {kind}, spacing as {kind_of(spacing)}",
            (growing_tumour(rng).astype(kind), spacing, 9),
        )
        for kind, spacing in made
    ]


def selected_typed(answer, rng: np.random.Generator) -> None:
    for tried, arguments in calls(rng):
        labels, spacing, min_area = arguments
        compare(
            answer(
                labels.copy(),
                type(spacing)(spacing) if not isinstance(spacing, np.ndarray) else spacing.copy(),
                min_area,
            ),
            arguments,
            tried,
        )


def selected_form(answer, rng: np.random.Generator) -> None:
    labels, voxels = growing_tumour(rng), np.ones(3)
    expect_numbers(answer(labels.copy(), voxels.copy(), 10), 5, "iu", "some slices", tuples=False)
    expect_numbers(answer(labels.copy(), voxels.copy(), 24), 1, "iu", "a single slice", tuples=False)
    none = answer(labels.copy(), voxels.copy(), 1000)
    expect_numbers(none, 0, "iuf", "no slice")
    try:
        np.zeros((9, 4))[none, 1:]
    except IndexError:
        raise Wrong(
            "no slice is large enough: the result as an index",
            "an empty list, or an empty array of integers",
            f"{kind_of(none)}, which cannot be an index",
        ) from None


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
        Property("areas close to the limit", selected_near, share=0.5),
        Property("one class only", selected_class, share=0.5),
        Property("none and all of the slices", selected_none),
        Property("slices in between that are too small", selected_gap, share=0.5),
        Property("slices of 76,800 voxels", selected_large),
        Property("volumes of one slice, slices of one row", selected_one, share=0.5),
        Property("400 slices", selected_many, share=0.5),
        Property("inputs of other types", selected_typed, share=0.5),
        Property("an array or a list of integers", selected_form, share=0.5),
        Property("inputs unchanged", unchanged(calls, ("labels", "spacing", "min_area")), share=0.5),
        Property("another call", called_again(calls, compare), share=0.5),
    ],
)
