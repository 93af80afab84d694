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
from grading_tests.gap import Gap, Property, Wrong, expect, first_largest, plain, same
from grading_tests.networks import attempt


def field_of(answer: Any, shape: tuple[int, int], tried: str, *options: Any, **named: Any) -> np.ndarray:
    """Return the answer's field (2, H, W) as an array.

    Raises
    ------
    Wrong
        If the answer fails, or returns something else.
    """
    wanted = f"a tensor or an array of shape {(2, *shape)}"
    got = attempt(tried, wanted, answer, shape, *options, **named)
    field = plain(got)
    if field is None or field.shape != (2, *shape):
        raise Wrong(tried, wanted, f"a {type(got).__name__} of shape {getattr(field, 'shape', '?')}")
    return field.astype(float)


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
        raise Wrong(f"{tried}: {place}, from the nodes", between[0][worst], field[worst])


def between_the_nodes(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((9, 21), (17, 5)):
        tried = f"shape {shape}, grid 3"
        expect_smooth(answer, rng, shape, 3, tried)


def nodes_of(answer: Any, rng: np.random.Generator, tried: str, count: int, **options: Any) -> np.ndarray:
    """Return the values at the nodes of many fields, (fields, 2, 3, 3)."""
    fields = [field_of(answer, (5, 7), tried, rng=rng, **options) for _ in range(count)]
    return np.stack([at_nodes(field, 3) for field in fields])


def expect_near(got: float, wanted: float, slack: float, tried: str) -> None:
    """Raise `Wrong` unless a statistic is near its value.

    It is rounded, so that a known mistake is recognised whatever its random numbers were.
    """
    if not abs(got - wanted) < slack:
        raise Wrong(tried, float(f"{wanted:.3g}"), float(f"{got:.2g}"))


def size_at_the_nodes(answer: Any, rng: np.random.Generator) -> None:
    """2160 numbers give the standard deviation to 1.5 %."""
    for sigma in (3.0, 0.05):
        tried = f"sigma {sigma:g}: at the nodes of 120 fields"
        values = nodes_of(answer, rng, tried, 120, sigma=sigma)
        expect_near(values.mean(), 0.0, 0.15 * sigma, f"{tried}, the mean")
        for number, name in enumerate("WH"):
            part = values[:, 1 - number].std()
            expect_near(part, sigma, 0.15 * sigma, f"{tried}, the standard deviation along {name}")
        expect_near(values.std(), sigma, 0.1 * sigma, f"{tried}, the standard deviation")
        border = np.delete(values.reshape(len(values), 2, 9), 4, axis=2)
        expect_near(border.std(), sigma, 0.1 * sigma, f"{tried}, the standard deviation at the border")


def normal_at_the_nodes(answer: Any, rng: np.random.Generator) -> None:
    """9000 numbers: the shares have standard errors of 0.5, 0.2 and 0.05 percentage points."""
    tried = "at the nodes of 500 fields, sigma by default (10)"
    values = nodes_of(answer, rng, tried, 500)
    # Of the values as they are spread, so that a wrong sigma is told from a wrong distribution.
    spread = max(values.std(), 1e-9)
    for limit, wanted, slack in ((1, 0.3173, 0.03), (2, 0.0455, 0.02), (3.1, 0.00194, 0.0018)):
        share = (abs(values) > limit * spread).mean()
        name = f"{tried}, the share beyond {limit} standard deviations, of a normal distribution"
        expect_near(share, wanted, slack, name)
    expect_near(values.std(), 10.0, 1.0, f"{tried}, the standard deviation")


def independent_nodes(answer: Any, rng: np.random.Generator) -> None:
    """The 18 numbers of a field, over 250 fields: each correlation has a standard error of 0.06."""
    tried = "the 18 numbers at the nodes of 250 fields"
    values = nodes_of(answer, rng, tried, 250).reshape(250, 2, 9)
    expect_near(
        np.std(values.mean(axis=(1, 2))), 10 / 18**0.5, 0.6, f"{tried}, spread of the mean of a field"
    )
    expect_near(np.std(values.mean(axis=2)), 10 / 3, 0.6, f"{tried}, spread of the mean along H and along W")
    together = np.corrcoef(values.reshape(250, 18).T) - np.eye(18)
    for what, block in (("between H and W", together[:9, 9:]), ("between nodes", together[:9, :9])):
        expect_near(float(abs(block).max()), 0.0, 0.4, f"{tried}, the largest correlation {what}")


def its_own_random_numbers(answer: Any, rng: np.random.Generator) -> None:
    def draw(generator: np.random.Generator | None) -> np.ndarray:
        return field_of(answer, (5, 5), "a field of 5 x 5", 10.0, 3, generator)

    first = draw(np.random.default_rng(1))
    again = same(draw(np.random.default_rng(1)), first)
    other = same(draw(np.random.default_rng(2)), first)
    going_on = np.random.default_rng(1)
    second = [same(draw(going_on), first) for _ in range(2)][1]
    none = same(draw(None), draw(None))
    for tried, got, wanted in (
        ("the same seed twice: the same field?", again, True),
        ("another seed: the same field?", other, False),
        ("the next draw from the same generator: the same field?", second, False),
        ("rng=None twice: the same field?", none, False),
    ):
        if got != wanted:
            raise Wrong(tried, "yes" if wanted else "no", "yes" if got else "no")


def other_grids(answer: Any, rng: np.random.Generator) -> None:
    for shape, grid in (((13, 7), 4), ((9, 29), 5), ((6, 11), 2)):
        expect_smooth(answer, rng, shape, grid, f"shape {shape}, grid {grid}")


def real_size(answer: Any, rng: np.random.Generator) -> None:
    expect_smooth(answer, rng, (129, 161), 3, "shape (129, 161), grid 3")
    tried = "shape (9, 13), grid by default (3)"
    field = field_of(answer, (9, 13), tried, rng=rng)
    if not any(same(field, other, atol=1e-3) for other in interpolations(at_nodes(field, 3), (9, 13))):
        raise Wrong(tried, "3 x 3 nodes, interpolated", "another field")


def an_array(answer: Any, rng: np.random.Generator) -> None:
    tried, wanted = "the type of the field", "a tensor or an array of floats"
    got = attempt(tried, wanted, answer, (4, 5), 10.0, 3, rng)
    if not isinstance(got, torch.Tensor | np.ndarray):
        raise Wrong(tried, wanted, f"a {type(got).__name__}")
    if plain(got) is None or plain(got).dtype.kind != "f":
        raise Wrong(tried, wanted, str(got.dtype))


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
        Property("a normal distribution", normal_at_the_nodes),
        Property("independent components and nodes", independent_nodes),
        Property("other grids", other_grids),
        Property("a real size, grid by default", real_size),
        Property("sigma 0", without_sigma, share=0.5),
        Property("a tensor or an array", an_array, share=0.5),
    ],
)
