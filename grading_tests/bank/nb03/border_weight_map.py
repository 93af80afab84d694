# ruff: noqa: E501
"""Right and wrong answers to the gap about the weight map of touching objects."""

from functools import partial

import numpy as np
import torch
from scipy import ndimage
from scipy.spatial import cKDTree

from brainlab.losses import border_weight_map
from grading_tests.bank.nb03._edits import edits_of
from grading_tests.gap import Mistake, Survivor


def numbers_of(instances):
    return [number for number in np.unique(instances) if number != 0]


def by_sorting(instances, w0=10.0, sigma=5.0):
    numbers = numbers_of(instances)
    if len(numbers) < 2:
        return np.ones(instances.shape)
    distances = np.sort([ndimage.distance_transform_edt(instances != n) for n in numbers], axis=0)
    total = distances[0] + distances[1]
    return 1 + (instances == 0) * w0 * np.exp(-0.5 * (total / sigma) ** 2)


def by_nearest_points(instances, w0=10.0, sigma=5.0):
    weights = np.ones(instances.shape, dtype=np.float32)
    trees = [cKDTree(np.argwhere(instances == n)) for n in numbers_of(instances)]
    if len(trees) >= 2:
        pixels = np.argwhere(instances == 0)
        distances = np.partition([tree.query(pixels)[0] for tree in trees], 1, axis=0)
        weights[instances == 0] += w0 * np.exp(-(distances[:2].sum(0) ** 2) / 2 / sigma**2)
    return weights


def pixel_by_pixel(instances, w0=10.0, sigma=5.0):
    weights = [[1.0] * instances.shape[1] for _ in range(instances.shape[0])]
    objects = {n: np.argwhere(instances == n) for n in numbers_of(instances)}
    for i, j in np.argwhere(instances == 0):
        distances = sorted(np.hypot(*(points - (i, j)).T).min() for points in objects.values())
        if len(distances) >= 2:
            weights[i][j] = 1 + w0 * np.exp(-((distances[0] + distances[1]) ** 2) / (2 * sigma**2))
    return np.array(weights)


def with_an_infinite_second(instances, w0=10.0, sigma=5.0):
    """Infinitely far objects, where there are fewer than two, weigh nothing."""
    far = [np.full(instances.shape, np.inf)] * 2
    near = [ndimage.distance_transform_edt(instances != n) for n in numbers_of(instances)]
    d1, d2 = np.sort(np.stack(near + far), axis=0)[:2]
    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    border[instances > 0] = 0
    return border + 1


def in_torch(instances, w0=10.0, sigma=5.0):
    numbers = numbers_of(instances)
    if len(numbers) <= 1:
        return torch.ones(instances.shape).numpy()
    maps = [torch.from_numpy(ndimage.distance_transform_edt(instances != n)) for n in numbers]
    total = torch.stack(maps).topk(2, dim=0, largest=False).values.sum(dim=0)
    background = torch.from_numpy(instances == 0)
    return torch.where(background, 1 + w0 * torch.exp(-(total**2) / (2 * sigma**2)), 1.0).numpy()


def by_replacing(instances, w0=10.0, sigma=5.0):
    """Keep the two smallest distances while going through the objects."""
    nearest = second = np.full(instances.shape, np.inf)
    for number in filter(None, np.unique(instances).tolist()):
        distance = ndimage.distance_transform_edt(np.not_equal(instances, number))
        second = np.minimum(second, np.maximum(nearest, distance))
        nearest = np.minimum(nearest, distance)
    bump = np.exp(-np.square((nearest + second) / sigma) / 2)
    return 1 + np.where(instances, 0, w0 * bump)


RIGHT = {
    "library": partial(border_weight_map, class_weights=False),
    "sorted": by_sorting,
    "nearest points": by_nearest_points,
    "pixel by pixel": pixel_by_pixel,
    "an infinite second": with_an_infinite_second,
    "two smallest so far": by_replacing,
    "torch": in_torch,
}


