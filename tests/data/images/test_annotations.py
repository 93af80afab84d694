"""Polygons and run lengths as masks: by hand, against slow loops, and damaged ones."""

import numpy as np
import pytest
from scipy import ndimage

from brainlab.data.images import decode_rle, fill_polygons
from brainlab.data.images.annotations import Annotation


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


def run_lengths(mask):
    """Return the uncompressed run lengths of a mask, pixel by pixel, column by column."""
    counts, inside = [0], False
    for pixel in mask.T.ravel().tolist():
        if pixel != inside:
            counts, inside = [*counts, 0], pixel
        counts[-1] += 1
    return counts


def packed(counts):
    """Return run lengths as the text of the COCO API, by its description, digit by digit."""
    text = ""
    for place, count in enumerate(counts):
        rest = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            digit, rest = rest % 32, rest // 32  # rounds down: the rest of a negative number ends at -1
            more = rest != (-1 if digit & 16 else 0)
            text += chr(48 + digit + 32 * more)
    return text


def rounded(rng, corners):
    """Return a polygon around (45, 55) and its area in pixels."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(10, 35)
    x, y = 45 + radius * np.cos(angles), 55 + radius * np.sin(angles)
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    return np.stack([x, y], axis=1).ravel().tolist(), area


def test_rectangle_by_hand():
    mask = fill_polygons([[2, 1, 5, 1, 5, 3, 2, 3]], 6, 8)
    expected = np.zeros((6, 8), bool)
    expected[1:3, 2:5] = True  # rows by y, columns by x
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, expected)


def test_close_to_a_slow_loop():
    rng = np.random.default_rng(0)
    differing = covered = 0
    for _ in range(20):
        points, _ = rounded(rng, rng.integers(8, 40))
        slow = by_points(points, 120, 90)
        border = ndimage.binary_dilation(slow) & ~ndimage.binary_erosion(slow)
        different = slow ^ fill_polygons([points], 120, 90)
        assert not (different & ~border).any()
        differing, covered = differing + different.sum(), covered + slow.sum()
    assert differing / covered < 0.01


def test_pixel_edges_as_the_slow_loop():
    rng = np.random.default_rng(0)
    for _ in range(20):
        stairs = [(0, 0)]
        for x, y in np.cumsum(rng.integers(1, 7, (4, 2)), axis=0):
            stairs += [(x, stairs[-1][1]), (x, y)]
        points = (np.array([*stairs, (0, stairs[-1][1])]) + np.array((3, 4))).ravel().astype(float).tolist()
        np.testing.assert_array_equal(fill_polygons([points], 40, 35), by_points(points, 40, 35))


def test_area_is_right_on_average():
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        points, area = rounded(rng, rng.integers(8, 40))
        errors.append(fill_polygons([points], 120, 90).sum() / area - 1)
    assert abs(np.mean(errors)) < 0.005
    assert np.std(errors) < 0.01


def test_several_polygons_are_one_object():
    one, two = [0, 0, 4, 0, 4, 9, 0, 9], [2, 0, 9, 0, 9, 9, 2, 9]
    assert fill_polygons([one, two], 9, 9).all(), "what is in both is still in the object"


def test_beyond_the_image_is_cut_off():
    assert fill_polygons([[-50, -50, 90, -50, 90, 90, -50, 90]], 6, 8).all()
    assert not fill_polygons([[20, 1, 30, 1, 30, 4]], 6, 8).any()
    assert not fill_polygons([[1, 20, 4, 20, 4, 30]], 6, 8).any()


@pytest.mark.parametrize("edge", [4, 4.25, 4.5])
def test_touching_polygons_share_no_pixel(edge):
    left = fill_polygons([[0, 0, edge, 0, edge, 9, 0, 9]], 9, 9)
    right = fill_polygons([[edge, 0, 9, 0, 9, 9, edge, 9]], 9, 9)
    np.testing.assert_array_equal(left.astype(int) + right, 1)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([1, 1, 5, 5], "4 values; expected x and y of three points"),  # the API takes four for a box
        ([1, 1, 5, 5, 3, 2, 7], "7 values"),
        ([1, 1, 5, float("nan"), 3, 2], "NaN"),  # the API never returns
        ([1, 1, 5, float("inf"), 3, 2], "infinity"),
        ([1, 1, 1e9, 5, 3, 2], r"a point at 1e\+09 pixels; expected points in or near the 9 x 9"),
    ],
)
def test_no_polygon_says_so(points, message):
    with pytest.raises(ValueError, match=message):
        fill_polygons([[2, 1, 5, 1, 5, 3, 2, 3], points], 9, 9)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (37, 53), (64, 64)])
@pytest.mark.parametrize("share", [0, 0.02, 0.5, 1])
def test_run_lengths_of_a_slow_loop_are_read_back(shape, share):
    mask = np.random.default_rng(0).random(shape) < share
    counts = run_lengths(mask)
    for stored in (counts, packed(counts), packed(counts).encode()):
        found = decode_rle({"size": list(shape), "counts": stored}, shape)
        assert found.dtype == bool
        np.testing.assert_array_equal(found, mask)


def test_run_lengths_by_hand_column_by_column():
    mask = np.array([[0, 1, 1], [0, 0, 1]], bool)
    for counts in ([2, 1, 1, 2], [2, 1, 1, 2, 0], "2111"):  # in the text 2 1 1, then 2 - 1
        np.testing.assert_array_equal(decode_rle({"size": [2, 3], "counts": counts}), mask)
    # The first count is of pixels outside.
    np.testing.assert_array_equal(decode_rle({"size": [2, 3], "counts": [0, 2, 1, 1, 2]}), ~mask)


@pytest.mark.parametrize(
    ("rle", "message"),
    [
        ({"counts": [4]}, "without 'size'"),
        ({"size": [2, 2]}, "without 'counts'"),
        ({"size": 4, "counts": [4]}, "expected size"),
        ({"size": [2, 2], "counts": [1, 2]}, r"3 pixels .*expected 2 x 2 = 4"),
        ({"size": [2, 2], "counts": "3"}, r"3 pixels .*expected 2 x 2 = 4"),  # the API reads foreign memory
        ({"size": [2, 2], "counts": ""}, "0 pixels"),
        ({"size": [2, 2], "counts": [6, -2]}, "none below 0"),
        ({"size": [2, 2], "counts": "4 "}, "character ' '"),
        ({"size": [2, 2], "counts": "T"}, "inside a number"),
    ],
)
def test_damaged_run_lengths_say_so(rle, message):
    with pytest.raises(ValueError, match=message):
        decode_rle(rle)


def test_a_huge_size_is_refused_before_memory_is_taken():
    huge = {"size": [10**6, 10**6], "counts": [10**12]}
    with pytest.raises(ValueError, match="expected 4 x 5"):
        decode_rle(huge, (4, 5))


def test_infinite_run_lengths_cannot_be_drawn():
    broken = Annotation(1, 1, {"size": [4, 5], "counts": [float("inf")]})
    with pytest.raises(ValueError, match=r"cannot be drawn: .*infinity"):
        broken.draw(4, 5)
