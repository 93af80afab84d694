"""Right and wrong answers to the gap about the displacement field of the elastic deformation."""

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from brainlab.data import elastic_field
from grading_tests.gap import Mistake, Survivor


def in_one_line(shape, sigma=10.0, grid=3, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    nodes = torch.tensor(rng.standard_normal((2, grid, grid)) * sigma)
    return F.interpolate(nodes[None], tuple(shape), mode="bicubic", align_corners=True).squeeze(0)


def each_component(shape, sigma=10.0, grid=3, rng=None):
    rng = rng or np.random.default_rng()
    enlarge = torch.nn.Upsample(size=tuple(shape), mode="bicubic", align_corners=True)
    parts = [enlarge(torch.from_numpy(rng.normal(0, sigma, (1, 1, grid, grid))).float()) for _ in range(2)]
    return torch.cat(parts, dim=1)[0].numpy()


def by_spline(shape, sigma=10.0, grid=3, rng=None):
    nodes = (rng or np.random.default_rng()).normal(scale=sigma, size=(2, grid, grid))
    return np.stack([ndimage.zoom(part, np.divide(shape, grid), order=3) for part in nodes])


def by_coordinates(shape, sigma=10.0, grid=3, rng=None):
    nodes = sigma * (rng or np.random.default_rng()).normal(size=(2, grid, grid))
    axes = [np.linspace(0, grid - 1, size) for size in shape]
    places = np.meshgrid(*axes, indexing="ij")
    return [ndimage.map_coordinates(part, places, order=3, mode="nearest") for part in nodes]


def cubic_matrix(size, grid, a=-0.75):
    """Return (size, grid): how much each node counts for each pixel, by Keys 1981."""
    weights = np.zeros((size, grid))
    for pixel, x in enumerate(np.linspace(0, grid - 1, size)):
        for tap in range(int(x) - 1, int(x) + 3):
            t = abs(x - tap)
            near, far = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * (t**3 - 5 * t**2 + 8 * t - 4)
            weights[pixel, min(max(tap, 0), grid - 1)] += near if t <= 1 else far if t < 2 else 0
    return weights


def by_matrices(shape, sigma=10.0, grid=3, rng=None):
    nodes = (rng or np.random.default_rng()).normal(0, sigma, (2, grid, grid))
    return cubic_matrix(shape[0], grid) @ nodes @ cubic_matrix(shape[1], grid).T


def by_grid_sample(shape, sigma=10.0, grid=3, rng=None):
    rng = rng or np.random.default_rng()
    nodes = torch.from_numpy(sigma * rng.normal(size=(1, 2, grid, grid)))
    h, w = (torch.linspace(-1, 1, size, dtype=torch.float64) for size in shape)
    places = torch.stack(torch.meshgrid(h, w, indexing="ij")[::-1], dim=-1)[None]
    return F.grid_sample(nodes, places, mode="bicubic", padding_mode="border", align_corners=True)[0]


RIGHT = {
    "library": elastic_field,
    "standard normal": in_one_line,
    "each component by itself": each_component,
    "cubic spline": by_spline,
    "coordinates, a list": by_coordinates,
    "two matrices": by_matrices,
    "grid_sample": by_grid_sample,
}


def normal(rng, sigma, grid):
    return rng.normal(0, sigma, (1, 2, grid, grid))


def bicubic(nodes, shape):
    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)


def field(shape, sigma=10.0, grid=3, rng=None, draw=normal, enlarge=bicubic, finish=lambda field: field):
    """The right field in parts, so that each mistake is one part."""
    rng = rng or np.random.default_rng()
    return finish(enlarge(torch.from_numpy(draw(rng, sigma, grid)), shape)[0])


def per_pixel(shape, sigma=10.0, grid=3, rng=None):
    return (rng or np.random.default_rng()).normal(0, sigma, (2, *shape))


def smoothed_noise(shape, sigma=10.0, grid=3, rng=None):
    noise = (rng or np.random.default_rng()).uniform(-1, 1, (2, *shape))
    return 30 * np.stack([ndimage.gaussian_filter(part, sigma) for part in noise])


def own_seed(shape, sigma=10.0, grid=3, rng=None):
    return field(shape, sigma, grid, np.random.default_rng(0))


def global_numbers(shape, sigma=10.0, grid=3, rng=None):
    return bicubic(sigma * torch.randn(1, 2, grid, grid), shape)[0]


def divided(shape, sigma=10.0, grid=3, rng=None):
    size = torch.tensor(shape).view(2, 1, 1)
    return field(shape, sigma, grid, rng) * 2 / size


def transposed(shape, sigma=10.0, grid=3, rng=None):
    return field(shape[::-1], sigma, grid, rng)


def same_for_rows(rng, sigma, grid):
    return np.broadcast_to(rng.normal(0, sigma, (1, 2, 1, grid)), (1, 2, grid, grid)).copy()


def one_more_node(shape, sigma=10.0, grid=3, rng=None):
    return field(shape, sigma, grid + 1, rng)


