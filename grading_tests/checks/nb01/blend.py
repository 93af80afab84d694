"""The overlay of labels on a slice: blend(grey, labels, alpha, palette)."""

from typing import Any

import numpy as np

from brainlab.view import PALETTE, blend
from grading_tests.checks.nb01.contract import Cases, called_again, expect_array, unchanged
from grading_tests.gap import Gap, Property, Wrong, expect, plain
from grading_tests.picture import head


def slice_of(
    rng: np.random.Generator, shape: tuple = (6, 7), classes: tuple = (0, 1, 2, 3), grey: str = "float32"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a grey slice (H, W), its labels and a palette; label 0 has a colour too."""
    image = rng.uniform(0.02, 0.9, shape).astype(grey)
    labels = rng.choice(np.array(classes, np.uint8), shape)
    return image, labels, rng.uniform(0.2, 1, (4, 3)).astype(np.float32)


def compare(got: Any, arguments: tuple, tried: str, where: np.ndarray | bool = True) -> None:
    grey, labels, alpha, palette = arguments
    array = plain(got)
    shape = (*grey.shape, 3)
    if array is None or array.shape != shape:
        raise Wrong(tried, f"shape {shape}", "no numbers" if array is None else f"shape {array.shape}")
    where = np.broadcast_to(where, grey.shape)
    expect(array[where], blend(grey, labels, alpha, palette)[where], tried)


def overlay(answer, part: tuple, alpha: float, tried: str, tumour: bool | None = None) -> None:
    grey, labels, palette = part
    where = True if tumour is None else (labels > 0) == tumour
    got = answer(grey.copy(), labels.copy(), alpha, palette.copy())
    compare(got, (grey, labels, alpha, palette), tried, where)


def overlay_tumour(answer, rng: np.random.Generator) -> None:
    overlay(answer, slice_of(rng), 0.3, "alpha = 0.3, pixels with a label", True)


def overlay_background(answer, rng: np.random.Generator) -> None:
    overlay(answer, slice_of(rng), 0.3, "alpha = 0.3, pixels of the background", False)


def overlay_ends(answer, rng: np.random.Generator) -> None:
    overlay(answer, slice_of(rng), 0, "alpha = 0: only the image")
    overlay(answer, slice_of(rng), 1, "alpha = 1: only the colours")


def overlay_black(answer, rng: np.random.Generator) -> None:
    grey, labels, palette = slice_of(rng)
    grey[:, ::2], grey[:, 1::3] = 0, 1
    overlay(answer, (grey, labels, palette), 0.6, "black and white pixels")


def overlay_classes(answer, rng: np.random.Generator) -> None:
    for classes in ((0,), (0, 2), (3,)):
        overlay(answer, slice_of(rng, classes=classes), 0.7, f"a slice with the labels {classes} only")
    overlay(answer, slice_of(rng, (90, 70)), 0.45, "a slice of 90 x 70 pixels")


def typed(rng: np.random.Generator) -> Cases:
    """Return slices and labels of several types."""
    cases = []
    for image, kind in (("float64", "int64"), ("float32", "uint8"), ("float64", "int16")):
        grey, labels, palette = slice_of(rng, grey=image)
        labels, palette = labels.astype(kind), palette.astype(image)
        cases.append((f"an image of type {image}, labels of type {kind}", (grey, labels, 0.5, palette)))
    return cases


def overlay_typed(answer, rng: np.random.Generator) -> None:
    for tried, (grey, labels, alpha, palette) in typed(rng):
        overlay(answer, (grey, labels, palette), alpha, tried)


def overlay_form(answer, rng: np.random.Generator) -> None:
    grey, labels, palette = slice_of(rng)
    for alpha in (0, 0.5, 1):
        got = answer(grey.copy(), labels.copy(), alpha, palette.copy())
        expect_array(got, (*grey.shape, 3), "f", f"alpha = {alpha}")


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
        Property("alpha 0 and 1", overlay_ends),
        Property("black and white pixels", overlay_black, share=0.5),
        Property("other classes and sizes", overlay_classes),
        Property("other types", overlay_typed, share=0.5),
        Property("an array of floats", overlay_form, share=0.5),
        Property("inputs unchanged", unchanged(typed, ("grey", "labels", "alpha", "palette")), share=0.5),
        Property("another call", called_again(typed, compare), share=0.5),
    ],
)
