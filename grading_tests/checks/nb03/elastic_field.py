"""The elastic deformation: elastic_field(shape, sigma, grid, rng).

The field is random, so it is judged by what holds for every field: between the nodes lies the cubic
interpolation of the values at the nodes.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from brainlab.data import elastic_field
from grading_tests.checks.nb03._cubic import CUBIC, NOT_CUBIC
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
    """Return (..., grid, grid): fields (..., H, W) at their nodes, on pixels and up to the borders."""
    rows, columns = (np.linspace(0, size - 1, grid).round().astype(int) for size in field.shape[-2:])
    return field[..., rows[:, None], columns]


def interpolations(nodes: np.ndarray, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yield what may be called bicubic, the same along both axes; first that of torch."""
    for matrix in CUBIC:
        down, across = (matrix(nodes.shape[1], size) for size in shape)
        yield down @ nodes @ across.T


def not_cubic(field: np.ndarray, grid: int) -> str:
    """Return what a field has in place of bicubic interpolation, "" if that is not found."""
    nodes, shape = at_nodes(field, grid), field.shape[1:]
    for words, matrix in NOT_CUBIC.items():
        down, across = (matrix(grid, size) for size in shape)
        if same(field, down @ nodes @ across.T, atol=1e-3):
            return f"{words}; between the nodes, the field is bicubic."
    for other in range(2, 9):
        rows, columns = (np.linspace(0, size - 1, other) for size in shape)
        # With fewer pixels between the nodes, any smooth field looks like that.
        if other != grid and min(shape) > 3 * (other - 1) and aligned(rows) and aligned(columns):
            there = at_nodes(field, other)
            if any(same(field, one, atol=1e-3) for one in interpolations(there, shape)):
                return f"there are {other} x {other} nodes; {grid} x {grid} are asked for."
    if abs(np.diff(field, axis=1)).max() < 1e-6 or abs(np.diff(field, axis=2)).max() < 1e-6:
        return "the field does not change along one axis."
    return ""


def aligned(places: np.ndarray) -> bool:
    return bool(np.allclose(places, places.round()))


def expect_smooth(
    answer: Any, rng: np.random.Generator, shape: tuple[int, int], grid: int, tried: str
) -> None:
    field = field_of(answer, shape, tried, 10.0, grid, rng)
    between = list(interpolations(at_nodes(field, grid), shape))
    if not any(same(field, other, atol=1e-3) for other in between):
        worst = np.unravel_index(first_largest(abs(field - between[0])), field.shape)
        place = f"pixel ({worst[1]}, {worst[2]}) along {'HW'[worst[0]]}"
        pair = between[0][worst], field[worst]
        raise Wrong(f"{tried}: {place}, from the nodes", *pair, idea=not_cubic(field, grid))


def between_the_nodes(answer: Any, rng: np.random.Generator) -> None:
    for shape in ((9, 21), (17, 5)):
        tried = f"shape {shape}, grid 3"
        expect_smooth(answer, rng, shape, 3, tried)


def nodes_of(
    answer: Any,
    rng: np.random.Generator,
    tried: str,
    count: int,
    shape: tuple[int, int] = (5, 7),
    **options: Any,
) -> np.ndarray:
    """Return the values at the nodes of many fields, (fields, 2, grid, grid)."""
    fields = [field_of(answer, shape, tried, rng=rng, **options) for _ in range(count)]
    return at_nodes(np.stack(fields), options.get("grid", 3))


def expect_near(got: float, wanted: float, slack: float, tried: str, idea: str = "") -> None:
    """Raise `Wrong` unless a statistic is near its value.

    It is rounded, so that a known mistake is recognised whatever its random numbers were.
    """
    if not abs(got - wanted) < slack:
        raise Wrong(tried, float(f"{wanted:.3g}"), float(f"{got:.2g}"), idea=idea)


def size_at_the_nodes(answer: Any, rng: np.random.Generator) -> None:
    """1620 numbers give the standard deviation to 1.8 %."""
    for sigma in (3.0, 0.05):
        tried = f"sigma {sigma:g}: at the nodes of 90 fields"
        values = nodes_of(answer, rng, tried, 90, sigma=sigma)
        expect_near(values.mean(), 0.0, 0.15 * sigma, f"{tried}, the mean")
        idea = idea_of_size(values, sigma)
        for number, name in enumerate("WH"):
            part = values[:, 1 - number].std()
            expect_near(part, sigma, 0.15 * sigma, f"{tried}, the standard deviation along {name}", idea)
        expect_near(values.std(), sigma, 0.1 * sigma, f"{tried}, the standard deviation", idea)
        border = np.delete(values.reshape(len(values), 2, 9), 4, axis=2)
        expect_near(border.std(), sigma, 0.1 * sigma, f"{tried}, the standard deviation at the border", idea)
    for grid, shape in ((4, (7, 10)), (5, (9, 5))):
        tried = f"grid {grid}, sigma 3: at the nodes of 40 fields"
        spread = nodes_of(answer, rng, tried, 40, shape, sigma=3.0, grid=grid).std()
        one = field_of(answer, shape, tried, 3.0, grid, np.random.default_rng(0))
        right = any(same(one, other, atol=1e-3) for other in interpolations(at_nodes(one, grid), shape))
        idea = "the size depends on grid; sigma is the standard deviation whatever the grid." if right else ""
        expect_near(spread, 3.0, 0.3, f"{tried}, the standard deviation", idea)