WRONG = [
    Mistake(
        "noise in each pixel",
        "Simard et al. 2003 (doi:10.1109/ICDAR.2003.1227801): without smoothing the image dissolves",
        "every pixel has its own displacement: that tears the image apart. Draw on the nodes, then enlarge.",
        per_pixel,
    ),
    Mistake(
        "smoothed noise",
        "Simard et al. 2003 (doi:10.1109/ICDAR.2003.1227801), kornia/kornia#994",
        "noise smoothed by a Gaussian is the older recipe; here random vectors stand on a coarse grid.",
        smoothed_noise,
    ),
    Mistake(
        "one component for both",
        "albumentations-team/AlbumentationsX#453: dx and dy are coupled",
        "both components are the same, so all moves along the diagonal: draw two numbers for each node.",
        partial(field, draw=lambda rng, sigma, grid: rng.normal(0, sigma, (1, 1, grid, grid)).repeat(2, 1)),
    ),
    Mistake(
        "one component is zero",
        "albumentations-team/AlbumentationsX#453: direction of the displacement",
        "one component is 0: the image moves along one axis only.",
        partial(field, finish=lambda field: field * torch.tensor([1.0, 0.0]).view(2, 1, 1)),
    ),
    Mistake(
        "uniform",
        "pytorch/vision#4938: rand * 2 - 1; DLTK/DLTK#31",
        "your numbers are uniform from -sigma to sigma; the task asks for a normal distribution.",
        partial(field, draw=lambda rng, sigma, grid: rng.uniform(-sigma, sigma, (1, 2, grid, grid))),
    ),
    Mistake(
        "only forward",
        "numpy: Generator.random is uniform from 0 to 1",
        "your numbers lie between 0 and sigma: everything moves to one side. Take rng.normal.",
        partial(field, draw=lambda rng, sigma, grid: sigma * rng.random((1, 2, grid, grid))),
    ),
    Mistake(
        "sigma squared",
        "numpy: scale is the standard deviation, not the variance",
        "the second argument of rng.normal is the standard deviation: do not square sigma.",
        partial(field, draw=lambda rng, sigma, grid: rng.normal(0, sigma**2, (1, 2, grid, grid))),
    ),
    Mistake(
        "root of sigma",
        "numpy: scale is the standard deviation, not the variance",
        "sigma is the standard deviation already: no root.",
        partial(field, draw=lambda rng, sigma, grid: rng.normal(0, sigma**0.5, (1, 2, grid, grid))),
    ),
    Mistake(
        "sigma as the mean",
        "numpy: Generator.normal(loc, scale, size)",
        "the first argument of rng.normal is the mean: sigma is the second, or the name scale.",
        partial(field, draw=lambda rng, sigma, grid: rng.normal(sigma, size=(1, 2, grid, grid))),
    ),
    Mistake(
        "sigma unused",
        "DLTK/DLTK#31: times alpha is missing",
        "sigma is not used: the displacements are about 1 pixel, whatever sigma is.",
        partial(field, draw=lambda rng, sigma, grid: rng.normal(size=(1, 2, grid, grid))),
    ),
    Mistake(
        "bilinear",
        "Ronneberger et al. 2015 (arXiv:1505.04597), section 3.1: bicubic",
        "that is bilinear: the field has creases at its nodes. mode='bicubic'.",
        partial(
            field,
            enlarge=lambda nodes, shape: F.interpolate(
                nodes, size=tuple(shape), mode="bilinear", align_corners=True
            ),
        ),
    ),
    Mistake(
        "nearest",
        "PyTorch: mode='nearest' is the default of F.interpolate",
        "the displacement jumps from block to block: F.interpolate takes the nearest node by default.",
        partial(field, enlarge=lambda nodes, shape: F.interpolate(nodes, size=tuple(shape))),
    ),
    Mistake(
        "nodes inside the border",
        "pytorch/pytorch#98566, kornia/kornia#4235: align_corners",
        "the outermost nodes lie half a cell inside the image; align_corners=True puts them on its border.",
        partial(
            field,
            enlarge=lambda nodes, shape: F.interpolate(
                nodes, size=tuple(shape), mode="bicubic", align_corners=False
            ),
        ),
    ),
    Mistake(
        "height and width swapped",
        "pytorch/vision#9299: swapped for non-square images",
        "height and width are swapped: the field of an oblong image lies across it.",
        transposed,
    ),
    Mistake(
        "divided by the size",
        "pytorch/vision#4938, kornia/kornia#471: in pixels or from -1 to 1?",
        "you divide by the size of the image, as grid_sample wants it; here displacements are in pixels.",
        divided,
    ),
    Mistake(
        "whole pixels",
        "kornia/kornia#471: is this displacement in pixel precision?",
        "the displacements are rounded to whole pixels: straight lines would get steps.",
        partial(field, finish=lambda field: field.round()),
    ),
    Mistake(
        "seed inside",
        "stardist/augmend#8, TorchIO-project/torchio#191: the same deformation each time",
        "a seed is set inside: every image gets the same deformation. Draw from rng.",
        own_seed,
    ),
    Mistake(
        "rng unused",
        "kaiko-ai/eva#843, keras-team/keras-preprocessing#298: the seed is not passed on",
        "your numbers do not come from rng, so a seed does not bring a field back.",
        global_numbers,
    ),
    Mistake(
        "axes behind",
        "gvtulder/elasticdeform#5: displacement has shape [dimension, ...]",
        "the two components stand behind; the task asks for (2, H, W).",
        partial(field, finish=lambda field: field.permute(1, 2, 0)),
    ),
    Mistake(
        "batch axis left",
        "PyTorch: F.interpolate wants and returns (B, C, H, W)",
        "the axis of the batch is still there: take [0].",
        partial(field, finish=lambda field: field[None]),
    ),
    Mistake(
        "rows alike",
        "numpy: size=(grid,) draws one row",
        "all rows of nodes are the same: draw for each node of the grid.",
        partial(field, draw=same_for_rows),
    ),
    Mistake(
        "cells, not nodes",
        "albumentations-team/AlbumentationsX#453: what does the size of the grid count?",
        "grid counts nodes: 3 along each side, not 3 cells with 4 nodes.",
        one_more_node,
    ),
]

SURVIVORS = [
    Survivor(
        "nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
        ["nodes = torch.from_numpy(rng.normal(0, sigma, size=(2, 2, grid, grid)))"],
        "a second field is drawn and not used",
    ),
    Survivor(
        'return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
        ['return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[-1]'],
        "there is only one field",
    ),
]
