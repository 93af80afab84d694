"""Interpolation between nodes along one axis: what may be called cubic, and what may not.

Each is a matrix from nodes to pixels. The first and the last node lie on the first and the last pixel.
"""

from collections.abc import Callable

import numpy as np
from scipy import interpolate, ndimage

# matrix(grid, size): how `size` pixels follow from `grid` nodes, (size, grid)
Matrix = Callable[[int, int], np.ndarray]


def convolution(a: float, border: str) -> Matrix:
    """Return cubic convolution (Keys 1981); a is -0.75 in torch and -0.5 for Catmull-Rom."""

    def matrix(grid: int, size: int) -> np.ndarray:
        # Two nodes beyond each end: repeated, reflected or in a straight line.
        wide = np.eye(grid)
        for _ in range(2):
            first, last = (2 * wide[:1] - wide[1:2], 2 * wide[-1:] - wide[-2:-1])
            wide = np.vstack([first, wide, last]) if border == "line" else wide
        if border != "line":
            wide = np.pad(np.eye(grid), ((2, 2), (0, 0)), mode=border)
        at = np.linspace(0, grid - 1, size)
        away = abs(at[:, None] - np.arange(-2, grid + 2))
        near = (a + 2) * away**3 - (a + 3) * away**2 + 1
        far = a * (away**3 - 5 * away**2 + 8 * away - 4)
        return np.where(away <= 1, near, np.where(away < 2, far, 0)) @ wide

    return matrix


def spline(ends: str) -> Matrix:
    """Return the cubic spline with these ends, or of as many nodes as there are."""

    def matrix(grid: int, size: int) -> np.ndarray:
        return interpolate.CubicSpline(np.arange(grid), np.eye(grid), bc_type=ends)(
            np.linspace(0, grid - 1, size)
        )

    return matrix


def filtered(border: str, order: int = 3) -> Matrix:
    """Return the spline of scipy.ndimage, whose ends follow its `mode`."""

    def matrix(grid: int, size: int) -> np.ndarray:
        at = np.linspace(0, grid - 1, size)[None]
        return np.stack(
            [ndimage.map_coordinates(x, at, order=order, mode=border) for x in np.eye(grid)], axis=1
        )

    return matrix


CUBIC = (
    *(convolution(a, border) for border in ("edge", "reflect", "symmetric", "line") for a in (-0.75, -0.5)),
    *map(spline, ("not-a-knot", "natural", "clamped")),
    *map(filtered, ("mirror", "nearest", "reflect")),
)
NOT_CUBIC: dict[str, Matrix] = {
    "linear interpolation has kinks at the nodes": lambda grid, size: linear(grid, size),
    "a spline of order 2 is quadratic": filtered("nearest", 2),
    "a spline of order 4 is not cubic": filtered("nearest", 4),
    "a spline of order 5 is not cubic": filtered("nearest", 5),
    "the nearest node gives steps": filtered("nearest", 0),
}


def linear(grid: int, size: int) -> np.ndarray:
    at = np.linspace(0, grid - 1, size)
    return np.stack([np.interp(at, np.arange(grid), x) for x in np.eye(grid)], axis=1)
