# ruff: noqa: E501
"""Right and wrong answers to the gap about the displacement field of the elastic deformation."""

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from brainlab.data import elastic_field
from grading_tests.bank.nb03._edits import edits_of
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
    return np.stack([ndimage.map_coordinates(part, places, order=3, mode="nearest") for part in nodes])


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
    "coordinates": by_coordinates,
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
        "the rows or the columns of nodes are copies of one: draw for each node of the grid.",
        partial(field, draw=same_for_rows),
    ),
    Mistake(
        "cells, not nodes",
        "albumentations-team/AlbumentationsX#453: what does the size of the grid count?",
        "grid counts nodes: 3 along each side, not 3 cells with 4 nodes.",
        one_more_node,
    ),
]

# Wrong answers as edits of this right one.
CELL = """def elastic_field(shape, sigma=10.0, grid=3, rng=None):
    rng = rng or np.random.default_rng()
    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))
    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]
"""

WRONG += edits_of(
    CELL,
    (
        "area",
        "step 2: area in place of bicubic.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=tuple(shape), mode="area")[0]',
        ),
    ),
    (
        "square",
        "step 2: the field is square; the image need not be.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=(shape[0], shape[0]), mode="bicubic", align_corners=True)[0]',
        ),
    ),
    (
        "hard shape",
        "step 2: the size is fixed.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=(64, 64), mode="bicubic", align_corners=True)[0]',
        ),
    ),
    (
        "hard grid",
        "step 1: the grid is fixed at 3 x 3.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, 3, 3)))",
        ),
    ),
    (
        "grid from shape",
        "step 1: grid is the number of nodes along each side.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, shape[0] // grid, shape[1] // grid)))",
        ),
    ),
    (
        "hard sigma",
        "step 1: sigma is fixed at 10.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, 10, size=(1, 2, grid, grid)))",
        ),
    ),
    (
        "uniform sd",
        "step 1: uniform with the right standard deviation, but not normal.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.uniform(-sigma * 3**.5, sigma * 3**.5, size=(1, 2, grid, grid)))",
        ),
    ),
    (
        "abs",
        "step 1: only positive displacements.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))).abs()",
        ),
    ),
    (
        "laplace",
        "step 1: not a normal distribution: too many large values.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.laplace(0, sigma / 2**.5, size=(1, 2, grid, grid)))",
        ),
    ),
    (
        "clipped",
        "step 1: large values are cut off: a normal distribution has them.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))).clamp(-sigma, sigma)",
        ),
    ),
    (
        "clipped2",
        "step 1: large values are cut off: a normal distribution has them.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))).clamp(-2 * sigma, 2 * sigma)",
        ),
    ),
    (
        "integers",
        "step 1: whole pixels only.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))).round()",
        ),
    ),
    (
        "fixed if none",
        "rng=None must give another field each time.",
        ("    rng = rng or np.random.default_rng()", "    rng = rng or np.random.default_rng(0)"),
    ),
    (
        "rng copy",
        "step 1: a copy of rng is used, so that every call gives the same field.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    import copy; rng = copy.deepcopy(rng); nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
        ),
    ),
    (
        "sigma default",
        "the default of sigma was changed.",
        (
            "def elastic_field(shape, sigma=10.0, grid=3, rng=None):",
            "def elastic_field(shape, sigma=1.0, grid=3, rng=None):",
        ),
    ),
    (
        "grid default",
        "the default of grid was changed.",
        (
            "def elastic_field(shape, sigma=10.0, grid=3, rng=None):",
            "def elastic_field(shape, sigma=10.0, grid=4, rng=None):",
        ),
    ),
    (
        "normalise max",
        "step 1: the values are scaled to a largest one of sigma.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes = nodes / nodes.abs().max() * sigma",
        ),
    ),
    (
        "standardise",
        "step 1: each field is scaled to mean 0 and standard deviation sigma.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes = (nodes - nodes.mean()) / nodes.std() * sigma",
        ),
    ),
    (
        "standardise axis",
        "step 1: each component is scaled to mean 0 and standard deviation sigma.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes = (nodes - nodes.mean((2, 3), keepdim=True)) / nodes.std((2, 3), keepdim=True) * sigma",
        ),
    ),
    (
        "zero border",
        "step 1: nodes at the border are set to 0.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes[..., 0, :] = 0; nodes[..., -1, :] = 0",
        ),
    ),
    (
        "fraction",
        "step 1: sigma is in pixels, not in shares of the image.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))) / max(shape)",
        ),
    ),
    (
        "gauss every pixel",
        "a random vector for every pixel: a coarse grid is asked for.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            "    return torch.from_numpy(rng.normal(0, sigma, size=(2, *shape)))",
        ),
    ),
    (
        "gauss filter",
        "smoothed noise, as in Simard 2003; the U-Net paper interpolates a coarse grid.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            "    return torch.from_numpy(np.stack([ndimage.gaussian_filter(rng.normal(0, sigma, size=shape), sigma) for _ in range(2)]))",
        ),
    ),
    (
        "zoom nearest",
        "step 2: the nodes do not lie on the corner pixels.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    z = ndimage.zoom(nodes[0].numpy(), (1, shape[0] / grid, shape[1] / grid), order=3, grid_mode=True, mode="nearest"); return torch.from_numpy(z)',
        ),
    ),
    (
        "antialias",
        "step 2: align_corners=True is missing.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", antialias=True)[0]',
        ),
    ),
    (
        "int out",
        "the field is rounded to whole pixels.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0].long()',
        ),
    ),
    (
        "list",
        "a list is returned: a tensor or an array is asked for.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0].tolist()',
        ),
    ),
    (
        "radius",
        "step 1: a random length and angle: the components are not normal.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    a = rng.uniform(0, 2 * np.pi, size=(grid, grid)); r = rng.normal(0, sigma, size=(grid, grid)); nodes = torch.from_numpy(np.stack([r * np.cos(a), r * np.sin(a)])[None])",
        ),
    ),
    (
        "scaled axis",
        "step 1: sigma differs between H and W; it is the same in pixels.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes[:, 1] *= shape[1] / shape[0]",
        ),
    ),
    (
        "half sigma axis",
        "step 1: sigma is divided between the components; each has the standard deviation sigma.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes /= 2**.5",
        ),
    ),
    (
        "draw twice",
        "step 1: two random fields are added.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes = nodes + torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
        ),
    ),
    (
        "identity added",
        "the coordinates are added: the displacement alone is asked for.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0] + torch.stack(torch.meshgrid(torch.arange(shape[0]), torch.arange(shape[1]), indexing="ij"))',
        ),
    ),
    (
        "tanh",
        "step 1: the values are bounded by sigma.",
        (
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))",
            "    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid))); nodes = sigma * torch.tanh(nodes / sigma)",
        ),
    ),
    (
        "max nodes",
        "step 2: bicubic may overshoot the nodes; the field is cut off.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0].clamp(nodes.min(), nodes.max())',
        ),
    ),
    (
        "transposed axes only",
        "step 2: H and W are sorted.",
        (
            '    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]',
            '    return F.interpolate(nodes, size=tuple(sorted(shape)), mode="bicubic", align_corners=True)[0]',
        ),
    ),
)

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

WRONG += edits_of(
    CELL,
    (
        "sigma by grid",
        "the size depends on grid; sigma is the standard deviation whatever the grid.",
        ("    return F", "    nodes = nodes * 3 / grid\n    return F"),
    ),
    (
        "nine vectors",
        "only 3 x 3 vectors are drawn: for more nodes they are repeated.",
        (
            "    return F",
            "    nodes = torch.from_numpy(np.resize(nodes.numpy()[:, :, :3, :3], nodes.shape))\n    return F",
        ),
    ),
    (
        "W is minus H",
        "the displacement along W is minus that along H: draw both.",
        ("    return F", "    nodes[:, 1] = -nodes[:, 0]\n    return F"),
    ),
    (
        "nodes as signs",
        "the nodes are +sigma or -sigma, not normally distributed.",
        (
            "rng.normal(0, sigma, size=(1, 2, grid, grid))",
            "sigma * rng.choice([-1.0, 1.0], size=(1, 2, grid, grid))",
        ),
    ),
)
