"""Which pixels a polygon covers: by hand, by area, and beside the COCO API."""

import numpy as np
import pytest
from scipy import ndimage

from brainlab.data.images.polygon import fill_polygon


def by_points(points, height, width):
    """Return the pixels whose centre is inside by the even-odd rule, one by one."""
    corners = list(zip(points[0::2], points[1::2], strict=True))
    mask = np.zeros((height, width), bool)
    for row in range(height):
        for column in range(width):
            x, y = column + 0.5, row + 0.5
            for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
                if (x0 > x) != (x1 > x) and y0 + (x - x0) * (y1 - y0) / (x1 - x0) < y:
                    mask[row, column] ^= True
    return mask


def rounded(rng, corners):
    """Return a polygon around (45, 55), its area, in pixels."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(10, 35)
    x, y = 45 + radius * np.cos(angles), 55 + radius * np.sin(angles)
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    return np.stack([x, y], axis=1).ravel().tolist(), area


def test_rectangle_by_hand():
    mask = fill_polygon([2, 1, 5, 1, 5, 3, 2, 3], 6, 8)
    expected = np.zeros((6, 8), bool)
    expected[1:3, 2:5] = True  # rows by y, columns by x
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("seed", range(12))
def test_every_pixel_against_a_slow_loop(seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(-8, 30, 2 * rng.integers(3, 9)).tolist()  # crosses itself and the edge
    np.testing.assert_array_equal(fill_polygon(points, 20, 25), by_points(points, 20, 25))


def test_area_is_right_on_average():
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        points, area = rounded(rng, rng.integers(8, 40))
        errors.append(fill_polygon(points, 120, 90).sum() / area - 1)
    assert abs(np.mean(errors)) < 0.001
    assert np.std(errors) < 0.006


def test_close_to_the_coco_api():
    api = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(0)
    differing = covered = 0
    for _ in range(200):
        points, _ = rounded(rng, rng.integers(8, 40))
        theirs = api.decode(api.merge(api.frPyObjects([points], 120, 90))).astype(bool)
        outline = ndimage.binary_dilation(theirs) & ~ndimage.binary_erosion(theirs)
        different = theirs ^ fill_polygon(points, 120, 90)
        assert not (different & ~outline).any()
        differing, covered = differing + different.sum(), covered + theirs.sum()
    assert differing / covered < 0.008  # measured: .0054


def test_pixel_edges_as_the_coco_api():
    api = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(0)
    for _ in range(50):
        steps = np.cumsum(rng.integers(1, 10, (5, 2)), axis=0)
        stairs = [(0, 0)]
        for x, y in steps:
            stairs += [(x, stairs[-1][1]), (x, y)]
        points = (np.array([*stairs, (0, steps[-1, 1])]) + np.array((3, 4))).ravel().astype(float).tolist()
        theirs = api.decode(api.merge(api.frPyObjects([points], 70, 60))).astype(bool)
        np.testing.assert_array_equal(fill_polygon(points, 70, 60), theirs)


def test_beyond_the_image_is_cut_off():
    assert fill_polygon([-50, -50, 90, -50, 90, 90, -50, 90], 6, 8).all()
    assert not fill_polygon([20, 1, 30, 1, 30, 4], 6, 8).any()
    assert not fill_polygon([1, 20, 4, 20, 4, 30], 6, 8).any()


@pytest.mark.parametrize("shift", [0, 0.25, 0.5])
def test_touching_polygons_share_no_pixel(shift):
    edge = 4 + shift
    left = fill_polygon([0, 0, edge, 0, edge, 9, 0, 9], 9, 9)
    right = fill_polygon([edge, 0, 9, 0, 9, 9, edge, 9], 9, 9)
    np.testing.assert_array_equal(left.astype(int) + right, 1)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([1, 1, 5, 5], "4 values; expected x and y of three points"),
        ([1, 1, 5, 5, 3, 2, 7], "7 values"),
        ([1, 1, 5, float("nan"), 3, 2], "NaN"),
    ],
)
def test_no_polygon_says_so(points, message):
    with pytest.raises(ValueError, match=message):
        fill_polygon(points, 9, 9)