def weight_map(
    instances,
    w0=10.0,
    sigma=5.0,
    numbers=numbers_of,
    distance=lambda instances, n: ndimage.distance_transform_edt(instances != n),
    pick=lambda distances: np.sort(distances, axis=0)[:2],
    term=lambda d1, d2, w0, sigma: w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2)),
    finish=lambda border, background: np.where(background, 1 + border, 1.0),
):
    """The right map in parts, so that each mistake is one part."""
    found = numbers(instances)
    if len(found) < 2:
        return np.ones(instances.shape)
    d1, d2 = pick(np.stack([distance(instances, number) for number in found]))
    return finish(term(d1, d2, w0, sigma), instances == 0)


def unprepared_for_one(instances, w0=10.0, sigma=5.0):
    distances = np.stack([ndimage.distance_transform_edt(instances != n) for n in numbers_of(instances)])
    d1, d2 = np.sort(distances, axis=0)[:2]
    return np.where(instances == 0, 1 + w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2)), 1.0)


def border_of_one(instances, w0=10.0, sigma=5.0):
    numbers = numbers_of(instances)
    if not numbers:
        return np.ones(instances.shape)
    distances = np.sort([ndimage.distance_transform_edt(instances != n) for n in numbers], axis=0)
    return np.where(instances == 0, 1 + w0 * np.exp(-(distances[:2].sum(0) ** 2) / (2 * sigma**2)), 1.0)


def labelled_anew(instances, w0=10.0, sigma=5.0):
    return weight_map(ndimage.label(instances > 0)[0], w0, sigma)


def in_place(instances, w0=10.0, sigma=5.0):
    right = weight_map(instances, w0, sigma)
    instances[instances > 0] = 1
    return right