def idea_of_size(values: np.ndarray, sigma: float) -> str:
    """Return why the nodes, of fields of 5 x 7, have another standard deviation than sigma."""
    if len(np.unique(values.round(9), axis=0)) < 0.5 * len(values):
        return "the same fields come again: all random numbers must come from rng."
    middle = values[:, :, 1, 1].std()
    border = np.delete(values.reshape(len(values), 2, 9), 4, axis=2).std()
    if border < 1e-6 * sigma < middle:
        return "the nodes at the border do not move: all nodes have random vectors."
    fields = values.reshape(len(values), -1).std(axis=1)
    if fields.std() < 1e-3 * fields.mean():
        return "every field is scaled to one size; sigma is the standard deviation over many fields."
    along = [part / sigma for part in (values[:, 0].std(), values[:, 1].std())]
    for words, scale in {
        "divided by the height and the width": (1 / 5, 1 / 7),
        "divided by the height": (1 / 5, 1 / 5),
        "divided by the width": (1 / 7, 1 / 7),
        "divided by the height less 1": (1 / 4, 1 / 4),
        "divided by the number of nodes along a side": (1 / 3, 1 / 3),
        "divided by the height and width less 1, halved": (1 / 2, 1 / 3),
        "scaled by width over height along W": (1, 7 / 5),
        "scaled by height over width along H": (5 / 7, 1),
        "multiplied by the height and the width": (5, 7),
        "the root of sigma": (sigma**-0.5, sigma**-0.5),
        "sigma squared": (sigma, sigma),
    }.items():
        if np.allclose(along, scale, rtol=0.1):
            return f"the standard deviation is not sigma but {words}; it is in pixels."
    if abs(along[0] - along[1]) > 0.2 * max(along):
        return "the standard deviation along H is not that along W: both are sigma, in pixels."
    return ""


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
    """The 18 numbers of a field, over 200 fields: each correlation has a standard error of 0.07."""
    tried = "the 18 numbers at the nodes of 200 fields"
    values = nodes_of(answer, rng, tried, 200).reshape(200, 2, 9)
    idea = idea_of_dependence(values)
    expect_near(
        np.std(values.mean(axis=(1, 2))), 10 / 18**0.5, 0.6, f"{tried}, spread of the mean of a field", idea
    )
    mean = f"{tried}, spread of the mean along H and along W"
    expect_near(np.std(values.mean(axis=2)), 10 / 3, 0.6, mean, idea)
    together = np.corrcoef(values.reshape(200, 18).T) - np.eye(18)
    for what, block in (("between H and W", together[:9, 9:]), ("between nodes", together[:9, :9])):
        expect_near(float(abs(block).max()), 0.0, 0.4, f"{tried}, the largest correlation {what}", idea)
    tried = "grid 4: the 32 numbers at the nodes of 100 fields"
    together = np.corrcoef(nodes_of(answer, rng, tried, 100, (7, 4), grid=4).reshape(100, 32).T) - np.eye(32)
    idea = "for more than 3 nodes along a side, some are copies of others."
    expect_near(float(abs(together).max()), 0.0, 0.6, f"{tried}, the largest correlation", idea)


def idea_of_dependence(values: np.ndarray) -> str:
    """Return how the nodes of fields (fields, 2, 9) depend on each other, "" if that is not plain."""
    down, across = values[:, 0], values[:, 1]
    turned = down.reshape(-1, 3, 3).transpose(0, 2, 1).reshape(-1, 9)
    for words, other in {
        "the same as": down,
        "minus": -down,
        "the transpose of": turned,
        "in reverse order": down[:, ::-1],
    }.items():
        if np.allclose(across, other, rtol=1e-3, atol=1e-4):
            return f"the displacement along W is {words} that along H: draw both."
    if abs(values - values[:, :, :1]).max() < 1e-3:
        return "all nodes of a field have the same vector: one for each node is asked for."
    if abs(values.mean(axis=2)).max() < 1e-3:
        return "the mean is subtracted in each field: then the nodes depend on each other."
    grid = values.reshape(-1, 2, 3, 3)
    for axis, name in ((2, "row"), (3, "column")):
        if abs(np.diff(grid, axis=5 - axis)).max() < 1e-3:
            return f"all nodes of a {name} have the same vector: one for each node is asked for."
    return ""


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
