"""The elastic deformation: elastic_field(shape, sigma, grid, rng).

The field is random, so it is judged by what holds for every field: between the nodes lies the cubic
interpolation of the values at the nodes.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from brainlab.data import elastic_field
from grading_tests.gap import Gap, Property, Wrong, expect, first_largest, same
from grading_tests.networks import attempt


def field_of(answer: Any, shape: tuple[int, int], tried: str, *options: Any) -> np.ndarray:
    """Return the answer's field (2, H, W) as an array.

    Raises
    ------
    Wrong
        If the answer fails, or returns something else.
    """
    wanted = f"a field of shape {(2, *shape)}"
    got = attempt(tried, wanted, answer, shape, *options)
    try:
        field = np.asarray(got.detach() if hasattr(got, "detach") else got, dtype=float)
    except (TypeError, ValueError):
        field = np.empty(())
    if field.shape != (2, *shape):
        raise Wrong(tried, wanted, f"{type(got).__name__} of shape {field.shape}", "step 2")
    return field


def at_nodes(field: np.ndarray, grid: int) -> np.ndarray:
    """Return (2, grid, grid): the field at its nodes, which lie on pixels and up to the borders."""
    rows, columns = (np.linspace(0, size - 1, grid).round().astype(int) for size in field.shape[1:])
    return field[:, rows[:, None], columns]


def interpolations(nodes: np.ndarray, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yield what may be called bicubic: cubic convolution as in torch, and two cubic splines of SciPy."""
    batch = torch.from_numpy(nodes)[None]  # (1, 2, grid, grid)
    yield F.interpolate(batch, size=shape, mode="bicubic", align_corners=True)[0].numpy()
    zoom = (1, *(size / nodes.shape[1] for size in shape))
    for border in ("mirror", "nearest"):
        yield ndimage.zoom(nodes, zoom, order=3, mode=border)


def expect_smooth(
    answer: Any, rng: np.random.Generator, shape: tuple[int, int], grid: int, tried: str
) -> None:
    field = field_of(answer, shape, tried, 10.0, grid, rng)
    between = list(interpolations(at_nodes(field, grid), shape))
    if not any(same(field, other, atol=1e-3) for other in between):
        worst = np.unravel_index(first_largest(abs(field - between[0])), field.shape)
        place = f"pixel ({worst[1]}, {worst[2]}) along {'HW'[worst[0]]}"
        raise Wrong(f"{tried}: {place}, from the nodes", between[0][worst], field[worst], "step 2")


def between_the_nodes(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((9, 21), (17, 5)):
        tried = f"shape {shape}, grid 3"
        expect_smooth(answer, rng, shape, 3, tried)


def size_at_the_nodes(answer: Any, rng: np.random.Generator) -> None:
    """2160 numbers give the standard deviation to 1.5 %, and the share of values beyond 2 sigma."""
    for sigma in (10.0, 2.0):
        tried = f"sigma {sigma:g}: at the nodes of 120 fields"
        fields = [field_of(answer, (5, 7), tried, sigma, 3, rng) for _ in range(120)]
        values = np.stack([at_nodes(field, 3) for field in fields])
        # Rounded, so that a known mistake is recognised whatever its random numbers were.
        for what, got, wanted, slack in (
            ("the mean", values.mean(), 0.0, 0.15 * sigma),
            ("the standard deviation", values.std(), sigma, 0.1 * sigma),
            ("the share beyond 2 sigma", (abs(values) > 2 * sigma).mean(), 0.0455, 0.03),
        ):
            if not abs(got - wanted) < slack:
                raise Wrong(f"{tried}, {what}", wanted, float(f"{got:.1g}"), "step 1")


def expect_independent(first: np.ndarray, second: np.ndarray, tried: str) -> None:
    """Raise `Wrong` if two sets of numbers are correlated; 300 numbers give a correlation to 0.06."""
    together = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    if not abs(together) < 0.3:
        raise Wrong(f"{tried}: their correlation", 0.0, round(float(together), 1), "step 1")


def two_components(answer: Any, rng: np.random.Generator) -> None:
    tried = "displacement along H and along W, at the nodes of 60 fields"
    fields = [at_nodes(field_of(answer, (5, 7), tried, 10.0, 3, rng), 3) for _ in range(60)]
    along_h, along_w = np.stack(fields, axis=1)  # (fields, grid, grid) each
    expect_independent(along_h, along_w, tried)


def each_node(answer: Any, rng: np.random.Generator) -> None:
    tried = "the nodes of 60 fields, and their neighbours"
    fields = np.stack([at_nodes(field_of(answer, (5, 7), tried, 10.0, 3, rng), 3) for _ in range(60)])
    expect_independent(fields[..., 1:, :], fields[..., :-1, :], f"{tried} along H")
    expect_independent(fields[..., 1:], fields[..., :-1], f"{tried} along W")


def its_own_random_numbers(answer: Any, rng: np.random.Generator) -> None:
    def draw(generator: np.random.Generator | None) -> np.ndarray:
        return field_of(answer, (5, 5), "a field of 5 x 5", 10.0, 3, generator)

    first = draw(np.random.default_rng(1))
    again = same(draw(np.random.default_rng(1)), first)
    other = same(draw(np.random.default_rng(2)), first)
    going_on = np.random.default_rng(1)
    second = [same(draw(going_on), first) for _ in range(2)][1]
    none = same(draw(None), draw(None))
    tried = "is it the same field again: same seed, another seed, the next draw, twice with rng=None"
    expect([again, other, second, none], [True, False, False, False], tried, "step 1")


def other_grids(answer: Any, rng: np.random.Generator) -> None:
    for shape, grid in (((13, 7), 4), ((9, 29), 5), ((6, 11), 2)):
        expect_smooth(answer, rng, shape, grid, f"shape {shape}, grid {grid}")


def without_sigma(answer: Any, rng: np.random.Generator) -> None:
    expect(field_of(answer, (6, 4), "sigma 0", 0.0, 3, rng), np.zeros((2, 6, 4)), "sigma 0: nothing moves")


GAP = Gap(
    "g03_elastic_field",
    "elastic_field",
    minutes=6,
    points=4,
    reference=elastic_field,
    properties=[
        Property("smooth between the nodes, non-square images", between_the_nodes, share=2),
        Property("seeds", its_own_random_numbers),
        Property("the size at the nodes", size_at_the_nodes),
        Property("independent components", two_components),
        Property("independent nodes", each_node, visible=False),
        Property("other grids", other_grids, visible=False),
        Property("sigma 0", without_sigma, share=0.5, visible=False),
    ],
)