WRONG = [
    Mistake(
        "distance to the background",
        "scipy/scipy#17815: the transform measures from what is not 0, the opposite of MATLAB",
        "distance_transform_edt measures to the nearest zero: the object must be 0 in what you give it.",
        partial(weight_map, distance=lambda x, n: ndimage.distance_transform_edt(x == n)),
    ),
    Mistake(
        "the nearest twice",
        "jakeret/tf_unet#257: what are d1 and d2?",
        "d1 is used twice; d2 is the distance to the second nearest object.",
        partial(weight_map, pick=lambda d: (d.min(axis=0), d.min(axis=0))),
    ),
    Mistake(
        "the second alone",
        "neptune-ai/open-solution-mapping-challenge#200: only the second nearest is taken",
        "only the second nearest object counts; the paper adds both distances.",
        partial(weight_map, pick=lambda d: (0, np.sort(d, axis=0)[1])),
    ),
    Mistake(
        "the farthest two",
        "neptune-ai/open-solution-mapping-challenge#200: which of the sorted distances?",
        "the two largest distances are taken: np.sort begins with the smallest.",
        partial(weight_map, pick=lambda d: np.sort(d, axis=0)[-2:]),
    ),
    Mistake(
        "not sorted",
        "neptune-ai/open-solution-mapping-challenge#200: dim 1 of the matrix is the second object's",
        "always the first two objects are taken; which two are nearest differs from pixel to pixel: sort.",
        partial(weight_map, pick=lambda d: (d[0], d[1])),
    ),
    Mistake(
        "the background as an object",
        "NumPy: np.unique of a label map holds the 0 of the background too",
        "0 is no object: leave it out of the numbers, or every background pixel is at distance 0.",
        partial(weight_map, numbers=lambda x: list(np.unique(x))),
    ),
    Mistake(
        "one mask for all",
        "Confusezius/unet-lits-2d-pipeline#11: one border for all lesions",
        "all objects together are one mask here; a gap lies between two objects: take each number by itself.",
        partial(weight_map, numbers=lambda x: [True], distance=lambda x, n: x * 0.0),
    ),
    Mistake(
        "labelled anew",
        "mehta-lab/microDL#106: cells by scipy.ndimage.label of the mask",
        "objects that touch become one when you label the mask again: use the numbers that are there.",
        labelled_anew,
    ),
    Mistake(
        "numbers counted through",
        "scipy/scipy#15585: a distance to nothing is a distance to (-1, 0)",
        "some numbers are missing, and the distance to nothing is no distance: use np.unique.",
        partial(weight_map, numbers=lambda x: list(range(1, int(x.max()) + 1))),
    ),
    Mistake(
        "as many numbers as objects",
        "scipy/scipy#15585: a distance to nothing is a distance to (-1, 0)",
        "N objects need not have the numbers 1 to N: use the values of np.unique, not their count.",
        partial(weight_map, numbers=lambda x: list(range(1, len(np.unique(x))))),
    ),
    Mistake(
        "sigma not squared",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2",
        "sigma is not squared below.",
        partial(weight_map, term=lambda a, b, w0, sigma: w0 * np.exp(-((a + b) ** 2) / (2 * sigma))),
    ),
    Mistake(
        "factor 2 missing",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2: 2 sigma squared",
        "the 2 of 2 sigma**2 is missing, so the weight fades too soon.",
        partial(weight_map, term=lambda a, b, w0, sigma: w0 * np.exp(-((a + b) ** 2) / sigma**2)),
    ),
    Mistake(
        "brackets missing",
        "The Python Language Reference, section 6.17: / and * bind alike, from left to right",
        "/ 2 * sigma**2 divides by 2 and then multiplies: put 2 * sigma**2 in brackets.",
        partial(weight_map, term=lambda a, b, w0, sigma: w0 * np.exp(-((a + b) ** 2) / 2 * sigma**2)),
    ),
    Mistake(
        "sign",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2",
        "the minus of the exponent is missing: the weight must fall with the distance.",
        partial(weight_map, term=lambda a, b, w0, sigma: w0 * np.exp((a + b) ** 2 / (2 * sigma**2))),
    ),
    Mistake(
        "squares added",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2: (d1 + d2) squared",
        "first d1 + d2, then the square: the sum is the width of the gap.",
        partial(weight_map, term=lambda a, b, w0, sigma: w0 * np.exp(-(a**2 + b**2) / (2 * sigma**2))),
    ),
    Mistake(
        "no square",
        "Confusezius/unet-lits-2d-pipeline#11: exp(-0.02 distance)",
        "the distance is not squared: that is an exponential, not a bell.",
        partial(weight_map, term=lambda a, b, w0, sigma: w0 * np.exp(-(a + b) / (2 * sigma**2))),
    ),
    Mistake(
        "mean distance",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2: the sum d1 + d2",
        "that is the mean of d1 and d2; the formula has their sum.",
        partial(weight_map, term=lambda a, b, w0, sigma: w0 * np.exp(-(((a + b) / 2) ** 2) / (2 * sigma**2))),
    ),
    Mistake(
        "1 multiplied too",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2: w_c + w0 exp(...)",
        "w0 multiplies the bell only: 1 + w0 * exp(...), not w0 * (1 + exp(...)).",
        partial(weight_map, term=lambda a, b, w0, s: w0 * (1 + np.exp(-((a + b) ** 2) / (2 * s**2))) - 1),
    ),
    Mistake(
        "1 missing",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2: w_c + w0 exp(...)",
        "the 1 is missing: far from all gaps a background pixel would count nothing.",
        partial(weight_map, finish=lambda border, background: np.where(background, border, 1.0)),
    ),
    Mistake(
        "inside objects too",
        "mehta-lab/microDL#106: multiplied by the mask of the background for this reason",
        "the pixels inside objects get the border weight too; there the weight is 1.",
        partial(weight_map, finish=lambda border, background: 1 + border),
    ),
    Mistake(
        "0 inside objects",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 1: all pixels are summed up",
        "with weight 0 inside objects nobody learns what an object looks like; there the weight is 1.",
        partial(weight_map, finish=lambda border, background: (1 + border) * background),
    ),
    Mistake(
        "two needed",
        "mehta-lab/microDL#106: the second of the sorted distances is taken, however many cells there are",
        "with fewer than two objects there is no second distance: return ones.",
        unprepared_for_one,
    ),
    Mistake(
        "a border around one",
        "Ronneberger et al. 2015 (arXiv:1505.04597), equation 2: a second nearest cell",
        "a single object has no neighbour to be kept apart from: 1 everywhere.",
        border_of_one,
    ),
    Mistake(
        "along the axes",
        "SciPy: distance_transform_cdt(metric='taxicab')",
        "the distances run along rows and columns; use the straight line, distance_transform_edt.",
        partial(weight_map, distance=lambda x, n: ndimage.distance_transform_cdt(x != n, metric="taxicab")),
    ),
    Mistake(
        "chessboard",
        "SciPy: distance_transform_cdt is chessboard by default",
        "that distance counts a diagonal step as 1; use the straight line, distance_transform_edt.",
        partial(weight_map, distance=lambda x, n: ndimage.distance_transform_cdt(x != n)),
    ),
    Mistake(
        "distance to the centre",
        "jakeret/tf_unet#257: the distance to the border of the nearest cell",
        "the distance to an object is that to its nearest pixel, not to its centre.",
        partial(
            weight_map,
            distance=lambda x, n: np.hypot(
                *(np.indices(x.shape) - np.argwhere(x == n).mean(axis=0)[:, None, None])
            ),
        ),
    ),
    Mistake(
        "into the input",
        "NumPy: assignment by a mask works in place",
        "the instances were changed: work on a copy.",
        in_place,
    ),
]

