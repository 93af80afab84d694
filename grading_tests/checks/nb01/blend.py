"""The overlay of labels on a slice: blend(grey, labels, alpha, palette)."""

from itertools import permutations
from typing import Any

import numpy as np

from brainlab.view import PALETTE, blend
from grading_tests.checks.nb01.contract import (
    Cases,
    called_again,
    expect_array,
    expect_unrounded,
    numbers_of,
    unchanged,
)
from grading_tests.gap import Gap, Property, Wrong, expect, plain, same
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
    where, right = np.broadcast_to(where, grey.shape), blend(grey, labels, alpha, palette)
    close = same(array[where], right[where], 0.1, 0.1)
    if where.any() and close and alpha not in (0, 1):
        expect_unrounded(array[where], right[where], tried)
    if same(array[where], right[where]):
        return
    found = mix_of(array, arguments, np.unique(labels[where]).tolist())
    if found:
        raise Wrong(tried, MIXED if found.startswith("image") else "the colours of the labels", found)
    expect(array[where], right[where], tried)


MIXED = "image and colour with shares that add up to 1, of the colour alpha; the background as it was"


def mix_of(got: np.ndarray, arguments: tuple, classes: list[int]) -> str | None:
    """Return of what the pixels of these labels are mixed, in words; None if they are no such mixture.

    Within one label each channel is a straight line over the grey values: its slope is the share of the
    image, its offset what comes from the colour.
    """
    grey, labels, alpha, palette = arguments
    lines = []
    for label in classes:
        here = labels == label
        inputs = np.stack([grey[here], np.ones(here.sum())], axis=1).astype(np.float64)
        if here.sum() < 4 or not np.isfinite(got[here]).all():
            return None
        line = np.linalg.lstsq(inputs, got[here].astype(np.float64), rcond=None)[0]  # (2, 3)
        if np.abs(inputs @ line - got[here]).max() > 1e-3:
            return None
        lines.append(line)
    slopes, colours = np.stack([line[0] for line in lines]), np.stack([line[1] for line in lines])
    if np.ptp(slopes) > 2e-3:
        return None
    image, own = slopes.mean(), palette[classes].astype(np.float64)
    share = (colours * own).sum() / (own**2).sum()
    if np.allclose(colours, share * own, atol=2e-3):
        # Adding 0 turns -0 into 0.
        return f"image x {round(image, 2) + 0:.2f} + colour x {round(share, 2) + 0:.2f}"
    if abs(image - 1 + alpha) > 2e-3 or alpha == 0:
        return None
    return colours_of(colours / alpha, classes, palette)


def colours_of(colours: np.ndarray, classes: list[int], palette: np.ndarray) -> str:
    """Return where the colours (N, 3) of these labels come from, in words."""
    rows = [
        [row for row, colour in enumerate(palette) if np.allclose(colour, one, atol=5e-3)] for one in colours
    ]
    if all(rows):
        return f"labels {classes} have the colours of rows {[found[0] for found in rows]}"
    for order in permutations(range(3)):
        if np.allclose(colours, palette[classes][:, order], atol=5e-3):
            names = [("red", "green", "blue")[channel] for channel in order]
            return f"the channels in the order {', '.join(names)}"
    if len(classes) > 1 and np.ptp(colours, axis=0).max() < 5e-3:
        return "one colour for all labels"
    return "colours that are not in the palette"


def overlay(answer, part: tuple, alpha: float, tried: str, tumour: bool | None = None) -> None:
    grey, labels, palette = part
    where = True if tumour is None else (labels > 0) == tumour
    got = answer(grey.copy(), labels.copy(), alpha, palette.copy())
    if isinstance(got, np.ndarray):
        numbers_of(got, tried)
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


def overlay_palettes(answer, rng: np.random.Generator) -> None:
    """What is a label must not be seen from its colour."""
    grey, labels, palette = slice_of(rng)
    black, equal, background = palette.copy(), palette.copy(), palette.copy()
    black[2], equal[1], background[0] = 0, equal[0], 0
    given = [(black, "row 2 is black"), (equal, "rows 0 and 1 are equal"), (background, "row 0 is black")]
    given += [(palette[[0, 1, 1, 3]], "rows 1 and 2 are equal")]
    for colours, words in given:
        arguments, tried = (grey, labels, 0.4, colours), f"a palette whose {words}"
        got = plain(answer(grey.copy(), labels.copy(), 0.4, colours.copy()))
        right = blend(*arguments)
        if got is not None and got.shape == right.shape:
            differ = ~np.isclose(got, right, atol=1e-3).all(axis=-1)
            if differ.any() and labels[differ].all() and same(got[differ], rgb_of(grey)[differ]):
                raise Wrong(tried, "all labels blended", "pixels with a label that keep their grey value")
        compare(got, arguments, tried)


def rgb_of(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., None], 3, axis=-1)


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
        Property("black and equal colours", overlay_palettes, share=0.5),
        Property("other types", overlay_typed, share=0.5),
        Property("an array of floats", overlay_form, share=0.5),
        Property("inputs unchanged", unchanged(typed, ("grey", "labels", "alpha", "palette")), share=0.5),
        Property("another call", called_again(typed, compare), share=0.5),
    ],
)