# Wrong answers as edits of this right one.
CELL = """def border_weight_map(instances, w0=10.0, sigma=5.0):
    numbers = [number for number in np.unique(instances) if number != 0]
    if len(numbers) < 2:
        return np.ones(instances.shape)
    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])
    d1, d2 = np.sort(distances, axis=0)[:2]
    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    return np.where(instances == 0, 1 + border, 1.0)
"""

WRONG += edits_of(
    CELL,
    (
        "range max excl",
        "step 1: range(1, max) leaves out the last object.",
        (
            "    numbers = [number for number in np.unique(instances) if number != 0]",
            "    numbers = range(1, instances.max())",
        ),
    ),
    (
        "positive only",
        "step 1: large numbers are left out.",
        (
            "    numbers = [number for number in np.unique(instances) if number != 0]",
            "    numbers = [n for n in np.unique(instances) if n > 0 and n < 256]",
        ),
    ),
    (
        "uint8",
        "step 1: 8 bits hold numbers up to 255 only.",
        (
            "    numbers = [number for number in np.unique(instances) if number != 0]",
            "    instances = instances.astype(np.uint8); numbers = [number for number in np.unique(instances) if number != 0]",
        ),
    ),
    (
        "few zeros",
        "step 2: without a border the weight is 1, not 0.",
        ("        return np.ones(instances.shape)", "        return np.zeros(instances.shape)"),
    ),
    (
        "few none",
        "step 2: None is returned; all weights are 1.",
        ("        return np.ones(instances.shape)", "        return None"),
    ),
    (
        "few int",
        "step 2: np.ones_like of integers gives integers: weights are floats.",
        ("        return np.ones(instances.shape)", "        return np.ones_like(instances)"),
    ),
    ("few le2", "step 2: two objects are enough.", ("    if len(numbers) < 2:", "    if len(numbers) <= 2:")),
    (
        "one object single distance",
        "step 2: a single object is taken twice; with one object all weights are 1.",
        ("    if len(numbers) < 2:", "    if len(numbers) == 0:"),
        (
            "        return np.ones(instances.shape)",
            "        return np.ones(instances.shape)\n    if len(numbers) == 1:\n        numbers = numbers * 2",
        ),
    ),
    (
        "distance bf",
        "step 3: chessboard distance; the Euclidean one (edt) is meant.",
        (
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
            '    distances = np.stack([ndimage.distance_transform_bf(instances != number, metric="chessboard") for number in numbers])',
        ),
    ),
    (
        "distance uint8",
        "step 3: distances are rounded down and overflow in uint8.",
        (
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers]).astype(np.uint8)",
        ),
    ),
    (
        "distance int",
        "step 3: distances are rounded down.",
        (
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers]).astype(int)",
        ),
    ),
    (
        "distance float16",
        "step 3: float16 keeps three digits of a distance.",
        (
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers]).astype(np.float16)",
        ),
    ),
    (
        "sort axis",
        "step 4: sorted along the width; the objects are axis 0.",
        ("    d1, d2 = np.sort(distances, axis=0)[:2]", "    d1, d2 = np.sort(distances, axis=-1)[:2]"),
    ),
    (
        "second third",
        "step 4: nearest and farthest; the second nearest is meant.",
        ("    d1, d2 = np.sort(distances, axis=0)[:2]", "    d1, d2 = np.sort(distances, axis=0)[[0, -1]]"),
    ),
    (
        "d diff",
        "step 5: the difference of the distances in place of the sum.",
        (
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
            "    border = w0 * np.exp(-((d2 - d1) ** 2) / (2 * sigma**2))",
        ),
    ),
    (
        "d product",
        "step 5: the product of the distances in place of the squared sum.",
        (
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
            "    border = w0 * np.exp(-(d1 * d2) / (2 * sigma**2))",
        ),
    ),
    (
        "sigma in square",
        "step 5: (2 sigma)**2 in place of 2 sigma**2.",
        (
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma)**2)",
        ),
    ),
    (
        "norm gauss",
        "step 5: divided by the area of the Gaussian; w0 is the height.",
        (
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))",
        ),
    ),
    (
        "w0 hard",
        "w0 is fixed at 10.",
        (
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
            "    border = 10 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
        ),
    ),
    (
        "sigma hard",
        "sigma is fixed at 5.",
        (
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * 5**2))",
        ),
    ),
    (
        "w0 inside",
        "step 5: w0 is inside the exponent; it is a factor.",
        (
            "    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))",
            "    border = np.exp(-w0 * ((d1 + d2) ** 2) / (2 * sigma**2))",
        ),
    ),
    (
        "w0 default",
        "the default of w0 was changed.",
        (
            "def border_weight_map(instances, w0=10.0, sigma=5.0):",
            "def border_weight_map(instances, w0=5.0, sigma=5.0):",
        ),
    ),
    (
        "sigma default",
        "the default of sigma was changed.",
        (
            "def border_weight_map(instances, w0=10.0, sigma=5.0):",
            "def border_weight_map(instances, w0=10.0, sigma=10.0):",
        ),
    ),
    (
        "objects w0",
        "step 5: weight 1 + w0 inside objects; it is 1.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances == 0, 1 + border, 1 + w0)",
        ),
    ),
    (
        "on objects",
        "step 5: the border is on the objects, not on the background.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances != 0, 1 + border, 1.0)",
        ),
    ),
    (
        "one plus all",
        "step 5: the 1 is added twice.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return 1 + np.where(instances == 0, 1 + border, 1.0)",
        ),
    ),
    (
        "float32 round",
        "the weights are rounded.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances == 0, 1 + border, 1.0).round(2)",
        ),
    ),
    (
        "int",
        "the weights are integers.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances == 0, 1 + border, 1).astype(int)",
        ),
    ),
    (
        "list",
        "a list is returned: a NumPy array is asked for.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances == 0, 1 + border, 1.0).tolist()",
        ),
    ),
    (
        "tensor",
        "a tensor is returned: a NumPy array is asked for.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return torch.from_numpy(np.where(instances == 0, 1 + border, 1.0))",
        ),
    ),
    (
        "transposed",
        "the map is transposed.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances == 0, 1 + border, 1.0).T",
        ),
    ),
    (
        "batch axis",
        "the map has an additional axis.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances == 0, 1 + border, 1.0)[None]",
        ),
    ),
    (
        "inplace",
        "the function writes into its input.",
        (
            "    numbers = [number for number in np.unique(instances) if number != 0]",
            "    instances[instances < 0] = 0; instances[:1] = 0; numbers = [number for number in np.unique(instances) if number != 0]",
        ),
    ),
    (
        "mask inverse bg",
        "step 5: the background is 0, not the smallest number.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where(instances == instances.min(), 1 + border, 1.0)",
        ),
    ),
    (
        "normalised",
        "the map is divided by its mean.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    out = np.where(instances == 0, 1 + border, 1.0); return out / out.mean()",
        ),
    ),
    (
        "max w0",
        "step 5: the weight is bounded by w0; it may be up to 1 + w0.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    out = np.where(instances == 0, 1 + border, 1.0); return np.clip(out, 1, w0)",
        ),
    ),
    (
        "cut",
        "step 5: the weight is cut off at a distance.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    out = np.where((instances == 0) & (d1 + d2 < 3 * sigma), 1 + border, 1.0); return out",
        ),
    ),
    (
        "touch only",
        "step 5: only pixels beside objects get a weight.",
        (
            "    return np.where(instances == 0, 1 + border, 1.0)",
            "    return np.where((instances == 0) & (d1 < 2) & (d2 < 2), 1 + border, 1.0)",
        ),
    ),
    (
        "signed",
        "step 3: 1 is subtracted from the distances.",
        (
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
            "    distances = np.stack([(ndimage.distance_transform_edt(instances != number) - 1) for number in numbers])",
        ),
    ),
    (
        "pad square",
        "step 3: only a square part of the image is used.",
        (
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
            "    distances = np.stack([ndimage.distance_transform_edt(instances[:, :instances.shape[0]] != number) for number in numbers])",
        ),
    ),
    (
        "sampling",
        "step 3: the two axes have different units.",
        (
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
            "    distances = np.stack([ndimage.distance_transform_edt(instances != number, sampling=(1, 2)) for number in numbers])",
        ),
    ),
)

SURVIVORS = [
    Survivor(
        "distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])",
        ["distances = [ndimage.distance_transform_edt(instances != number) for number in numbers]"],
        "np.sort accepts a list of arrays",
    ),
]

WRONG += edits_of(
    CELL,
    (
        "int16",
        "step 1: 16 bits do not hold large numbers.",
        (
            "    numbers = [number for number in np.unique(instances) if number != 0]",
            "    instances = instances.astype(np.int16)\n    numbers = [number for number in np.unique(instances) if number != 0]",
        ),
    ),
    (
        "uint16",
        "step 1: 16 bits do not hold large numbers.",
        (
            "    numbers = [number for number in np.unique(instances) if number != 0]",
            "    instances = instances.astype(np.uint16)\n    numbers = [number for number in np.unique(instances) if number != 0]",
        ),
    ),
    (
        "float16 numbers",
        "step 1: 16 bits do not hold large numbers.",
        (
            "    numbers = [number for number in np.unique(instances) if number != 0]",
            "    instances = instances.astype(np.float16)\n    numbers = [number for number in np.unique(instances) if number != 0]",
        ),
    ),
    (
        "parts of an object",
        "step 3: one number is one object, also in several parts: they are separate here.",
        (
            "    if len(numbers) < 2:\n        return np.ones(instances.shape)\n",
            "    parts = [ndimage.label(instances == number) for number in numbers]\n    parts = [labels == part for labels, count in parts for part in range(1, count + 1)]\n    if len(parts) < 2:\n        return np.ones(instances.shape)\n",
        ),
        (
            "ndimage.distance_transform_edt(instances != number) for number in numbers",
            "ndimage.distance_transform_edt(~part) for part in parts",
        ),
    ),
    (
        "w0 and sigma fixed",
        "step 5: w0 and sigma are fixed at 10 and 5; use the arguments.",
        ("    border = w0", "    w0, sigma = 10.0, 5.0\n    border = w0"),
    ),
    (
        "argsort",
        "step 4: argsort gives the places of the distances, not the distances.",
        ("np.sort(distances", "np.argsort(distances"),
    ),
)
